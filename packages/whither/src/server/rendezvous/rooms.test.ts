import { describe, expect, it } from "vitest";
import { ClientBudget } from "../budget/client-budget.ts";
import type { RoomEvent } from "./room.ts";
import { ROOM_LIMITS, type RoomLimits, Rooms } from "./rooms.ts";

const ONE = { secret: "one", client: "192.0.2.1" };
const TWO = { secret: "two", client: "192.0.2.2" };

function rooms(limits: Partial<RoomLimits> = {}): Rooms {
	let drawn = 0;
	const random = () => {
		drawn = (drawn + 0.37) % 1;
		return drawn;
	};
	return new Rooms({ ...ROOM_LIMITS, ...limits }, random);
}

function reader() {
	const heard: (RoomEvent | "over")[] = [];
	return { heard, event: (event: RoomEvent) => heard.push(event), end: () => heard.push("over") };
}

const message = (id: number, payload: string): RoomEvent => ({ id, type: "message", payload });
const end = (id: number, why: Extract<RoomEvent, { type: "end" }>["why"]): RoomEvent => ({ id, type: "end", why });

/** A room that two have entered at 0, and readers of both. */
function metRoom(limits: Partial<RoomLimits> = {}) {
	const all = rooms(limits);
	const created = all.create({ name: "a", share: "S", ...ONE }, 0);
	if ("refused" in created) throw new Error(created.refused);
	all.join({ name: "a", ...TWO }, 0);
	const [one, two] = [reader(), reader()];
	all.read({ name: "a", secret: "one", after: 0 }, one, 0);
	all.read({ name: "a", secret: "two", after: 0 }, two, 0);
	const say = (secret: string, first: number, ...payloads: string[]) => all.say({ name: "a", secret, first, payloads });
	return { all, one, two, say };
}

describe("a room", () => {
	it("gives what one says to the other, in order and once, however often it is posted", () => {
		const { one, two, say } = metRoom();
		expect(say("one", 0, "x", "y")).toEqual({ next: 2 });
		expect(say("one", 0, "x", "y")).toEqual({ next: 2 });
		expect(say("one", 1, "y", "z")).toEqual({ next: 3 });
		expect(say("one", 4, "late")).toEqual({ refused: "gap" });
		expect(say("two", 0, "back")).toEqual({ next: 1 });
		expect(two.heard).toEqual([message(1, "x"), message(2, "y"), message(3, "z")]);
		expect(one.heard).toEqual([message(1, "back")]);
	});

	it("goes on behind the last id where a reader comes back, who takes the place of the one before", () => {
		const { all, two, say } = metRoom();
		say("one", 0, "x", "y");
		const again = reader();
		expect(all.read({ name: "a", secret: "two", after: 1 }, again, 1)).toBeNull();
		say("one", 2, "z");
		expect(again.heard).toEqual([message(2, "y"), message(3, "z")]);
		expect(two.heard).toEqual([message(1, "x"), message(2, "y"), "over"]);
		// The old one's end comes late and is nobody's any more.
		all.unread({ name: "a", secret: "two" }, two, 2);
		expect(all.deadline).toBe(ROOM_LIMITS.metMs);
		expect(all.read({ name: "a", secret: "two", after: 9 }, reader(), 2)).toEqual({ refused: "badRequest" });
	});

	it("is joined once, by a second, who may ask again", () => {
		const { all } = metRoom();
		expect(all.join({ name: "a", ...TWO }, 1)).toMatchObject({ room: { name: "a", share: "S" } });
		expect(all.join({ name: "a", ...ONE }, 1)).toEqual({ refused: "roomFull" });
		expect(all.join({ name: "a", secret: "three", client: "x" }, 1)).toEqual({ refused: "roomFull" });
		expect(all.join({ name: "b", ...TWO }, 1)).toEqual({ refused: "noSuchRoom" });
		expect(all.counts).toMatchObject({ open: 1, opened: 1, met: 1 });
	});

	it("takes nothing from strangers, and nothing before somebody has come", () => {
		const all = rooms();
		all.create({ name: "a", share: "S", ...ONE }, 0);
		expect(all.say({ name: "a", secret: "one", first: 0, payloads: ["x"] })).toEqual({ refused: "noSuchRoom" });
		expect(all.say({ name: "a", secret: "two", first: 0, payloads: ["x"] })).toEqual({ refused: "noSuchSeat" });
		expect(all.read({ name: "a", secret: "two", after: 0 }, reader(), 0)).toEqual({ refused: "noSuchSeat" });
		expect(all.leave({ name: "a", secret: "two", why: "left" }, 0)).toEqual({ refused: "noSuchSeat" });
		expect(all.leave({ name: "b", secret: "one", why: "left" }, 0)).toEqual({ refused: "noSuchRoom" });
	});

	it.each(["left", "wrongPassword"] as const)("ends for both when one goes (%s), and the code with it", (why) => {
		const { all, one, two, say } = metRoom();
		say("one", 0, "x");
		expect(all.leave({ name: "a", secret: "one", why }, 5)).toBeNull();
		expect(one.heard).toEqual(["over"]);
		expect(two.heard).toEqual([message(1, "x"), end(2, why), "over"]);
		expect(all.join({ name: "a", secret: "three", client: "x" }, 6)).toEqual({ refused: "noSuchRoom" });
		// Who was away hears the end of it, for a while.
		const late = reader();
		expect(all.read({ name: "a", secret: "two", after: 1 }, late, 6)).toBeNull();
		expect(late.heard).toEqual([end(2, why), "over"]);
		expect(all.read({ name: "a", secret: "one", after: 0 }, late, 6)).toEqual({ refused: "noSuchSeat" });
		all.tick(5 + ROOM_LIMITS.lingerMs);
		expect(all.read({ name: "a", secret: "two", after: 1 }, late, 6)).toEqual({ refused: "noSuchRoom" });
		expect(all.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	it("may be followed by another of its name while the first is still read", () => {
		const { all } = metRoom();
		all.leave({ name: "a", secret: "one", why: "left" }, 5);
		expect(all.create({ name: "a", share: "T", secret: "new", client: "y" }, 6)).toMatchObject({
			room: { share: "T" },
		});
		const late = reader();
		all.read({ name: "a", secret: "two", after: 0 }, late, 7);
		expect(late.heard).toEqual([end(1, "left"), "over"]);
	});

	it("is over when nobody comes, when it is old, and when one has gone without a word", () => {
		const waiting = rooms({ absentMs: 1e9 });
		waiting.create({ name: "a", share: "S", ...ONE }, 0);
		expect(waiting.deadline).toBe(ROOM_LIMITS.unmetMs);
		waiting.tick(ROOM_LIMITS.unmetMs);
		expect(waiting.counts).toMatchObject({ open: 0, ended: { expired: 1 } });

		const old = metRoom();
		expect(old.all.deadline).toBe(ROOM_LIMITS.metMs);
		old.all.tick(ROOM_LIMITS.metMs);
		expect(old.one.heard).toEqual([end(1, "expired"), "over"]);

		const lonely = metRoom();
		lonely.all.unread({ name: "a", secret: "one" }, lonely.one, 1_000);
		expect(lonely.all.deadline).toBe(1_000 + ROOM_LIMITS.absentMs);
		lonely.all.tick(lonely.all.deadline);
		expect(lonely.two.heard).toEqual([end(1, "lost"), "over"]);
	});

	it("ends with the server, and while that drains where nobody has come", () => {
		const { all, one, two } = metRoom();
		all.create({ name: "b", share: "S", secret: "b", client: "z" }, 0);
		all.drain(1);
		expect(all.counts).toMatchObject({ open: 1, ended: { closing: 1 } });
		expect(all.create({ name: "c", share: "S", secret: "c", client: "z" }, 1)).toEqual({ refused: "closing" });
		expect(one.heard).toEqual([]);
		all.close(2);
		expect([one.heard, two.heard]).toEqual([
			[end(1, "closing"), "over"],
			[end(1, "closing"), "over"],
		]);
	});

	it("holds so much and no more", () => {
		const { say, two } = metRoom({ messages: 3, bytes: 10 });
		expect(say("one", 0, "xxxxx", "xxxxxx")).toEqual({ refused: "tooMuch" });
		expect(say("one", 0, "xxxx", "x")).toEqual({ next: 2 });
		expect(say("one", 2, "x", "x")).toEqual({ refused: "tooMuch" });
		expect(say("one", 2, "xxxxx")).toEqual({ next: 3 });
		expect(two.heard).toHaveLength(3);
	});
});

describe("rooms", () => {
	it("are as many as there may be, of all and of one client", () => {
		const all = rooms({ rooms: 5, roomsOfClient: 2 });
		const create = (client: string, secret: string) => all.create({ name: null, share: "S", client, secret }, 0);
		const made = ["a1", "a2", "a3", "b1", "b2", "c1", "d1"].map((secret) => create(secret.slice(0, 1), secret));
		expect(made.map((room) => ("refused" in room ? room.refused : "made"))).toEqual([
			...["made", "made", "busy", "made", "made", "made", "busy"],
		]);
		// Asked again after an answer was lost.
		expect(create("a", "a1")).toEqual(made[0]);
		expect(all.counts.opened).toBe(5);
	});

	it("have numbers that are short while there are few", () => {
		const all = rooms({ rooms: 300, roomsOfClient: 300 });
		const names = Array.from({ length: 200 }, (_, index) => {
			const made = all.create({ name: null, share: "S", client: "c", secret: `s${index}` }, 0);
			return "room" in made ? Number(made.room.name) : 0;
		});
		expect(new Set(names).size).toBe(200);
		expect(Math.max(...names.slice(0, 4))).toBeLessThan(10);
		expect(Math.max(...names)).toBeLessThan(1_000);
		expect(all.create({ name: String(names[0]), share: "S", client: "c", secret: "x" }, 0)).toEqual({
			refused: "roomTaken",
		});
	});
});

describe("a client's budget", () => {
	it("is spent, says when there is more, and fills again", () => {
		const budget = new ClientBudget({ burst: 20, perSecond: 2, clients: 2 });
		expect([budget.spend("a", 10, 0), budget.spend("a", 10, 0), budget.spend("a", 1, 0)]).toEqual([0, 0, 500]);
		expect(budget.spend("b", 20, 0)).toBe(0);
		expect(budget.spend("a", 1, 500)).toBe(0);
		expect(budget.spend("a", 20, 1e6)).toBe(0);
		// The one who has been silent for longest is forgotten, and may begin anew.
		budget.spend("c", 1, 1e6);
		expect(budget.spend("b", 20, 1e6)).toBe(0);
	});
});
