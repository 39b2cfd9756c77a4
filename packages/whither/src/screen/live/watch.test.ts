import type { RoundsEvent } from "@whither/core";
import { DEMO } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { startLive } from "../../api/live/live.ts";
import { simulated } from "../../api/simulated.ts";
import { FactLookups } from "./fact-lookups.ts";
import { type Feed, type FeedOrder, Watch } from "./watch.ts";

/** A trace of the demonstration, so many rounds long, as fast as it can be. */
function demoFeed(rounds: number, asked: FeedOrder[] = []) {
	const world = simulated(DEMO);
	return (order: FeedOrder): Feed => {
		asked.push(order);
		const method = order.method === null ? {} : { method: order.method };
		const options = { rounds, intervalMs: order.intervalMs, ...method };
		return startLive("server.frankfurt", options, { args: [], openWorld: async () => world });
	};
}

function watchOf(start: (order: FeedOrder) => Feed): Watch {
	return new Watch({ name: "server.frankfurt", dscp: 0, intervalMs: 1000, method: null, start }, () => {});
}

describe("a target under watch", () => {
	it("has its figures, and its end", async () => {
		const watch = watchOf(demoFeed(5));
		expect(watch.target).toMatchObject({ state: "starting", address: null });
		watch.run();
		await watch.done;
		expect(watch.target).toMatchObject({ state: "ended", method: "udp", port: 33_434, summary: { rounds: 5 } });
		expect(watch.target.summary.hops).toHaveLength(12);
	});
	it("goes on after a pause: rounds and figures add up", async () => {
		const watch = watchOf(demoFeed(5));
		watch.run();
		await watch.done;
		watch.run();
		await watch.done;
		const { summary } = watch.target;
		expect(summary.rounds).toBe(10);
		expect(summary.hops[0]).toMatchObject({ sent: 10, received: 10 });
	});
	it("begins anew with another method, and goes on with another interval", async () => {
		const asked: FeedOrder[] = [];
		const watch = watchOf(demoFeed(3, asked));
		watch.run();
		watch.change({ method: "icmp" });
		await watch.done;
		expect(watch.target).toMatchObject({ method: "icmp", summary: { rounds: 3 } });
		watch.run();
		watch.change({ intervalMs: 500 });
		await watch.done;
		expect(asked.at(-1)).toEqual({ intervalMs: 500, method: "icmp" });
	});
	it("says why it failed, and may be begun again", async () => {
		const world = simulated(DEMO);
		const start = () => startLive("nowhere", {}, { args: [], openWorld: async () => world });
		const watch = watchOf(start);
		watch.run();
		await watch.done;
		expect(watch.target).toMatchObject({ state: "failed", note: expect.stringContaining("nowhere is no node") });
	});
	it("a stopped trace's end is no end of the watch", async () => {
		let wake = (): void => {};
		const feed: Feed = {
			stop: () => wake(),
			async *[Symbol.asyncIterator](): AsyncGenerator<RoundsEvent> {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
				yield { type: "end", atNs: 1, stopReason: "interrupted", reached: false };
			},
		};
		const watch = watchOf(() => feed);
		watch.run();
		watch.pause();
		await watch.done;
		expect(watch.target.state).toBe("paused");
	});
});

describe("facts of addresses", () => {
	const settled = () => new Promise((resolve) => setImmediate(resolve));
	it("are asked for once, and again when names are forgotten", async () => {
		const asked: string[] = [];
		const facts = new FactLookups(() => {});
		facts.add("names", async (address) => {
			asked.push(address);
			return { name: `${address}.example` };
		});
		facts.add("places", async () => {
			throw new Error("nobody there");
		});
		facts.want(["10.0.0.1", "10.0.0.2"]);
		facts.want(["10.0.0.1"]);
		await settled();
		expect(asked).toEqual(["10.0.0.1", "10.0.0.2"]);
		expect(facts.book.get("10.0.0.1")).toEqual({ name: "10.0.0.1.example" });
		facts.forgetNames("names");
		expect(facts.book.get("10.0.0.1")).toEqual({});
		facts.want(["10.0.0.1"]);
		await settled();
		expect(asked).toHaveLength(3);
	});
	it("are asked sixteen at a time", async () => {
		let underWay = 0;
		let most = 0;
		const facts = new FactLookups(() => {});
		facts.add("names", async () => {
			most = Math.max(most, ++underWay);
			await settled();
			underWay--;
			return {};
		});
		facts.want(Array.from({ length: 64 }, (_, index) => `10.0.0.${index}`));
		for (let turn = 0; turn < 12; turn++) await settled();
		expect([most, underWay]).toEqual([16, 0]);
	});
});
