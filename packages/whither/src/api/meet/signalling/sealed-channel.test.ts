import { describe, expect, it } from "vitest";
import { formatBase64Url, parseBase64Url } from "./base64url.ts";
import type { MeetMessage } from "./message.ts";
import { nodeAead } from "./node-aead.ts";
import { SealedChannel } from "./sealed-channel.ts";

const ROOM = "7";
const bye = (why: string): MeetMessage => ({ type: "bye", why });
const channel = (role: "controlling" | "controlled", password: string, fill: number) =>
	new SealedChannel({ role, password, random: new Uint8Array(48).fill(fill), aead: nodeAead });

/** Two ends and the joiner's first payload. */
function ends({ other = "otter-velvet", room = ROOM } = {}) {
	const one = channel("controlling", "otter-velvet", 1);
	const two = channel("controlled", other, 2);
	const first = two.answer(room, one.share);
	if (first === null) throw new Error("no share");
	return { one, two, first };
}

/** Two ends that have met, what the first said of it included. */
function met() {
	const { one, two, first } = ends();
	const opened = one.open(ROOM, first);
	if (opened.type !== "confirmed" || opened.reply === null) throw new Error("not confirmed");
	return { one, two, first, reply: opened.reply };
}

const changed = (payload: string, at: number) => {
	const bytes = parseBase64Url(payload) ?? new Uint8Array(0);
	return formatBase64Url(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)));
};

describe("a sealed channel", () => {
	it("carries messages both ways between two who know the code, the joiner's first ones without waiting", () => {
		const { one, two, first } = ends();
		const early = two.seal(bye("early"));
		expect(one.ready).toBe(false);
		const opened = one.open(ROOM, first);
		expect(opened).toMatchObject({ type: "confirmed", reply: expect.any(String) });
		expect(one.open(ROOM, early)).toEqual({ type: "message", message: bye("early") });
		const back = one.seal(bye("back"));
		expect(two.open(ROOM, opened.type === "confirmed" ? (opened.reply ?? "") : "")).toEqual({
			type: "confirmed",
			reply: null,
		});
		expect(two.open(ROOM, back)).toEqual({ type: "message", message: bye("back") });
	});

	it("tells whoever guesses wrong nothing, and is told so", () => {
		const { one, first } = ends({ other: "otter-velour" });
		expect(one.open(ROOM, first)).toEqual({ type: "failed", why: "wrongPassword" });
		expect(one.ready).toBe(false);
		expect(() => one.seal(bye("secret"))).toThrow();
		// Of two who play both ends with a guess, the joiner finds the other out as well.
		const { two } = ends({ other: "otter-velour" });
		const { reply } = met();
		expect(two.open(ROOM, reply)).toEqual({ type: "failed", why: "wrongPassword" });
	});

	it("is bound to its room", () => {
		const { one, first } = ends({ room: "8" });
		expect(one.open(ROOM, first)).toEqual({ type: "failed", why: "wrongPassword" });
	});

	it("refuses what is repeated, left out, exchanged, changed or sent back", () => {
		const faults: readonly ((said: { a: string; b: string; own: string }) => readonly string[])[] = [
			({ a }) => [a, a],
			({ b }) => [b],
			({ a, own }) => [a, own],
			({ a }) => [changed(a, 0)],
			({ a }) => [changed(a, (parseBase64Url(a)?.length ?? 0) - 1)],
			({ a }) => [a.slice(0, 8)],
			() => [""],
			() => ["%%%"],
		];
		for (const fault of faults) {
			const { one, two } = met();
			const said = { a: two.seal(bye("a")), b: two.seal(bye("b")), own: one.seal(bye("own")) };
			expect(
				fault(said)
					.map((payload) => one.open(ROOM, payload))
					.at(-1),
			).toEqual({ type: "failed", why: "tampered" });
		}
	});

	it("refuses a start that is none", () => {
		const { first } = ends();
		for (const payload of ["", "AAAA", changed(first, 0), first.slice(0, 60), `${first}AAAA`]) {
			const one = channel("controlling", "otter-velvet", 1);
			expect(one.open(ROOM, payload)).toMatchObject({ type: "failed" });
			expect(one.ready).toBe(false);
		}
		expect(channel("controlled", "otter-velvet", 2).answer(ROOM, "AAAA")).toBeNull();
	});

	it("passes over what it does not know, and says no length but in steps", () => {
		const { one, two } = met();
		expect(one.open(ROOM, two.seal({ type: "later" } as unknown as MeetMessage))).toEqual({ type: "unknown" });
		const lengths = ["", "x", "x".repeat(90)].map((why) => two.seal(bye(why)).length);
		expect(new Set(lengths).size).toBe(1);
		expect(two.seal(bye("x".repeat(120))).length).toBeGreaterThan(lengths[0] ?? 0);
	});
});

it("base 64 of URLs reads what it writes and nothing else", () => {
	for (let length = 0; length < 9; length++) {
		const bytes = Uint8Array.from({ length }, (_, index) => 255 - index * 31);
		const text = formatBase64Url(bytes);
		expect(text).toBe(Buffer.from(bytes).toString("base64url"));
		expect(parseBase64Url(text)).toEqual(bytes);
	}
	for (const text of ["A", "AB==", "A+", "AB", "é"]) expect(parseBase64Url(text)).toBeNull();
});
