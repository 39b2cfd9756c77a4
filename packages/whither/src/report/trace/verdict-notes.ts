/** What else a trace shows that readers often misread: rate limits taken for loss, silent hops, tunnels, several ways. */
import { findMethod, type PathNat, type ProbeResult, pathNat, type TraceResult } from "@whither/core";
import type { HopFacts } from "./facts.ts";
import { privilegeNote } from "./privilege-note.ts";
import { refusalNote } from "./refusal-note.ts";
import type { Note } from "./verdict.ts";

/** The notes of a trace, in hop order within each kind. */
export function hopNotes(result: TraceResult, hops: readonly HopFacts[]): readonly Note[] {
	return [
		...lossNotes(result, hops),
		...severalRouters(result, hops),
		...tunnels(result),
		...nats(result),
		...mtuNote(result),
		...refusalNote(result),
		...privilegeNote(result, hops),
	];
}

/** Missing answers that later hops prove harmless, told apart from loss that lasts to the end of the path. */
function lossNotes(result: TraceResult, hops: readonly HopFacts[]): Note[] {
	const silent: number[] = [];
	const limited: number[] = [];
	const end = hops.findLastIndex((hop) => hop.answered > 0);
	const lossStart = result.reached ? lastingLoss(hops, end) : null;
	hops.slice(0, Math.max(end, 0)).forEach((hop, index) => {
		if (hop.answered === 0) silent.push(hop.ttl);
		else if (hop.answered < hop.sent && (lossStart === null || index < lossStart)) limited.push(hop.ttl);
	});
	const notes: Note[] = [];
	if (limited.length > 0) notes.push({ code: "rateLimited", sentence: limitedSentence(limited) });
	if (silent.length > 0 && result.channel !== "portable")
		notes.push({ code: "silentHop", sentence: silentSentence(silent) });
	const first = lossStart === null ? undefined : hops[lossStart];
	if (first !== undefined && lossStart !== end)
		notes.push({
			code: "lossFromHop",
			sentence: `From hop ${first.ttl} on every hop misses answers: packets are lost there.`,
		});
	return notes;
}

/** Index of the first hop from which every answering hop to the end misses answers, or null. */
function lastingLoss(hops: readonly HopFacts[], end: number): number | null {
	let start: number | null = null;
	for (let index = end; index >= 0; index--) {
		const hop = hops[index];
		if (hop === undefined || hop.answered === hop.sent) break;
		if (hop.answered > 0) start = index;
	}
	return start;
}

function limitedSentence(ttls: readonly number[]): string {
	const subject = hopList(ttls);
	return `${subject} left some probes unanswered while later hops answered: most likely a router that limits its ICMP; packets do pass it.`;
}

function silentSentence(ttls: readonly number[]): string {
	const verb = ttls.length === 1 ? "does not answer, but packets pass it" : "do not answer, but packets pass them";
	return `${hopList(ttls)} ${verb}.`;
}

function severalRouters(result: TraceResult, hops: readonly HopFacts[]): Note[] {
	const split = hops.filter((hop) => hop.addresses.length > 1);
	if (split.length === 0) return [];
	const cause =
		flowsOf(result.method) === "perProbe"
			? "every probe of this method is a flow of its own, so a load balancer may send each another way"
			: "a load balancer spreads even one flow over several links, or the route changed meanwhile";
	return [
		{
			code: "severalRouters",
			sentence: `${hopList(split.map((hop) => hop.ttl))} answered from several addresses: ${cause}.`,
		},
	];
}

/** Whether load balancers see the probes of a method as one flow or as many. */
function flowsOf(method: string): "one" | "perProbe" {
	const needs = findMethod(method)?.channels ?? [];
	const many = needs.some((need) => need.ports === "perProbe" || need.destinationPorts === "counted");
	return many ? "perProbe" : "one";
}

function tunnels(result: TraceResult): Note[] {
	const hops = result.hops.filter((hop) => hop.probes.some(hasLabels)).map((hop) => hop.ttl);
	if (hops.length === 0) return [];
	return [
		{ code: "tunnel", sentence: `${hopList(hops)} forwarded the packets inside an MPLS tunnel (-e shows the labels).` },
	];
}

function hasLabels(probe: ProbeResult): boolean {
	return probe.extensions.some((object) => Array.isArray(object.mpls));
}

type Translation = NonNullable<PathNat["first"]>;

const NAT_WORDS: Readonly<Record<Translation["nat"], string>> = {
	source: "the source of our packets has been rewritten",
	destination: "the destination of our packets has been rewritten",
	checksum: "our packets have been rewritten (their checksum tells)",
};

/** Where the first rewriting is seen, and where one of the other address is. */
function nats(result: TraceResult): Note[] {
	const { first, hops } = pathNat(result);
	if (first === null) return [];
	const notes: Note[] = [{ code: "nat", sentence: firstNat(first) }];
	for (const { ttl, nat } of hops) {
		if (nat === first.nat || (nat !== "source" && nat !== "destination")) continue;
		return [...notes, { code: "nat", sentence: `From hop ${ttl} on ${NAT_WORDS[nat]} as well.` }];
	}
	return notes;
}

/** A router that translates may quote a packet as it came or as it goes on, so that the NAT may be either hop. */
function firstNat({ nat, behindTtl, seenAtTtl }: Translation): string {
	const where =
		behindTtl === 0 ? `at or before hop ${seenAtTtl}` : `at hop ${behindTtl} or ${seenAtTtl} or between them`;
	return `From hop ${seenAtTtl} on ${NAT_WORDS[nat]}: a NAT stands ${where}.`;
}

function mtuNote(result: TraceResult): Note[] {
	if (result.pathMtu === null || result.stopReason === "unreachable") return [];
	const drops = (result.mtuDrops ?? []).map(({ ttl, mtu }) => `${behind(ttl)} (${mtu})`);
	const where = drops.length === 0 ? "" : `; links narrower than those before begin ${listOf(drops)}`;
	const sentence = `The path takes packets of at most ${result.pathMtu} bytes in one piece${where}.`;
	return [{ code: "pathMtu", sentence }];
}

/** Behind TTL 0 lies our own link. */
function behind(ttl: number): string {
	return ttl === 0 ? "at this machine" : `behind hop ${ttl}`;
}

/** `Hop 3`, `Hops 3 and 5`, `Hops 3, 4 and 5`. */
function hopList(ttls: readonly number[]): string {
	return `${ttls.length === 1 ? "Hop" : "Hops"} ${listOf(ttls)}`;
}

/** `3`, `3 and 5`, `3, 4 and 5`. */
function listOf(items: readonly (string | number)[]): string {
	return items.length === 1 ? String(items[0]) : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
