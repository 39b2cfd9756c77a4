/** What a reader should see at a hop, as short words with their meaning. */
import type { HopSummary } from "@whither/core";

/** A word and a sentence. */
export interface Mark {
	readonly mark: string;
	readonly meaning: string;
}

const NAT_WORDS = {
	source: "Our packets come here with another source: a NAT stands before this hop.",
	destination: "Our packets come here with another destination: it was translated before this hop.",
	checksum: "Our packets come here with another checksum: a NAT that hides in what it quotes.",
} as const;

/** What is known of the way before a hop. */
interface Before {
	readonly hasNat: boolean;
	readonly mtu: number | null;
	readonly dscp: number;
}

/** Marks of each hop, those that change the most first; what was so before already is no news. */
export function marksOfHops(hops: readonly HopSummary[]): readonly (readonly Mark[])[] {
	let before: Before = { hasNat: false, mtu: null, dscp: 0 };
	return hops.map((hop) => {
		const marks = marksOf(hop, before);
		const { nat, mtu, dscp } = hop;
		before = { hasNat: before.hasNat || nat !== null, mtu: mtu ?? before.mtu, dscp: dscp ?? before.dscp };
		return marks;
	});
}

function marksOf({ nat, answerers, mtu, dscp, changes }: HopSummary, before: Before): readonly Mark[] {
	const marks: Mark[] = [];
	if (nat !== null && !before.hasNat) marks.push({ mark: "NAT", meaning: NAT_WORDS[nat] });
	const extensions = answerers.flatMap((answerer) => answerer.extensions);
	if (extensions.some((object) => Array.isArray(object.mpls))) {
		marks.push({ mark: "MPLS", meaning: "The packet came here in an MPLS tunnel: the router quotes its labels." });
	}
	if (extensions.some((object) => object.interface !== undefined)) {
		marks.push({ mark: "IF", meaning: "The router names the interface that the packet came in by (RFC 5837)." });
	}
	if (extensions.some((object) => object.stun !== undefined)) {
		marks.push({ mark: "STUN", meaning: "The router tells what its link can carry (enriched ICMP)." });
	}
	if (mtu !== null && mtu !== before.mtu)
		marks.push({ mark: `MTU ${mtu}`, meaning: `The longest packet known to have come here has ${mtu} bytes.` });
	if (dscp !== null && dscp !== before.dscp)
		marks.push({ mark: `DSCP ${dscp}`, meaning: `Our packets come here with the class ${dscp}.` });
	if (changes > 0)
		marks.push({
			mark: `↻ ${changes}`,
			meaning: `Another router answered than in the round before, ${changes} times.`,
		});
	return marks;
}
