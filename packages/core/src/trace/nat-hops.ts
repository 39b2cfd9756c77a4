/** Where addresses and ports were translated on the way, as what routers quote of our packets gives it away. */
import type { HopResult, ProbeResult, TraceResult } from "./result.ts";

/**
 * What a translation changed: the source (address, port, echo id), the destination (address, port), or only the transport
 * checksum, which a NAT that translates the quotes back forgets to turn back as well. `none`: what was quoted is ours
 * still; `unknown`: nothing was quoted.
 */
export type HopNat = "none" | "source" | "destination" | "checksum" | "unknown";

/** The translations of a path. */
export interface PathNat {
	readonly hops: readonly { readonly ttl: number; readonly nat: HopNat }[];
	/**
	 * The first: seen at hop `seenAtTtl`, and not yet at hop `behindTtl` (0: none before was heard of). Linux quotes the
	 * packet as it was before its own translation of the source, and after its own of the destination.
	 */
	readonly first: {
		readonly nat: Exclude<HopNat, "none" | "unknown">;
		readonly behindTtl: number;
		readonly seenAtTtl: number;
	} | null;
}

/** Beginnings of the entries of `packetChanges`, up to the first blank, that tell of a translation. */
const TOLD_BY: ReadonlyMap<string, HopNat> = new Map([
	["source", "source"],
	["sourcePort", "source"],
	["icmpId", "source"],
	["destination", "destination"],
	["destinationPort", "destination"],
]);

/** Changes of the IP header that no transport checksum covers: they explain none. */
const NOT_COVERED: ReadonlySet<string> = new Set([
	"tos",
	"dscp",
	"ecn",
	"ttl",
	"length",
	"identification",
	"fragment",
	"dontFragment",
	"moreFragments",
	"fragmentOffset",
	"flowLabel",
	"ipOptions",
	"extensionHeaders",
]);

/** `packetChanges` marks a checksum that was adjusted to the other changes. */
const FOLLOWS = "(follows)";
/** From the surest to the least; the first that any probe of a hop tells is the hop's. */
const BY_WEIGHT: readonly HopNat[] = ["source", "destination", "checksum", "none"];

/** Whether packets had been translated by the time a hop quoted them. */
export function hopNat(probes: readonly ProbeResult[]): HopNat {
	const told = probes.flatMap(({ quoted }) => (quoted === null ? [] : [quoteNat(quoted.changes)]));
	return BY_WEIGHT.find((nat) => told.includes(nat)) ?? "unknown";
}

function quoteNat(changes: readonly string[]): HopNat {
	const names = changes.map(nameOf);
	const told = names.map((name) => TOLD_BY.get(name));
	if (told.includes("source")) return "source";
	if (told.includes("destination")) return "destination";
	const checksum = changes.find((change) => nameOf(change) === "checksum");
	if (checksum === undefined || checksum.endsWith(FOLLOWS)) return "none";
	const explained = names.some((name) => name !== "checksum" && !NOT_COVERED.has(name));
	return explained ? "none" : "checksum";
}

function nameOf(change: string): string {
	return change.slice(0, `${change} `.indexOf(" "));
}

/** The translations of a whole path. */
export function pathNat({ hops }: Pick<TraceResult, "hops">): PathNat {
	const told = hops.map(({ ttl, probes }) => ({ ttl, nat: hopNat(probes) }));
	const seen = told.find(({ nat }) => isTranslated(nat));
	if (seen === undefined || !isTranslated(seen.nat)) return { hops: told, first: null };
	const before = told.filter(({ ttl, nat }) => nat === "none" && ttl < seen.ttl);
	return { hops: told, first: { nat: seen.nat, behindTtl: before.at(-1)?.ttl ?? 0, seenAtTtl: seen.ttl } };
}

function isTranslated(nat: HopNat): nat is Exclude<HopNat, "none" | "unknown"> {
	return nat !== "none" && nat !== "unknown";
}

/** The field of a hop that tells of a translation; none where there is nothing to tell. */
export function natField(probes: readonly ProbeResult[]): Pick<HopResult, "nat"> {
	const nat = hopNat(probes);
	return isTranslated(nat) ? { nat } : {};
}
