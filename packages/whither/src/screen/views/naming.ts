/** What hops and answerers are called on the screen, and what stands beside their names. */
import type { AnswererSummary, ExtensionJson, HopSummary } from "@whither/core";
import { printable } from "../../report/printable.ts";
import { type Model, shownTarget } from "../model/model.ts";
import { HIDDEN } from "../model/privacy.ts";

/** Name, address or both, as the reader wants it. */
export function calledBy({ facts, names, addresses }: Model, one: Pick<AnswererSummary, "address" | "name">): string {
	const name = names && one.address !== HIDDEN ? (facts.get(one.address)?.name ?? one.name) : null;
	if (name === null || name === one.address) return one.address;
	return addresses ? `${printable(name)} (${one.address})` : printable(name);
}

/** The same of an address alone; null: nobody answered. */
export function calledByAddress(model: Model, address: string | null): string {
	if (address === null) return "*";
	const answerers = shownTarget(model)?.summary.hops.flatMap((hop) => hop.answerers) ?? [];
	return calledBy(model, answerers.find((one) => one.address === address) ?? { address, name: null });
}

/** Registry data as it stands before a name; "" where none is wanted. */
export function ipInfoText({ facts, ipInfo }: Model, one: Pick<AnswererSummary, "address" | "asn">): string {
	if (ipInfo === null) return "";
	const known = facts.get(one.address);
	const value = ipInfo === "asn" ? (known?.asn ?? one.asn) : (known?.[ipInfo] ?? null);
	return value === null || value === undefined ? "???" : printable(value);
}

/** Columns that registry data takes. */
export const IP_INFO_WIDTHS = { asn: 9, prefix: 18, country: 3, registry: 9, allocated: 10 } as const;

/** A change of path stays marked for so many rounds. */
const CHANGE_SHOWN_ROUNDS = 30;

/** Where a hop stands on its path. */
export interface HopPlace {
	/** The DSCP that our packets had at the hop before, or left with. */
	readonly dscpBefore: number;
	readonly rounds: number;
}

/** What a reader should see at a hop, a word each with its letter. */
export function marksOf(hop: HopSummary, { dscpBefore, rounds }: HopPlace): readonly (readonly [string, string])[] {
	const marks: (readonly [string, string])[] = [];
	if (hop.nat !== null) marks.push(["N", "NAT"]);
	if (hop.answerers.some(({ extensions }) => extensions.some(isMpls))) marks.push(["M", "MPLS"]);
	if (hop.dscp !== null && hop.dscp !== dscpBefore) marks.push(["D", `DSCP ${dscpBefore}->${hop.dscp}`]);
	if (hop.mtu !== null) marks.push(["U", `MTU ${hop.mtu}`]);
	if (hop.lastChangeRound !== null && rounds - hop.lastChangeRound <= CHANGE_SHOWN_ROUNDS) marks.push(["C", "changed"]);
	return marks;
}

/** Letters of marks and what they mean, for the help. */
export const MARK_WORDS: readonly (readonly [string, string])[] = [
	["N NAT", "our packets had been translated before they came here"],
	["M MPLS", "the answer carries MPLS labels (RFC 4950); e shows them"],
	["D DSCP", "our packets came here with another DSCP than to the hop before"],
	["U MTU", "packets behind it may be no longer"],
	["C changed", `another router answers here than did ${CHANGE_SHOWN_ROUNDS} rounds ago or less`],
];

/** For each hop, the DSCP that packets had before it. */
export function dscpsBefore(hops: readonly HopSummary[], sent: number): readonly number[] {
	let current = sent;
	return hops.map(({ dscp }) => {
		const before = current;
		current = dscp ?? current;
		return before;
	});
}

/** Whether an extension is a stack of MPLS labels. */
export function isMpls(extension: ExtensionJson): boolean {
	return Array.isArray(extension.mpls);
}
