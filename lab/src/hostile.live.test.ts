import { readFileSync } from "node:fs";
import type { TraceResult } from "@whither/core";
import { checkExpectation, Random, type Scenario } from "@whither/sim";
import { encodeIcmpError, encodeIpv4, encodeUdp, IP_PROTOCOL } from "@whither/wire";
import { afterEach, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules, runIpBatch } from "./namespaces.ts";
import { describeHops } from "./node-names.ts";
import { describePackets } from "./packet-trace.ts";
import { labObstacle } from "./requirements.ts";
import {
	commandObstacle,
	describeOutcome,
	type RunOutcome,
	runTool,
	runWhither,
	startWhither,
	WHITHER,
} from "./run.ts";
import { type Storm, startStorm } from "./storm.ts";
import { type Lab, type LabOptions, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle();
const title = "hostile networks";

const opened: Lab[] = [];
const storms: Storm[] = [];

afterEach(async () => {
	for (const storm of storms.splice(0)) storm.stop();
	for (const lab of opened.splice(0)) await lab.close();
});

async function build(scenario: Scenario, options?: LabOptions): Promise<Lab> {
	const lab = await openLab(scenario, options);
	opened.push(lab);
	return lab;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const client = (lab: Lab): string => lab.namespaceOf("client");
const device = (lab: Lab): string => (lab.plan.veths[0] ?? lab.plan.simulated)?.device ?? "";
const target4 = (lab: Lab): string => lab.addressOf("target", 4);

/** The path goes on for ever without an answer, so that a trace takes its three seconds of waiting. */
const deadEnd = (): Scenario => chainScenario({ routers: 3, router: { 2: { blackhole: ["target"] } } });

/** What was found, packet by packet, under the command that found it. */
function seen(lab: Lab, outcome: RunOutcome): string {
	const result = parse(outcome);
	const found = `${describeHops(lab.scenario, result)}\n${describePackets(lab.scenario, result)}`;
	return `${outcome.command.join(" ")}\n${found}\n${outcome.stderr}`;
}

/** What must hold whatever happens: it ended by itself, without our own bug and without a stack on the screen. */
function expectDecency(outcome: RunOutcome): void {
	expect(outcome.timedOut, `hung: ${describeOutcome(outcome)}`).toBe(false);
	expect(outcome.code, describeOutcome(outcome)).not.toBe(70);
	expect(outcome.signal, describeOutcome(outcome)).toBeNull();
	expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
}

function parse(outcome: RunOutcome): TraceResult {
	expect(outcome.stdout, describeOutcome(outcome)).not.toBe("");
	return JSON.parse(outcome.stdout) as TraceResult;
}

/** From this many packets on that were no answers, a reader of the result sees why answers are missing. */
const TELLING = 1000;

/**
 * Answers may be missing, but none may be wrong, and the result must show what was the matter: packets that the kernel
 * dropped, or as many foreign or double ones as no quiet network has.
 */
function expectHonesty(lab: Lab, outcome: RunOutcome): TraceResult {
	const result = parse(outcome);
	const problems = checkExpectation(lab.scenario, result, "real");
	const lies = problems.filter((problem) => problem.includes("answered by"));
	expect(lies, seen(lab, outcome)).toEqual([]);
	const { dropped, foreign, duplicates } = result.counters;
	const excuse = dropped > 0 || foreign >= TELLING || duplicates >= TELLING;
	if (problems.length > 0) expect(excuse, `${problems.join("\n")}\n${seen(lab, outcome)}`).toBe(true);
	return result;
}

/** How many answers of routers on the way the client's kernel has taken in. */
function answersTo(lab: Lab): number {
	const lines = insideNamespace(client(lab), () => readFileSync("/proc/thread-self/net/snmp", "utf8")).split("\n");
	const [names = [], values = []] = lines.filter((line) => line.startsWith("Icmp: ")).map((line) => line.split(" "));
	return Number(values[names.indexOf("InTimeExcds")]);
}

/** Until the trace is under way: it has had its first answers, and a moment to look at them. */
async function underWay(lab: Lab): Promise<void> {
	await expect.poll(() => answersTo(lab), { timeout: 20_000 }).toBeGreaterThan(0);
	await pause(200);
}

const PORT = 45_678;

/** An ICMP error from the first router to the client about a datagram that never was, or with some of it cut off. */
function forged(lab: Lab, about: { port: number; cut?: number; noise?: boolean; sourcePort?: number }): Uint8Array {
	const [source, from] = [lab.addressOf("client", 4), lab.addressOf("r1", 4)];
	const destination = target4(lab);
	const payload = new Random(about.port).bytes(32);
	const ports = { sourcePort: about.sourcePort ?? PORT, destinationPort: about.port };
	const datagram = encodeUdp({ family: 4, source, destination, ...ports }, payload);
	const inner = encodeIpv4({ source, destination, ttl: 1, protocol: IP_PROTOCOL.udp }, datagram);
	const quoted = about.noise ? new Random(about.port).bytes(64) : inner;
	const whole = encodeIcmpError(4, { type: 11, code: 0, quoted });
	const message = about.cut === undefined ? whole : whole.subarray(0, about.cut);
	return encodeIpv4({ source: from, destination: source, ttl: 64, protocol: IP_PROTOCOL.icmp }, message);
}

async function rage(lab: Lab, packets: readonly Uint8Array[], perSecond: number): Promise<void> {
	storms.push(await startStorm(lab.namespaceOf("r1"), { packets, perSecond, seconds: 20 }));
	await pause(100);
}

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	test.each([
		[4, "203.0.113.9"],
		[6, "2001:db8::9"],
	])("IPv%i without a route: exit 4 and a sentence that says so", async (_family, address) => {
		const lab = await build(chainScenario({ routers: 1 }));
		const outcome = await runWhither(["--json", "-n", address], { namespace: client(lab), user: "nobody" });
		expectDecency(outcome);
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
		expect(outcome.stderr).toMatch(/route/i);
		expect(outcome.stderr).toContain(address);
	});

	test("an interface that is down: exit 4 and a sentence", async () => {
		const lab = await build(chainScenario({ routers: 1 }));
		runIpBatch([`link set ${device(lab)} down`], { namespace: client(lab) });
		const outcome = await runWhither(["-n", target4(lab)], { namespace: client(lab), user: "nobody" });
		expectDecency(outcome);
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
		expect(outcome.stderr.trim()).not.toBe("");
	});

	for (const channel of ["errorQueue", "raw"] as const) {
		for (const [what, line] of [
			["goes down", "set DEVICE down"],
			["is deleted", "delete DEVICE"],
		] as const) {
			test(`an interface that ${what} in the middle of a trace over ${channel}: what was seen is kept`, async () => {
				const lab = await build(deadEnd());
				const args = ["--json", "-n", "-z", "0.02", "--channel", channel, target4(lab)];
				const tool = startWhither(args, { namespace: client(lab), timeoutMs: 30_000 });
				await underWay(lab);
				runIpBatch([`link ${line.replace("DEVICE", device(lab))}`], { namespace: client(lab) });
				const outcome = await tool.outcome;
				expectDecency(outcome);
				expect([0, 4], describeOutcome(outcome)).toContain(outcome.code);
				expect(
					parse(outcome).hops[0]?.probes.some(({ from }) => from !== null),
					describeOutcome(outcome),
				).toBe(true);
			});
		}

		test(`garbage and truncated ICMP over ${channel} change nothing`, async () => {
			const lab = await build(chainScenario({ routers: 4, linkDelayMs: 5 }), { realtime: false });
			const cuts = [0, 3, 8, 12, 28, 32, 35];
			const packets = [
				...cuts.map((cut) => forged(lab, { port: 33_434, cut })),
				...Array.from({ length: 8 }, (_, index) => forged(lab, { port: index, noise: true })),
			];
			await rage(lab, packets, 2000);
			const args = ["--json", "-n", "--channel", channel, target4(lab)];
			const outcome = await runWhither(args, { namespace: client(lab) });
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			expect(checkExpectation(lab.scenario, parse(outcome), "real"), seen(lab, outcome)).toEqual([]);
		});

		test(`50,000 foreign ICMP errors a second over ${channel}: nothing false, and drops are owned up to`, async () => {
			const lab = await build(chainScenario({ routers: 4 }));
			const packets = Array.from({ length: 64 }, (_, index) =>
				forged(lab, { port: 1000 + index, sourcePort: 2000 + index }),
			);
			await rage(lab, packets, 50_000);
			const args = ["--json", "-n", "--channel", channel, target4(lab)];
			const outcome = await runWhither(args, { namespace: client(lab), timeoutMs: 30_000 });
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			expectHonesty(lab, outcome);
		});

		test(`50,000 forged ICMP errors a second about our own flow over ${channel}: nothing false`, async () => {
			const lab = await build(chainScenario({ routers: 4 }));
			const packets = Array.from({ length: 64 }, (_, index) => forged(lab, { port: 33_434 + index }));
			await rage(lab, packets, 50_000);
			const args = ["--json", "-n", "--sport", String(PORT), "--channel", channel, target4(lab)];
			const outcome = await runWhither(args, { namespace: client(lab), timeoutMs: 30_000 });
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			expectHonesty(lab, outcome);
		});

		test(`a target that answers every probe 2000 times over ${channel}: one answer counts, the rest are duplicates`, async () => {
			const scenario = chainScenario({ routers: 2, linkDelayMs: 1, target: { copies: 2000 } });
			const lab = await build(scenario, { world: "tun" });
			const args = ["--json", "-n", "--channel", channel, target4(lab)];
			const outcome = await runWhither(args, { namespace: client(lab), timeoutMs: 30_000 });
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			const result = expectHonesty(lab, outcome);
			expect(result.reached, describeOutcome(outcome)).toBe(true);
			expect(result.hops.at(-1)?.ttl, describeOutcome(outcome)).toBe(3);
		});

		test(`a local firewall that drops our probes over ${channel}: said, not shown as a silent path`, async () => {
			const lab = await build(chainScenario({ routers: 2 }));
			const chain = ["chain out {", "type filter hook output priority 0;", "meta l4proto udp drop", "}"];
			const rules = ["table inet wall {", ...chain, "}", ""].join("\n");
			insideNamespace(client(lab), () => loadRules(rules));
			const outcome = await runWhither(["--json", "-n", "--channel", channel, target4(lab)], {
				namespace: client(lab),
			});
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(4);
			expect(outcome.stderr, describeOutcome(outcome)).toMatch(/firewall/i);
		});
	}

	test("a queue that is full (ENOBUFS): probes are sent again or their failure is said", async () => {
		const lab = await build(chainScenario({ routers: 3 }));
		const queue = [
			"tc",
			"qdisc",
			"add",
			"dev",
			device(lab),
			"root",
			"tbf",
			"rate",
			"64kbit",
			"burst",
			"1600",
			"limit",
			"1600",
		];
		const queued = await runTool(queue, { namespace: client(lab) });
		expect(queued.code, queued.stderr).toBe(0);
		// The queue delays what it does not drop, so the wait is not to follow round trips.
		const args = ["--json", "-n", "-w", "3", target4(lab)];
		const outcome = await runWhither(args, { namespace: client(lab), user: "nobody" });
		expectDecency(outcome);
		const result = parse(outcome);
		const lost = result.hops.flatMap(({ probes }) => probes).filter(({ status }) => status === "timeout");
		expect(lost, describeOutcome(outcome)).toEqual([]);
		expect(result.reached, describeOutcome(outcome)).toBe(true);
	});

	for (const [signal, code] of [
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const) {
		test(`${signal} in the middle of a trace: exit ${code} after the partial result`, async () => {
			const lab = await build(deadEnd());
			const tool = startWhither(["--json", "-n", target4(lab)], { namespace: client(lab), user: "nobody" });
			await underWay(lab);
			tool.child.kill(signal);
			const outcome = await tool.outcome;
			expectDecency(outcome);
			expect(outcome.code, describeOutcome(outcome)).toBe(code);
			const result = parse(outcome);
			expect(result.stopReason).toBe("interrupted");
			expect(result.hops[0]?.probes[0]?.from, describeOutcome(outcome)).toBe(lab.addressOf("r1", 4));
		});
	}

	for (const format of ["--ndjson", "--json", "--format=text"]) {
		test(`a pipe closed after its first line (${format}) ends it quietly`, async () => {
			const lab = await build(deadEnd());
			const line = `"$0" "$1" ${format} -n -w 0.5 "$2" | head -n 1; exit "\${PIPESTATUS[0]}"`;
			const command = ["bash", "-c", line, process.execPath, WHITHER, target4(lab)];
			const outcome = await runTool(command, { namespace: client(lab), user: "nobody", timeoutMs: 20_000 });
			expectDecency(outcome);
			expect(outcome.stderr).toBe("");
		});
	}
});
