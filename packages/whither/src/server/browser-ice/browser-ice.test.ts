import { describe, expect, test } from "vitest";
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import type { Visit } from "../../api/meet/visit/visit.ts";
import { browserName } from "../protocol/browser-name.ts";
import { type BrowserIceOrder, openBrowserIce } from "./browser-ice.ts";

const ASKER = { address: "198.51.100.7", userAgent: "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0" };
const OFFER = { sdp: "v=0" };

/** A desk whose visits are ended by the test. */
function scene(more: Partial<BrowserIceOrder> = {}) {
	const visits: { tool: string; tell: (event: MeetEvent) => void; leave: () => void; closed: boolean }[] = [];
	const written: unknown[] = [];
	const desk = openBrowserIce({
		openVisit: async ({ offer, tool, tell }) => {
			if (offer === "bad") throw Object.assign(new Error("That is no offer"), { code: "badOption" });
			let leave = (): void => {};
			const result = new Promise<MeetResult>((resolve) => {
				leave = () => resolve({ schema: "whither.meet/1" } as MeetResult);
			});
			const held = { tool, tell, leave, closed: false };
			visits.push(held);
			tell({ kind: "met" });
			return {
				...{ answer: Promise.resolve("v=0 answer"), result, candidates: (lines) => lines.length < 3 },
				close: async () => {
					held.closed = true;
					leave();
					await result;
				},
			} satisfies Visit;
		},
		begin: async ({ request }) => {
			written.push(request);
			return {
				id: `id${written.length}`,
				tell: (event) => written.push(event),
				end: (end) => written.push(end),
			};
		},
		clientOf: (address) => address,
		...more,
	});
	return { desk, visits, written };
}

describe("the desk for browsers", () => {
	test("answers an offer once its session is begun, and writes what happens, the early as well", async () => {
		const { desk, visits, written } = scene();
		const answered = await desk.offer(OFFER, ASKER);
		expect(answered).toEqual({ status: 201, json: { id: "id1", kind: "meet", sdp: "v=0 answer" } });
		visits[0]?.tell({ kind: "gathered" });
		visits[0]?.leave();
		await new Promise((resolve) => setImmediate(resolve));
		expect(written).toEqual([
			{ ice: "browser", tool: "Firefox 140" },
			{ kind: "met" },
			{ kind: "gathered" },
			{ result: { schema: "whither.meet/1" } },
		]);
		expect(desk.count).toBe(0);
	});

	test("takes candidates of those who are there, and not too many", async () => {
		const { desk } = scene();
		await desk.offer(OFFER, ASKER);
		const status = (id: string, body: unknown) => desk.candidates(id, body).status;
		expect(status("id1", { candidates: ["candidate:1"] })).toBe(204);
		expect(status("id1", { candidates: ["a", "b", "c"] })).toBe(413);
		expect(status("id2", { candidates: [] })).toBe(404);
		for (const body of [null, {}, { candidates: "a" }, { candidates: ["a\nb"] }, { candidates: [1] }])
			expect(status("id1", body)).toBe(400);
		await desk.close();
	});

	test("refuses what is no offer", async () => {
		const { desk, written } = scene();
		for (const body of [null, 1, {}, { sdp: 1 }, { sdp: "" }, { sdp: "x".repeat(40_000) }, { sdp: "bad" }])
			expect((await desk.offer(body, ASKER)).status).toBe(400);
		expect(written).toEqual([]);
	});

	test("has room for so many of one client, those on their way counted", async () => {
		const { desk, visits } = scene({ mostPerClient: 2 });
		const answers = await Promise.all([1, 2, 3].map(() => desk.offer(OFFER, ASKER)));
		expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
		expect((await desk.offer(OFFER, { ...ASKER, address: "198.51.100.8" })).status).toBe(201);
		visits[0]?.leave();
		await new Promise((resolve) => setImmediate(resolve));
		expect((await desk.offer(OFFER, ASKER)).status).toBe(201);
	});

	test("sends a visitor away whose session may not begin", async () => {
		const error = { code: "overBudget", message: "later" } as const;
		const { desk, visits } = scene({ begin: async () => ({ error }) });
		expect(await desk.offer(OFFER, ASKER)).toEqual({ status: 429, json: { error } });
		expect(visits[0]?.closed).toBe(true);
	});

	test("ends all when it ends, and takes nobody then", async () => {
		const { desk, visits } = scene();
		await desk.offer(OFFER, ASKER);
		await desk.close();
		expect([visits[0]?.closed, desk.count]).toEqual([true, 0]);
		expect((await desk.offer(OFFER, ASKER)).status).toBe(503);
	});
});

test("browsers have the names that people call them", () => {
	const chrome = "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36";
	const safari = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
	expect([chrome, safari, `${chrome} Edg/130.0`, undefined, "\u001b[31mx"].map(browserName)).toEqual([
		...["Chrome 130", "Safari 18", "Edge 130", "a browser", "a browser"],
	]);
});
