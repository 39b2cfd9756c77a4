import type { TraceFailure, TraceMessage, TraceOrder } from "@whither/core";
import { expect, it, vi } from "vitest";
import { openRealWorld } from "./real-world.ts";

let failure: TraceFailure;
const startProber = vi.hoisted(() => vi.fn());
vi.mock("@whither/net", () => ({ startProber }));
startProber.mockImplementation(() => ({
	trace: (_: TraceOrder, on: (message: TraceMessage) => void) => {
		on({ type: "failed", error: failure });
		return { stop: () => {} };
	},
}));

async function failWith(error: TraceFailure): Promise<void> {
	failure = error;
	const world = await openRealWorld();
	world.start({} as TraceOrder, () => {});
}

it("only a dead worker makes the next trace start a new prober", async () => {
	await failWith({ code: "internal", where: "trace", about: "a defect" });
	await failWith({ code: "unknownMethod", method: "x" });
	await failWith({ code: "internal", where: "worker", about: "exited" });
	expect(startProber).toHaveBeenCalledTimes(1);
	await failWith({ code: "unknownMethod", method: "x" });
	expect(startProber).toHaveBeenCalledTimes(2);
});
