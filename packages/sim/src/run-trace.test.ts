import type { TraceResult } from "@whither/core";
import { decodeQuicDatagram, equalBytes } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { testCrypto } from "../../wire/src/crypto.fixture.ts";
import { checkExpectation } from "./expectation.ts";
import { formatPacket, formatPackets } from "./format-packets.ts";
import { SERVER_ID } from "./host-quic.ts";
import { runTrace, scenarioChannels } from "./run-trace.ts";
import type { Scenario } from "./scenario.ts";
import { DEMO } from "./scenarios/demo.ts";
import { findScenario } from "./scenarios/index.ts";
import { ENDS, path, routerHops, targetHop } from "./scenarios/path.ts";

const plain: Scenario = {
	name: "plain",
	about: "",
	...path({ routers: 2 }),
	trace: ENDS,
	lab: true,
	expect: { reached: true, stopReason: "reached", hops: [...routerHops(1, 2), targetHop(3)] },
};

/** The plain scenario with another expectation, and what is found wrong with it. */
function problems(
	expectation: Partial<Scenario["expect"]>,
	change: (result: TraceResult) => TraceResult = (same) => same,
) {
	const scenario = { ...plain, expect: { ...plain.expect, ...expectation } };
	return checkExpectation(scenario, change(runTrace(scenario, { family: 4 }).result));
}

describe("runTrace", () => {
	it("gives the same packets, events and result for the same seed, and others for another", () => {
		const run = (seed: number) => runTrace(DEMO, { family: 6, seed, options: { queries: 1, maxTtl: 14 } });
		expect(run(3)).toEqual(run(3));
		expect(formatPackets(run(3).packets)).not.toBe(formatPackets(run(4).packets));
	});

	it("tells events as they happen, ending with the end", () => {
		const told: string[] = [];
		const { events } = runTrace(plain, { family: 4, onEvent: (event) => told.push(event.type) });
		expect(told).toEqual(events.map((event) => event.type));
		expect(told[0]).toBe("start");
		expect(told.at(-1)).toBe("end");
	});

	it("takes other options than the scenario's own", () => {
		const { result } = runTrace(plain, { family: 4, options: { method: "icmp", queries: 1 } });
		expect(result).toMatchObject({ method: "icmp", options: { queries: 1 } });
	});

	it("uses source ports again beyond 512, as a real channel does", () => {
		const { from, to } = plain.trace;
		const deaf = { ...plain, nodes: { ...plain.nodes, r1: { kind: "router", blackhole: [to] } as const } };
		const options = { method: "udp-port", maxTtl: 200, queries: 3 };
		const { packets } = runTrace(deaf, { family: 4, channel: "raw", options });
		const probes = packets.filter(({ action, node }) => action === "send" && node === from);
		const ports = probes.map(({ packet }) => new DataView(packet.buffer, packet.byteOffset).getUint16(20));
		expect(ports).toHaveLength(600);
		expect(new Set(ports).size).toBe(512);
	});

	it("counts and sends the same where packets are captured, QUIC's farewells as well", () => {
		const run = (capture: boolean) =>
			runTrace(findScenario("quic, answered")!, { family: 6, crypto: testCrypto, options: { capture } });
		const [plainly, captured] = [run(false), run(true)];
		const packets = captured.events.filter((event) => event.type === "packet");
		expect(captured.result).toEqual(plainly.result);
		expect(formatPackets(captured.packets)).toBe(formatPackets(plainly.packets));
		expect(packets.filter(({ note }) => note.includes("farewell")).length).toBeGreaterThan(0);
	});

	const queries = [1, 2, 3].flatMap((count) => [false, true].map((retry) => ({ queries: count, retry })));
	it.each(queries)("closes every connection that QUIC probes open, $queries a hop, Retry $retry", (how) => {
		const target = { udp: "quic", ...(how.retry ? { quicRetry: true } : {}) } as const;
		const scenario = { ...plain, ...path({ routers: 2, target }) };
		const options = { method: "quic", queries: how.queries };
		for (const family of [4, 6] as const) {
			const { result, packets, events } = runTrace(scenario, { family, crypto: testCrypto, options });
			const initialsOf = (node: string) =>
				packets
					.filter((record) => record.action === "send" && record.node === node)
					.flatMap(({ packet }) => decodeQuicDatagram(packet.subarray(family === 4 ? 28 : 48)).packets)
					.filter((packet) => packet.kind === "initial");
			const closes = initialsOf(scenario.trace.from).filter(({ dcid }) => equalBytes(dcid, SERVER_ID));
			expect(closes.length).toBeGreaterThan(how.queries);
			expect(closes).toHaveLength(initialsOf(scenario.trace.to).length);
			expect(result).toMatchObject({ stopReason: "reached", counters: { duplicates: 0 } });
			expect(events.at(-1)?.type).toBe("end");
		}
	});

	it("hands captured packets up as they came, where a raw socket hears them", () => {
		const options = { queries: 1, capture: true };
		for (const channel of ["raw", "errorQueue"] as const) {
			const { events, packets } = runTrace(plain, { family: 4, channel, options });
			const heard = packets.filter(({ action, node }) => action === "deliver" && node === plain.trace.from);
			const told = events.filter((event) => event.type === "packet").filter(({ direction }) => direction === "in");
			expect(new Set(told.map(({ rebuilt }) => rebuilt))).toEqual(new Set([channel === "errorQueue"]));
			if (channel === "errorQueue") continue;
			expect(told.map(({ bytes }) => bytes)).toEqual(heard.slice(0, told.length).map(({ packet }) => packet));
		}
	});

	it("takes the channels in the order of a real trace: none that a loose match cannot use", () => {
		expect(runTrace(plain, { family: 4, options: { looseMatch: true } }).result.channel).toBe("raw");
		expect(() => runTrace(plain, { family: 4, channel: "errorQueue", options: { looseMatch: true } })).toThrow(
			RangeError,
		);
	});

	it("refuses what simulated hosts do not do", () => {
		const orders = [{ gateways: ["192.0.2.1"] }, { fwmark: 1 }, { bypassRouting: true }, { source: "192.0.2.1" }];
		for (const options of orders) expect(() => runTrace(plain, { family: 4, options })).toThrow(RangeError);
	});

	it("gives up a trace that does not end", () => {
		expect(() => runTrace(plain, { family: 4, stepLimit: 20 })).toThrow("does not come to an end");
	});

	it("refuses a method and a channel that do not exist", () => {
		expect(() => runTrace(plain, { family: 4, options: { method: "smoke" } })).toThrow(RangeError);
		const tcp = { ...plain, trace: { ...ENDS, options: { method: "tcp" } } };
		expect(scenarioChannels(tcp)).toEqual(["raw"]);
		expect(() => runTrace(tcp, { family: 4, channel: "errorQueue" })).toThrow(RangeError);
	});

	it("passes packets through the hooks of a node", () => {
		const { result } = runTrace(plain, {
			family: 4,
			hooks: { r2: [() => ({ drop: "down" })] },
			options: { maxTtl: 4 },
		});
		expect(result.hops.map((hop) => hop.probes[0]?.from ?? null)).toEqual(["10.16.0.2", null, null, null]);
	});
});

describe("checkExpectation", () => {
	it("finds nothing wrong with a result that is right", () => {
		expect(problems({})).toEqual([]);
	});

	it("names what is wrong", () => {
		expect(problems({ reached: false })).toEqual(["reached is true, expected false"]);
		expect(problems({ stopReason: "timeout" })).toEqual(["stopReason is reached, expected timeout"]);
		expect(problems({ hops: routerHops(1, 2) })).toEqual(["TTLs of the hops is 1 2 3, expected 1 2"]);
		expect(problems({ hops: [...routerHops(1, 1), { ttl: 2, from: ["r1"] }, targetHop(3)] })).toHaveLength(3);
		expect(problems({ hops: [...routerHops(1, 2), targetHop(3, { kind: "udp" })] })[0]).toContain("portUnreachable");
		expect(problems({ hops: [...routerHops(1, 1), { ttl: 2, from: [null] }, targetHop(3)] })).not.toEqual([]);
		expect(problems({ hops: [...routerHops(1, 2), targetHop(3, { note: "!X" })] })[0]).toContain("note");
		expect(problems({ hops: [...routerHops(1, 2), targetHop(3, { mpls: [5] })] })[0]).toContain("MPLS");
		expect(problems({ hops: [...routerHops(1, 2), targetHop(3, { rttMs: { atLeast: 7 } })] })[0]).toContain("RTT");
		expect(problems({ durationMs: { atMost: 1 } })[0]).toContain("duration");
		expect(problems({ late: { atLeast: 1 } })).toEqual(["late replies: 0, expected at least 1"]);
		expect(problems({ warnings: ["shortQuotes"] })).toEqual(["no warning shortQuotes"]);
		expect(problems({ pathMtu: 1300 })).toEqual(["pathMtu is null, expected 1300"]);
	});

	it("asks every named node to have answered where it is told to", () => {
		const hop = { ttl: 2, from: ["r2", "r1"], seen: ["r2", "r1"] };
		expect(problems({ hops: [...routerHops(1, 1), hop, targetHop(3)] })).toEqual(["hop 2 was never answered by r1"]);
	});

	it("leaves the clock out of it on real networks", () => {
		const scenario = { ...plain, expect: { ...plain.expect, durationMs: { atMost: 1 } } };
		expect(checkExpectation(scenario, runTrace(scenario, { family: 4 }).result, "real")).toEqual([]);
	});
});

describe("formatPackets", () => {
	it("gives one readable line for each packet and place", () => {
		const { packets } = runTrace(plain, { family: 4, options: { queries: 1, maxTtl: 1 } });
		const lines = formatPackets(packets).split("\n");
		expect(lines.length).toBe(packets.length);
		expect(lines[0]).toMatch(
			/0\.000 ms {2}source .*send \(to r1\).*10\.16\.0\.1 > 10\.16\.8\.2 ttl 1 len 60 UDP \d+ > 33434/,
		);
		expect(lines[1]).toContain("drop (TTL ran out)");
		expect(lines[2]).toMatch(/r1 .*Time Exceeded.* \[10\.16\.0\.1 > 10\.16\.8\.2 ttl 1 UDP/);
		expect(lines[3]).toMatch(/2\.000 ms {2}source .*deliver/);
	});

	it("has a line for every protocol and for garbage", () => {
		for (const name of ["tcp to an open port", "icmp echo", "garbage and truncated ICMP is ignored"]) {
			const { packets } = runTrace(findScenario(name)!, { family: 6 });
			for (const line of formatPackets(packets).split("\n"))
				expect(line).toMatch(/TCP|UDP|Echo|ICMP|Time|Unreachable/i);
		}
		expect(formatPacket(Uint8Array.of(1, 2, 3))).toBe("broken packet of 3 bytes");
	});
});
