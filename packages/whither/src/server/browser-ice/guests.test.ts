import { describe, expect, test } from "vitest";
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import { browserName } from "../protocol/browser-name.ts";
import type { CourseEvent } from "../sessions/course.ts";
import { type GuestLimits, Guests } from "./guests.ts";

const RESULT = { schema: "whither.meet/1" } as MeetResult;

/** Visits that are ended by the test, and a clock that it moves. */
function scene(limits: Partial<GuestLimits> = {}) {
	const visits: { tell: (event: MeetEvent) => void; leave: () => void }[] = [];
	const clock = { ms: 1_000 };
	const guests = new Guests(
		async ({ offer, tell }) => {
			if (offer === "bad") throw new Error("no offer");
			let leave = (): void => {};
			const result = new Promise<MeetResult>((resolve) => {
				leave = () => resolve(RESULT);
			});
			visits.push({ tell, leave });
			tell({ kind: "met" });
			return { answer: Promise.resolve("answer"), result, candidates: () => true, close: async () => leave() };
		},
		() => clock.ms,
		limits,
	);
	return { guests, visits, clock };
}

const order = { offer: "v=0", tool: "Firefox 140" };
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("guests", () => {
	test("are sessions: what happens is told from the beginning, with its time, and their result ends them", async () => {
		const { guests, visits, clock } = scene();
		const { start } = await guests.receive("a", order);
		clock.ms = 1_002;
		const told: CourseEvent[] = [];
		const course = start((event) => told.push(event));
		visits[0]?.tell({ kind: "gathered" });
		expect(told).toEqual([
			{ kind: "meet", atNs: 0, event: { kind: "met" } },
			{ kind: "meet", atNs: 2_000_000, event: { kind: "gathered" } },
		]);
		course.stop();
		expect(await course.ended).toEqual({ outcome: "result", result: RESULT });
	});

	test("are known by name as long as they are here", async () => {
		const { guests, visits } = scene();
		const { visit } = await guests.receive("a", order);
		guests.name("one", visit);
		expect([guests.find("one"), guests.find("two")]).toEqual([visit, null]);
		visits[0]?.leave();
		await turn();
		expect(guests.find("one")).toBeNull();
	});

	test("are so many for each client and for all, and make room when they go", async () => {
		const { guests, visits } = scene({ guests: 3, guestsPerClient: 2 });
		await Promise.all([guests.receive("a", order), guests.receive("a", order)]);
		expect([guests.refusal("a"), guests.refusal("b")]).toEqual(["fullForClient", null]);
		await guests.receive("b", order);
		expect([guests.refusal("c"), guests.count]).toEqual(["full", 3]);
		visits[0]?.leave();
		await turn();
		expect([guests.refusal("a"), guests.count]).toEqual([null, 2]);
	});

	test("whose offer is none take no place", async () => {
		const { guests } = scene();
		await expect(guests.receive("a", { ...order, offer: "bad" })).rejects.toThrow("no offer");
		expect(guests.count).toBe(0);
	});
});

test("browsers have the names that people call them", () => {
	const chrome = "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36";
	const safari = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
	const names = [chrome, safari, `${chrome} Edg/130.0`, undefined, "\u001b[31mx"].map(browserName);
	expect(names).toEqual(["Chrome 130", "Safari 18", "Edge 130", "a browser", "a browser"]);
});
