import type { PathNodeCounts } from "@whither/net/path-node";
import { describe, expect, it } from "vitest";
import { exitCodeOf } from "../cli/exit-codes.ts";
import { formatCounts, queueError, readyLine, ruleAdvice } from "./words.ts";

const QUIET: PathNodeCounts = {
	seen: 5,
	answered: 2,
	rewritten: 1,
	passed: { notForwarded: 9, unanswerable: 0, noAddress: 0, capped: 0, damaged: 0 },
	unsent: 0,
	overruns: 0,
	refusedVerdicts: 0,
	faults: 0,
	firstFault: null,
};

describe("the router's words", () => {
	it("say in one line that packets can come", () => {
		expect(readyLine({ queue: 0, interface: null }, true)).toBe(
			"Ready: enriched ICMP on every interface, IPv4 and IPv6, queue 0 (rules installed)\n",
		);
		expect(readyLine({ queue: 7, interface: "wan0" }, false)).toBe(
			"Ready: enriched ICMP on wan0, IPv4 and IPv6, queue 7 (no rules installed)\n",
		);
	});

	it("give both rules to type where none were installed", () => {
		const lines = ruleAdvice({ queue: 7, interface: null }).split("\n");
		expect(lines.map((line) => line.trim().split(" ")[0])).toEqual(["To", "iptables", "ip6tables", ""]);
	});

	it("count what was done, and of troubles only those that there were", () => {
		expect(formatCounts(QUIET)).toBe("5 STUN packets seen, 2 answered, 1 rewritten\n");
		const passed = { ...QUIET.passed, capped: 3 };
		const troubled = { ...QUIET, passed, overruns: 2, unsent: 1, faults: 1, firstFault: "Error: why" };
		expect(formatCounts(troubled)).toBe(
			"5 STUN packets seen, 2 answered, 1 rewritten, 3 over the cap, 1 answers not sent, 2 overruns of the queue, 1 let go by a bug of ours\nError: why\n",
		);
	});

	it("name the privileges, a queue that is taken, an interface that is not there; each with its exit code", () => {
		const call = { call: "NFQUEUE", address: null, errno: 1, errnoName: "EPERM" };
		const cases = [
			[queueError({ ...call, code: "permissionDenied" }), 3, /CAP_NET_ADMIN .* run it as root \(NFQUEUE: EPERM\)$/],
			[queueError({ code: "queueTaken", queue: 4 }), 4, /queue 4; choose another number with --queue$/],
			[queueError({ ...call, code: "noSuchDevice", address: "wan9" }), 4, /wan9 does not exist/],
		] as const;
		for (const [error, code, words] of cases) {
			expect(exitCodeOf(error)).toBe(code);
			expect(error.message).toMatch(words);
		}
	});
});
