import type { TraceResult } from "@whither/core";
import { nodeAddress } from "@whither/sim";
import { expect, test } from "vitest";
import { chainScenario } from "./chain.ts";
import { describePackets } from "./packet-trace.ts";

const scenario = chainScenario({ routers: 1 });
const none = { flow: 0, name: null, quoted: null, extensions: [] };
const reply = { kind: "timeExceeded", icmp: { type: 11, code: 0 }, ttl: 64, tos: 0, mtu: null, detail: {} };
const router = nodeAddress(scenario, "r1", 4);
const answered = { ...none, seq: 0, sentAtNs: 1e6, status: "reply", from: router, rttNs: 5e6, stamps: "kernel", reply };
const silent = {
	...none,
	seq: 1,
	sentAtNs: 2e6,
	status: "timeout",
	from: null,
	rttNs: null,
	stamps: null,
	reply: null,
};

test("packets are told in order of time, by the scenario's names", () => {
	const hops = [
		{ ttl: 1, probes: [answered] },
		{ ttl: 2, probes: [silent] },
	];
	const result = { family: 4, hops, counters: { sent: 2 }, warnings: [] } as unknown as TraceResult;
	expect(describePackets(scenario, result).split("\n")).toEqual([
		"     1.000 ms > probe 0 TTL 1, reply",
		"     2.000 ms > probe 1 TTL 2, timeout",
		"     6.000 ms < timeExceeded (ICMP 11/0) to 0 from r1, its TTL 64, stamps kernel",
		'counters {"sent":2}',
		"warnings []",
	]);
});
