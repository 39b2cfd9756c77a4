/** The way between two ends, merged from the traces of both: whose hops, where NATs and relays stand, and where the two ways differ. */
import type { TraceResult } from "@whither/core";
import { formatEndpoint } from "@whither/wire";
import type { MeetCandidate, MeetPlace, MeetResult, MeetSelected } from "../../api/meet/result.ts";
import { isReflexive } from "../../api/meet/words/evidence.ts";
import { type HopFacts, hopFacts } from "../trace/facts.ts";
import { type Aligned, align } from "./way-align.ts";

/** One router or end as one of the two traces saw it. */
export interface WayHop {
	readonly ttl: number;
	/** Null: nobody answered. */
	readonly address: string | null;
	readonly name: string | null;
	readonly rttNs: number | null;
}

/** One place on the way, in the order from us to the other end. */
export interface WayRow {
	readonly kind: "you" | "router" | "relay" | "them";
	/** Null: the trace from there does not have it, or there is none. */
	readonly there: WayHop | null;
	readonly back: WayHop | null;
	/** What it is called where no trace has it. */
	readonly place: string | null;
	readonly notes: readonly string[];
}

/** The whole. */
export interface Way {
	readonly rows: readonly WayRow[];
	/** Clauses on both: counts, times, what could not be found. */
	readonly remarks: readonly string[];
}

type Merged = Pick<MeetResult, "selected" | "path" | "reversePath" | "pathMissing" | "reversePathMissing">;

/** What one trace has: routers in order, and its end if that answered. */
interface Leg {
	readonly routers: readonly WayHop[];
	readonly end: WayHop | null;
	/** Why that is not known, where it is not. */
	readonly shortBy: string;
	/** The address and port that it was traced from. */
	readonly source: MeetPlace | null;
}

/** What both traces have of a pair. */
interface Views {
	readonly there: Leg | null;
	readonly back: Leg | null;
	readonly selected: MeetSelected;
}

/** Merges both traces; null where there is no pair, or no trace at all. */
export function mergeWays(result: Merged): Way | null {
	const { selected, path, reversePath } = result;
	if (selected === null || (path === null && reversePath === null)) return null;
	const there = path === null ? null : legOf(path);
	const back = reversePath === null ? null : legOf(reversePath);
	const isRelayed = selected.local.type === "relay" || selected.remote.type === "relay";
	const views = { there, back, selected };
	const rows = isRelayed ? relayedRows(views) : directRows(views);
	return { rows, remarks: [...remarks(rows, there, back, isRelayed), ...missing(result)] };
}

function legOf(trace: TraceResult): Leg {
	const facts = hopFacts(trace);
	const hops = facts.map(hopOf);
	const { address, port } = trace.source;
	const source = port === null ? null : { address, port };
	const shortBy = shortWords(trace);
	if (trace.reached) return { routers: hops.slice(0, -1), end: hops.at(-1) ?? null, shortBy, source };
	const known = hops.findLastIndex(({ address }) => address !== null);
	return { routers: hops.slice(0, known + 1), end: null, shortBy, source };
}

function shortWords({ channel, stopReason }: TraceResult): string {
	if (stopReason === "interrupted") return "it was stopped";
	if (stopReason === "timeout") return "its time was over";
	// Node's own sockets hear no router, and of the other end no more than its answers.
	return channel === "portable" ? "nothing that answers was heard" : "something drops it";
}

function hopOf({ ttl, addresses, name, bestRttNs }: HopFacts): WayHop {
	return { ttl, address: addresses[0] ?? null, name, rttNs: bestRttNs };
}

/** One way, there and back: each router stands once, as each end saw it. */
function directRows({ there, back, selected }: Views): readonly WayRow[] {
	const { local, remote } = selected;
	const aligned = align(there?.routers ?? [], [...(back?.routers ?? [])].reverse());
	const isOneSided = there === null || back === null;
	const tells = !isOneSided && namesTellRouters(aligned);
	const nats = natRows(aligned, local, remote);
	const routers = aligned.map(([forth, home], index): WayRow => {
		const differs = isOneSided ? [] : oneWay(forth, home);
		const other = tells && isAnother(forth, home) ? ["another router back"] : [];
		return { ...row("router", forth, home), notes: [...nats(index), ...differs, ...other] };
	});
	const you = { ...row("you", null, back?.end ?? null), ...endPlace(local, local.base) };
	const them = { ...row("them", there?.end ?? null, null), ...endPlace(remote, back?.source ?? null) };
	return [you, ...routers, them];
}

/** An end by its own address, and by that which others see where it is another. */
function endPlace(candidate: MeetCandidate, own: MeetPlace | null): Pick<WayRow, "place" | "notes"> {
	const isTranslated = isReflexive(candidate) && own !== null && own.address !== candidate.address;
	return {
		place: formatEndpoint(isTranslated ? own : candidate),
		notes: isTranslated ? [`seen as ${formatEndpoint(candidate)}`] : [],
	};
}

/**
 * Where the addresses stand that NATs gave the ends: the outermost router that answers by one is the NAT, those within answer
 * by it because their answers are translated.
 */
function natRows(aligned: Aligned, local: MeetCandidate, remote: MeetCandidate): (index: number) => readonly string[] {
	const ours = isReflexive(local) ? aligned.findLastIndex(([, back]) => back?.address === local.address) : -1;
	const theirs = isReflexive(remote) ? aligned.findIndex(([there]) => there?.address === remote.address) : -1;
	return (index) => [...(index === ours ? ["your NAT"] : []), ...(index === theirs ? ["their NAT"] : [])];
}

/** Whether routers are called by one name on all sides, as most here are. */
function namesTellRouters(aligned: Aligned): boolean {
	const named = aligned.filter(([there, back]) => (there?.name ?? null) !== null && (back?.name ?? null) !== null);
	const same = named.filter(([there, back]) => there?.name === back?.name);
	return same.length >= 2 && same.length * 2 > named.length;
}

function isAnother(there: WayHop | null, back: WayHop | null): boolean {
	if (there === null || back === null || there.name === null || back.name === null) return false;
	return there.name !== back.name;
}

/** A router that only one of the two ways has; one that is silent on one of them is not meant. */
function oneWay(there: WayHop | null, back: WayHop | null): readonly string[] {
	if (there !== null && back !== null) return [];
	return [there === null ? "on the way back only" : "on the way there only"];
}

/** Each end has a way of its own to a relay: ours is seen from here, and theirs from there. */
function relayedRows({ there, back, selected }: Views): readonly WayRow[] {
	const { local, remote, relay } = selected;
	const [ours, theirs] = [local.type === "relay", remote.type === "relay"];
	const [mine, other] = [there?.end ?? null, back?.end ?? null];
	const at = (place: MeetPlace, whose: string) => ({ place: formatEndpoint(place), notes: [whose] });
	const server = relay?.server ?? local;
	const relays: readonly WayRow[] =
		ours && theirs
			? [
					{ ...row("relay", mine, null), ...at(server, "ours") },
					{ ...row("relay", null, other), ...at(remote, "theirs") },
				]
			: [{ ...row("relay", mine, other), ...at(ours ? server : remote, ours ? "ours" : "theirs") }];
	return [
		{ ...row("you", null, null), place: sourceText(there) },
		...(there?.routers ?? []).map((hop) => row("router", hop, null)),
		...relays,
		...[...(back?.routers ?? [])].reverse().map((hop) => row("router", null, hop)),
		{ ...row("them", null, null), place: sourceText(back) },
	];
}

function sourceText(leg: Leg | null): string | null {
	return leg?.source == null ? null : formatEndpoint(leg.source);
}

function row(kind: WayRow["kind"], there: WayHop | null, back: WayHop | null): WayRow {
	return { kind, there, back, place: null, notes: [] };
}

/** Round trips over one loop are the same from both ends, but for what hosts and moments add. */
const SAME_RTT_RATIO = 1.5;
const SAME_RTT_NS = 20e6;

function remarks(rows: readonly WayRow[], there: Leg | null, back: Leg | null, isRelayed: boolean): readonly string[] {
	if (there === null || back === null) return [];
	const made: string[] = [];
	for (const [way, leg] of [["there", there] as const, ["back", back] as const])
		if (leg.end === null) made.push(`the trace ${way} does not come to its end: ${leg.shortBy}`);
	if (isRelayed) return [...made, "each end's way to the relay was seen from that end"];
	if (made.length > 0) return made;
	const [out, home] = [there.routers.length, back.routers.length];
	const count = (routers: number) => `${routers === 0 ? "no" : routers} ${routers === 1 ? "router" : "routers"}`;
	made.push(out === home ? `${count(out)} on each way` : `${count(out)} there, ${home} back: the ways differ`);
	const [from, to] = [there.end?.rttNs ?? null, back.end?.rttNs ?? null];
	if (from !== null && to !== null) made.push(rttRemark(from, to));
	if (rows.some(({ there: forth, back: home }) => forth?.address && home?.address && forth.address !== home.address))
		made.push("routers answer by the side that they are asked on");
	return made;
}

function rttRemark(from: number, to: number): string {
	const [less, more] = [Math.min(from, to), Math.max(from, to)];
	const differs = more - less > SAME_RTT_NS && more / less > SAME_RTT_RATIO;
	return `round trip ${ms(from)} from here, ${ms(to)} from there${differs ? ": they differ" : ""}`;
}

function missing({ path, reversePath, pathMissing, reversePathMissing }: Merged): readonly string[] {
	return [
		...(path === null && pathMissing !== null ? [`our way is not known: ${pathMissing.message}`] : []),
		...(reversePath === null && reversePathMissing !== null
			? [`theirs is not known: ${reversePathMissing.message}`]
			: []),
	];
}

/** As text has it, with its unit. */
export function ms(ns: number): string {
	return `${(ns / 1e6).toFixed(2)} ms`;
}
