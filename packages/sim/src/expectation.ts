/** Whether a trace came out as its scenario says. */
import type { Family, HopResult, MtuDrop, ProbeResult, TraceResult } from "@whither/core";
import { publicAddressOf } from "./call.ts";
import { answerProblems } from "./expectation-answer.ts";
import { besideProblems, changesProblem } from "./expectation-beside.ts";
import { natAddress } from "./nat.ts";
import type { Bounds, ExpectedHop, ExpectedMtuDrop, Scenario } from "./scenario.ts";
import { computeRoutes, facingAddresses, nodeAddress, type Routes } from "./topology.ts";

/** `virtual`: the clock is exact, so that times and counts of packets are checked too. `real`: a lab's kernel. */
export type ClockKind = "virtual" | "real";

interface Check {
	readonly scenario: Scenario;
	readonly routes: Routes;
	readonly family: Family;
	readonly clock: ClockKind;
	readonly problems: string[];
}

/** Every way in which a result differs from what its scenario expects, one sentence each; empty: it holds. */
export function checkExpectation(scenario: Scenario, result: TraceResult, clock: ClockKind = "virtual"): string[] {
	const { family } = result;
	const check: Check = { scenario, routes: computeRoutes(scenario), family, clock, problems: [] };
	const { expect } = scenario;
	same(check, "reached", result.reached, expect.reached);
	same(check, "stopReason", result.stopReason, expect.stopReason);
	checkHops(check, result.hops);
	checkTotals(check, result);
	check.problems.push(...besideProblems(expect, result));
	for (const code of expect.warnings ?? []) {
		if (!result.warnings.some((warning) => warning.code === code)) check.problems.push(`no warning ${code}`);
	}
	return check.problems;
}

function checkTotals(check: Check, result: TraceResult): void {
	const { expect } = check.scenario;
	const probes = result.hops.flatMap((hop) => hop.probes);
	within(check, "replies", probes.filter((probe) => probe.status === "reply").length, expect.replies);
	within(check, "late replies", probes.filter((probe) => probe.late).length, expect.late);
	within(check, "inferred replies", probes.filter((probe) => probe.inferred).length, expect.inferred);
	const duplicates = probes.reduce((sum, probe) => sum + (probe.duplicates ?? 0), 0);
	within(check, "duplicates", duplicates, expect.duplicates);
	const again = probes.reduce((sum, probe) => sum + (probe.retransmissions ?? 0), 0);
	within(check, "retransmissions", again, expect.retransmissions);
	if (expect.seenAs !== undefined) {
		same(check, "public address", result.source.publicAddress, seenAddress(check, expect.seenAs));
	}
	if (expect.pathMtu !== undefined) same(check, "pathMtu", result.pathMtu, expect.pathMtu);
	if (expect.mtuDrops !== undefined) checkMtuDrops(check, expect.mtuDrops, result.mtuDrops ?? []);
	if (check.clock === "real") return;
	within(check, "duration in ms", result.durationNs / 1e6, expect.durationMs);
	within(check, "probes sent", result.counters.sent, expect.sent);
}

function seenAddress({ scenario, family }: Check, name: string | null): string | null {
	const spec = name === null ? undefined : scenario.nodes[name];
	if (name === null || spec?.kind !== "router" || spec.nat === undefined) return null;
	return natAddress(scenario, name, spec.nat, family);
}

function checkMtuDrops(check: Check, want: readonly ExpectedMtuDrop[], have: readonly MtuDrop[]): void {
	const wanted = want.map(({ ttl, behind, mtu, found }) => `${ttl} ${behind} ${mtu} ${found}`);
	const found = have.map((drop) => {
		const named = want.find(
			({ behind }) => behind !== null && answerAddresses(check, behind).includes(drop.from ?? ""),
		);
		return `${drop.ttl} ${named?.behind ?? drop.from} ${drop.mtu} ${drop.found}`;
	});
	same(check, "MTU drops", found.join(", "), wanted.join(", "));
}

function checkHops(check: Check, hops: readonly HopResult[]): void {
	const expected = check.scenario.expect.hops.flatMap(unrolled);
	// A trace that sent nothing lists its first hop without a probe.
	const listed = hops
		.filter(({ probes }) => probes.length > 0)
		.map((hop) => hop.ttl)
		.join(" ");
	same(check, "TTLs of the hops", listed, expected.map((hop) => hop.ttl).join(" "));
	for (const want of expected) {
		const hop = hops.find(({ ttl }) => ttl === want.ttl);
		if (hop !== undefined) checkHop(check, want, hop.probes);
	}
}

function unrolled(hop: ExpectedHop): ExpectedHop[] {
	const { through = hop.ttl } = hop;
	return Array.from({ length: through - hop.ttl + 1 }, (_, index) => ({ ...hop, ttl: hop.ttl + index }));
}

function checkHop(check: Check, want: ExpectedHop, probes: readonly ProbeResult[]): void {
	const replies = probes.filter((probe) => probe.status === "reply");
	const hop = `hop ${want.ttl}`;
	checkAnswered(check, want, probes.length, replies.length);
	within(check, `replies of ${hop}`, replies.length, want.replies);
	const names = replies.map((probe) => nodeOf(check, want, probe.from));
	replies.forEach((probe, index) => {
		if (names[index] === null)
			check.problems.push(`${hop} was answered by ${probe.from}, not by ${want.from.join(" or ")}`);
		checkReply(check, want, probe);
	});
	for (const name of want.seen ?? []) {
		if (!names.includes(name)) check.problems.push(`${hop} was never answered by ${name}`);
	}
	if (check.scenario.expect.oneNodePerHop && new Set(names).size > 1) {
		check.problems.push(`${hop} was answered by several nodes: ${[...new Set(names)].join(", ")}`);
	}
}

function checkAnswered(check: Check, want: ExpectedHop, sent: number, replies: number): void {
	const rule = want.all ?? defaultRule(want);
	const holds =
		rule === "any" ||
		(rule === "reply" && sent > 0 && replies === sent) ||
		(rule === "timeout" && replies === 0) ||
		(rule === "mixed" && replies > 0 && replies < sent);
	if (!holds) check.problems.push(`hop ${want.ttl}: ${replies} of ${sent} probes were answered, expected: ${rule}`);
}

function defaultRule(want: ExpectedHop): "reply" | "timeout" | "any" {
	if (!want.from.includes(null)) return "reply";
	return want.from.every((name) => name === null) ? "timeout" : "any";
}

function checkReply(check: Check, want: ExpectedHop, probe: ProbeResult): void {
	const hop = `hop ${want.ttl}`;
	if (want.kind !== undefined) same(check, `${hop}: kind`, probe.reply?.kind, want.kind);
	if (want.note !== undefined) same(check, `${hop}: note`, noteOf(probe, check.family), want.note);
	if (want.mpls !== undefined) same(check, `${hop}: MPLS labels`, labelsOf(probe).join(" "), want.mpls.join(" "));
	if (want.interfaceName !== undefined)
		same(check, `${hop}: interface`, extensionName(probe, "interface"), want.interfaceName);
	if (want.nodeName !== undefined) same(check, `${hop}: node name`, extensionName(probe, "node"), want.nodeName);
	check.problems.push(...answerProblems(want, probe).map((problem) => `${hop}: ${problem}`));
	if (want.changes !== undefined && probe.quoted !== null) {
		const problem = changesProblem(probe.quoted.changes, want.changes);
		if (problem !== null) check.problems.push(`${hop}: ${problem}`);
	}
	if (check.clock === "virtual") within(check, `${hop}: RTT in ms`, (probe.rttNs ?? 0) / 1e6, want.rttMs);
}

/** The expected node that has this address: towards the tracer, its own, or the one it is told to answer from. */
function nodeOf(check: Check, want: ExpectedHop, address: string | null): string | null {
	if (address === null) return null;
	return want.from.find((name) => name !== null && answerAddresses(check, name).includes(address)) ?? null;
}

function answerAddresses({ scenario, routes, family }: Check, name: string): readonly string[] {
	const { from } = scenario.trace;
	const spec = scenario.nodes[name];
	if (spec?.kind === "host" && spec.answersFrom !== undefined) {
		return facingAddresses(scenario, routes, name, spec.answersFrom, family);
	}
	if (scenario.call !== undefined && name === scenario.trace.to) return [publicAddressOf(scenario, name, family)];
	const facing = facingAddresses(scenario, routes, name, from, family);
	return spec?.kind === "host" ? [...facing, nodeAddress(scenario, name, family)] : facing;
}

function labelsOf(probe: ProbeResult): number[] {
	return probe.extensions.flatMap((extension) => {
		const stack = extension.mpls;
		return Array.isArray(stack) ? stack.map((entry: { readonly label: number }) => entry.label) : [];
	});
}

function extensionName(probe: ProbeResult, kind: "interface" | "node"): string | null {
	for (const extension of probe.extensions) {
		const object = extension[kind];
		if (typeof object !== "object" || object === null || !("name" in object)) continue;
		if (typeof object.name === "string") return object.name;
	}
	return null;
}

/** traceroute(8)'s mark for an answer that is no Time Exceeded and no plain answer of the target. */
function noteOf(probe: ProbeResult, family: Family): string {
	const icmp = probe.reply?.icmp ?? null;
	if (icmp === null || probe.reply?.kind === "timeExceeded" || probe.reply?.kind === "portUnreachable") return "";
	if (probe.reply?.kind === "packetTooBig") return `!F-${probe.reply.mtu}`;
	const isUnreachable = icmp.type === (family === 4 ? 3 : 1);
	return (isUnreachable ? NOTES[family][icmp.code] : undefined) ?? `!<${icmp.type}-${icmp.code}>`;
}

const NOTES: Readonly<Record<Family, Readonly<Record<number, string>>>> = {
	4: { 0: "!N", 1: "!H", 2: "!P", 13: "!X" },
	6: { 0: "!N", 1: "!X", 3: "!H" },
};

function same<Value>(check: Check, what: string, have: Value, want: Value): void {
	if (have !== want) check.problems.push(`${what} is ${String(have)}, expected ${String(want)}`);
}

function within(check: Check, what: string, have: number, want: Bounds | undefined): void {
	if (want?.atLeast !== undefined && have < want.atLeast)
		check.problems.push(`${what}: ${have}, expected at least ${want.atLeast}`);
	if (want?.atMost !== undefined && have > want.atMost)
		check.problems.push(`${what}: ${have}, expected at most ${want.atMost}`);
}
