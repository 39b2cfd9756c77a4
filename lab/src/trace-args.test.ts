import type { Scenario } from "@whither/sim";
import { expect, test } from "vitest";
import { traceArgs } from "./trace-args.ts";

const scenario: Scenario = {
	name: "one router",
	about: "One router.",
	nodes: { client: { kind: "host" }, r1: { kind: "router" }, target: { kind: "host" } },
	links: [{ between: ["client", "r1"] }, { between: ["r1", "target"] }],
	trace: {
		from: "client",
		to: "target",
		options: { queries: 2, maxTtl: 5, timeoutNs: 1_500_000_000, length: 1400, dontFragment: true },
	},
	lab: true,
	expect: { reached: true, stopReason: "reached", hops: [] },
};

test("a scenario's options become flags, times become seconds, the target its address", () => {
	const args = traceArgs(scenario, { family: 6, method: "icmp", channel: "raw" });
	expect(args.join(" ")).toBe("trace --json -n -M icmp --channel raw -m 5 -q 2 -Q 1.5 -F fd00:16:0:1::2 1400");
});

test("a scenario's own waits are kept", () => {
	const options = { waitMaxNs: 200_000_000, waitHere: 0 };
	const args = traceArgs(
		{ ...scenario, trace: { ...scenario.trace, options } },
		{ family: 4, method: "udp", channel: "errorQueue" },
	);
	expect(args.join(" ")).toBe("trace --json -n -M udp --channel errorQueue -w 0.2,0,10 10.16.4.2");
});

test("where nothing depends on the wait it is a second", () => {
	const plain = { ...scenario, trace: { ...scenario.trace, options: { queries: 1 } } };
	const args = traceArgs(plain, { family: 4, method: "tcp", channel: "raw" });
	expect(args.join(" ")).toBe("trace --json -n -M tcp --channel raw -q 1 -w 1 10.16.4.2");
});

test("every option has its flag, and one that has none is refused", () => {
	const told = (options: Scenario["trace"]["options"]) => {
		const asked = options === undefined ? {} : { options };
		const variant = { family: 4, method: "udp", channel: "raw" } as const;
		return traceArgs({ ...scenario, trace: { from: "client", to: "target", ...asked } }, variant).join(" ");
	};
	const options = { source: "10.16.0.1", interface: "v0", gateways: ["10.0.0.1", "10.0.0.2"] };
	const flags = "-s 10.16.0.1 -i v0 -g 10.0.0.1,10.0.0.2 -r --loose-match -w 1";
	expect(told({ ...options, bypassRouting: true, looseMatch: true })).toContain(` raw ${flags} `);
	expect(told({ capture: false })).toBe(told({}));
	expect(() => told({ capture: true })).toThrow(RangeError);
});
