import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild, runChild } from "../testing/live-run.ts";
import { buildChain, type Chain, isThere, liveObstacle } from "../testing/namespaces.ts";
import type { QueueTrial, QueueTrialOrder } from "../testing/queue-trial.ts";

const obstacle =
	liveObstacle() ??
	(["iptables", "ip6tables"].every(isThere) ? null : "it needs iptables and ip6tables (Debian package iptables)");

/** Each trial in a namespace of its own, for its rule is not taken away. */
const TRIALS = 8;

describe.skipIf(obstacle !== null)(skippable("a packet queue", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	let used = 0;

	beforeAll(async () => {
		chain = buildChain("queue", TRIALS - 2);
		child = await bundleChild();
	});
	afterAll(() => {
		chain?.destroy();
		child?.remove();
	});

	async function trial(order: Partial<QueueTrialOrder>, user: "root" | "nobody" = "root"): Promise<QueueTrial> {
		const whole = { family: 4, copyRange: 1280, receiveBufferBytes: 2 ** 20, bursts: [10], verdicts: {}, ...order };
		const namespace = chain.names[used++] ?? "";
		const outcome = await runChild({ namespace, child, user, args: ["queue", JSON.stringify(whole)] });
		expect(outcome.stderr).toBe("");
		return outcome.value as QueueTrial;
	}

	it.each([4, 6] as const)("lets pass, drops and replaces packets in their order, IPv%i", async (family) => {
		const verdicts = { "3": "drop", "4": "swap", "9": "drop" } as const;
		const { queued, arrived, counts } = await trial({ family, verdicts, bursts: [10, 2] });
		const first = ["0", "1", "2", "4", "5", "6", "7", "8"].map((digit) =>
			digit === "4" ? "of4  a burst" : `${digit} of a burst`,
		);
		expect(arrived).toEqual([...first, "0 of a burst", "1 of a burst"]);
		expect([queued, counts]).toEqual([[10, 2], { overruns: 0, refusedVerdicts: 0 }]);
	});

	it("copies no more of a packet than was asked for, and tells its length all the same", async () => {
		const { lengths, arrived } = await trial({ copyRange: 32 });
		expect(lengths).toEqual([[32, 20 + 8 + "0 of a burst".length]]);
		expect(arrived).toHaveLength(10);
	});

	it("that overruns loses no packet: those that it does not see go on, and afterwards it sees all again", async () => {
		const { queued, arrived, counts } = await trial({ receiveBufferBytes: 4096, bursts: [200, 3, 3] });
		expect(arrived).toHaveLength(206);
		expect(counts.overruns).toBe(1);
		expect(queued[0]).toBeLessThan(200);
		expect(queued.slice(1)).toEqual([3, 3]);
	});

	it("says which privilege is missing", async () => {
		expect(await trial({}, "nobody")).toMatchObject({ code: "permissionDenied", errnoName: "EPERM" });
	});
});
