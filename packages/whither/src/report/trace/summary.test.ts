import { describe, expect, it } from "vitest";
import { hop, sampleResult } from "./sample-trace.fixture.ts";
import { formatSummary } from "./summary.ts";

const reached = sampleResult([hop(1, "10.0.0.1"), hop(2, "203.0.113.7")]);
const withMtu = { ...reached, pathMtu: 1400, hops: [hop(1, "10.0.0.1"), { ...hop(2, "203.0.113.7"), mtu: 1400 }] };

describe("the lines after the hops", () => {
	it("are three, and a fourth where the path MTU was looked for", () => {
		expect(formatSummary(reached, { pathMtu: false })).toBe(
			"   Timedout: false\n   Duration: 61.235 ms\n   DestinationReached: true\n",
		);
		expect(formatSummary(withMtu, { pathMtu: true })).toBe(
			"   Timedout: false\n   Duration: 61.235 ms\n   DestinationReached: true\n   Path MTU: 1400\n",
		);
	});

	it("say that the time was up and the target not reached", () => {
		const cut = sampleResult([hop(1, "10.0.0.1")], { stopReason: "timeout" });
		expect(formatSummary(cut, { pathMtu: false })).toContain("Timedout: true\n");
		expect(formatSummary(cut, { pathMtu: false })).toContain("DestinationReached: false\n");
	});

	it("call a path MTU overestimated when the target answered no packet of that length", () => {
		const mtu = (result: typeof withMtu | typeof reached) => formatSummary(result, { pathMtu: true }).split("\n")[3];
		expect(mtu({ ...withMtu, hops: [hop(1, "10.0.0.1"), { ...hop(2, "203.0.113.7"), mtu: 60 }] })).toBe(
			"   Path MTU: 1400 (Potentially overestimated)",
		);
		expect(mtu({ ...withMtu, reached: false })).toBe("   Path MTU: 1400 (Potentially overestimated)");
		expect(mtu({ ...reached, hops: [{ ...hop(1, "10.0.0.1"), mtu: 1500 }, hop(2, null)], reached: false })).toBe(
			"   Path MTU: 1500 (Potentially overestimated)",
		);
		expect(mtu(sampleResult([hop(1, null)]))).toBe("   Path MTU: unknown");
	});
});
