import type { ProbeResult, TraceResult } from "@whither/core";
import { describe, expect, it } from "vitest";
import { answer, hop, sampleResult, silence } from "./sample-trace.fixture.ts";
import { formatStunLines } from "./stun-trace-lines.ts";

const MILLISECOND = 1e6;

/** A probe that left then, in milliseconds, and was answered so much later. */
function timed(sentAtMs: number, rttMs: number, more: Partial<ProbeResult> = {}) {
	return (seq: number): ProbeResult => {
		const sentAtNs = sentAtMs * MILLISECOND;
		return { ...answer(seq, "10.0.0.1", { rttMs }), sentAtNs, ...more };
	};
}

function traced(hops: TraceResult["hops"], sent: number, more: Partial<TraceResult> = {}): TraceResult {
	const result = sampleResult(hops, { method: "stun" });
	return { ...result, counters: { ...result.counters, sent }, ...more };
}

const lines = (result: TraceResult) => formatStunLines(result).replaceAll(/^ {3}/gm, "").split("\n").slice(0, -1);

describe("the lines of a trace by STUN", () => {
	it("count transactions, and the most that ran at once", () => {
		const result = traced([hop(1, timed(0, 2), timed(1, 2), timed(2, 2)), hop(2, timed(3, 4), timed(6, 4))], 5);
		expect(lines(result)).toEqual(["Transactions: 5, 2 at once", "Retransmits: 0", "Complete: 0.061235 s"]);
	});

	it("take those without an answer for under way to the end, and those that never left for none", () => {
		const failed = (seq: number): ProbeResult => ({ ...silence(seq), status: "sendError" });
		const result = traced([hop(1, null, null, failed), hop(2, timed(50, 4))], 3);
		expect(lines(result)[0]).toBe("Transactions: 3, 3 at once");
	});

	it("tell by hop what was sent again, and count it as no transaction of its own", () => {
		const again = (count: number) => (seq: number) => ({ ...silence(seq), retransmissions: count });
		const result = traced([hop(1, timed(0, 1, { retransmissions: 1 })), hop(2, again(1), again(2))], 7);
		expect(lines(result).slice(0, 2)).toEqual(["Transactions: 3, 3 at once", "Retransmits: 4 (hop 1: 1, hop 2: 3)"]);
	});

	it("say by which address we are seen", () => {
		const source = { address: "192.0.2.1", port: 50_000, publicAddress: "198.51.100.9" };
		expect(lines(traced([hop(1, null)], 1, { source }))).toContain("Public address: 198.51.100.9");
	});

	it("tell what routers say of themselves, once, and that nobody vouches for it", () => {
		const stun = { authenticated: false, networkStatus: { congested: true, nodeCount: 2, upKbps: 2000, downKbps: 0 } };
		const incoming = { role: "incoming", index: 2, address: null, name: "eth0", mtu: null };
		const extensions = [
			{ class: 1, type: 1, mpls: [{ label: 1, tc: 0, bottom: true, ttl: 1 }] },
			{ class: 0xf7, type: 1, stun },
			{ class: 2, type: 10, interface: incoming },
		];
		const speaking = (seq: number) => answer(seq, "10.0.0.3", { extensions, name: "gw.example" });
		expect(lines(traced([hop(3, speaking, speaking, null)], 3))).toContain(
			'Hop 3, gw.example (10.0.0.3): 2 nodes, up 2000 kbit/s, congested (a hint, unauthenticated); INC:2,"eth0"',
		);
	});

	it("are silent about objects that say nothing to them", () => {
		const extensions = [
			{ class: 1, type: 1, mpls: [{ label: 1, tc: 0, bottom: true, ttl: 1 }] },
			{ class: 0xf7, type: 1, stun: {} },
		];
		const result = traced([hop(3, (seq) => answer(seq, "10.0.0.3", { extensions }))], 1);
		expect(lines(result).some((line) => line.startsWith("Hop"))).toBe(false);
	});

	it("tell what came back of the whole way, there and back", () => {
		const networkStatus = {
			upstream: { congested: false, nodeCount: 1, upKbps: 2000, downKbps: 16_000 },
			downstream: { congested: false, nodeCount: 1, upKbps: 16_000, downKbps: 2000 },
		};
		const target = (seq: number) => answer(seq, "203.0.113.7", { kind: "stun", icmp: null, detail: { networkStatus } });
		expect(lines(traced([hop(1, target, target)], 2))).toEqual([
			"Transactions: 2, 2 at once",
			"Retransmits: 0",
			"Way there: 1 node, up 2000 kbit/s, down 16000 kbit/s",
			"Way back: 1 node, up 16000 kbit/s, down 2000 kbit/s",
			"Complete: 0.061235 s",
		]);
	});

	it("are none that could be taken for a hop's: indented, without a star or a time in ms", () => {
		const source = { address: "192.0.2.1", port: 50_000, publicAddress: "198.51.100.9" };
		const text = formatStunLines(traced([hop(1, timed(0, 1))], 1, { source }));
		for (const line of text.split("\n").slice(0, -1)) expect(line).toMatch(/^ {3}[A-Z]/);
		expect(text).not.toMatch(/\d\s+ms|\s\*\s/);
	});
});
