/** Marks of nodes: what happens to packets there, or has happened before. */
import type { ExtensionJson, HopResult, MtuDrop } from "../result.ts";

/** A router that limits how much it says. */
export const RATE_LIMIT_MARK = "rate limit";

/** `MPLS` where any of these objects is a label stack (RFC 4950). */
export function mplsMarks(extensions: readonly ExtensionJson[]): readonly string[] {
	return extensions.some((object) => Array.isArray(object.mpls)) ? ["MPLS"] : [];
}

/** What changed since the hop before, of what is told hop by hop: NAT, DSCP, ECN. */
export class HopMarks {
	#hasNat = false;
	#dscp: number | null = null;
	#ecn: number | null = null;

	/** Marks of the next hop. `tos`: the byte as quoted there; null: not known. */
	next({ nat, dscp, ecn }: { nat: boolean; dscp: Quoted | null; ecn: Quoted | null }): readonly string[] {
		const marks: string[] = [];
		if (nat && !this.#hasNat) marks.push("NAT");
		this.#hasNat ||= nat;
		if (isNews(dscp, this.#dscp)) marks.push(`DSCP ${dscp?.now}`);
		if (isNews(ecn, this.#ecn)) marks.push(`ECN ${ecn?.now}`);
		this.#dscp = dscp?.now ?? this.#dscp;
		this.#ecn = ecn?.now ?? this.#ecn;
		return marks;
	}
}

/** A field as it was sent and as it came; `sent` null: not known. */
export interface Quoted {
	readonly sent: number | null;
	readonly now: number;
}

function isNews(field: Quoted | null, before: number | null): boolean {
	if (field === null) return false;
	const known = before ?? field.sent;
	return known !== null && known !== field.now;
}

/** The DSCP, or the ECN bits, as a hop's first quote has them. */
export function quotedField(hop: HopResult, field: "dscp" | "ecn"): Quoted | null {
	const quoted = hop.probes.find((probe) => (probe.quoted?.tos ?? null) !== null)?.quoted ?? null;
	if (quoted === null || quoted.tos === null) return null;
	const now = field === "dscp" ? quoted.tos >> 2 : quoted.tos & 3;
	const sent = quoted.changes.flatMap((change) => new RegExp(`^${field} (\\d+) -> `).exec(change)?.[1] ?? [])[0];
	return { sent: sent === undefined ? now : Number(sent), now };
}

/** `MTU 1400` at the router behind which no more passes, or that said so. */
export function mtuMarks(drops: readonly MtuDrop[], hop: HopResult, address: string): readonly string[] {
	const told = hop.probes.flatMap(({ from, reply }) => (from === address ? (reply?.mtu ?? []) : []));
	const found = drops.filter(({ ttl, from }) => ttl === hop.ttl && (from ?? address) === address).map(({ mtu }) => mtu);
	const least = Math.min(...told, ...found);
	return Number.isFinite(least) ? [`MTU ${least}`] : [];
}
