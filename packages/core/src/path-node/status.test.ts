import { NO_NETWORK_STATUS } from "@whither/wire";
import { describe, expect, it } from "vitest";
import type { DirectionState } from "./link-meter.ts";
import { routerStatus, withNode } from "./status.ts";

const free = (freeKbps: number | null, congested = false): DirectionState => ({ usedKbps: 0, freeKbps, congested });

describe("the status of a node", () => {
	it("is as wide as the narrower of the links, each way", () => {
		const [lan, wan] = [
			{ receive: free(50_000), send: free(40_000) },
			{ receive: free(9_000), send: free(2_000) },
		];
		expect(routerStatus(lan, wan)).toEqual({ congested: false, upKbps: 2_000, downKbps: 9_000 });
		expect(routerStatus(wan, lan)).toEqual({ congested: false, upKbps: 9_000, downKbps: 2_000 });
		expect(routerStatus(lan, null)).toEqual({ congested: false, upKbps: 50_000, downKbps: 40_000 });
	});

	it("says 0 for an unknown bandwidth, 1 for a full link and no more than the field holds", () => {
		const [unknown, full, wide] = [free(null), free(0), free(10_000_000)];
		expect(routerStatus({ receive: unknown, send: full }, null)).toMatchObject({ upKbps: 0, downKbps: 1 });
		expect(routerStatus({ receive: wide, send: unknown }, { receive: full, send: unknown })).toMatchObject({
			upKbps: 65_535,
			downKbps: 1,
		});
	});

	it("is congested where the way of the packets is, not the way back", () => {
		const [calm, busy] = [free(1), free(1, true)];
		const congested = (input: { receive: DirectionState; send: DirectionState }, output: typeof input | null) =>
			routerStatus(input, output).congested;
		expect(congested({ receive: busy, send: calm }, null)).toBe(true);
		expect(congested({ receive: calm, send: busy }, { receive: busy, send: calm })).toBe(false);
		expect(congested({ receive: calm, send: calm }, { receive: calm, send: busy })).toBe(true);
	});

	it("is added to what others said: more nodes, less bandwidth, congestion for good", () => {
		const node = { congested: false, upKbps: 700, downKbps: 0 };
		expect(withNode(NO_NETWORK_STATUS, node)).toEqual({ congested: false, nodeCount: 1, upKbps: 700, downKbps: 0 });
		const before = { congested: true, nodeCount: 255, upKbps: 500, downKbps: 400 };
		expect(withNode(before, node)).toEqual({ congested: true, nodeCount: 255, upKbps: 500, downKbps: 400 });
	});
});
