import { describe, expect, it } from "vitest";
import { CODE_WORDS } from "./code-words.ts";
import { codePassword, readChosenCode, readCode } from "./meeting-code.ts";

/** How many letters have to be changed, put in or left out. */
function distance(one: string, other: string): number {
	let row = [...Array(other.length + 1).keys()];
	for (const [index, letter] of [...one].entries()) {
		const next = [index + 1];
		for (const [at, otherLetter] of [...other].entries())
			next.push(Math.min(row[at + 1]! + 1, next[at]! + 1, row[at]! + (letter === otherLetter ? 0 : 1)));
		row = next;
	}
	return row.at(-1)!;
}

describe("the words of codes", () => {
	it("are 256, short, and told apart by their first four letters", () => {
		expect(CODE_WORDS).toHaveLength(256);
		expect(CODE_WORDS.filter((word) => !/^[a-z]{4,7}$/.test(word))).toEqual([]);
		expect(new Set(CODE_WORDS.map((word) => word.slice(0, 4))).size).toBe(256);
	});

	it("are three letters or more from each other", () => {
		const near = CODE_WORDS.flatMap((one, index) =>
			CODE_WORDS.slice(index + 1).flatMap((other) => (distance(one, other) < 3 ? [`${one} ${other}`] : [])),
		);
		expect(near).toEqual([]);
	});
});

describe("a code", () => {
	it("is a room and a password", () => {
		expect(readCode("7-otter-velvet")).toEqual({ text: "7-otter-velvet", room: "7", password: "otter-velvet" });
		expect(codePassword(Uint8Array.of(0, 255))).toBe("acorn-yogurt");
	});

	it("is the same however it is typed or pasted", () => {
		const typed = [
			" 7-OTTER-Velvet\n",
			"7 otter velvet",
			"7_otter__velvet",
			"“7–otter—velvet”.",
			"`7-otter-velvet`",
			"7-ot\u200bter-velvet",
			"７-otter-velvet",
		];
		for (const text of typed) expect(readCode(text)).toMatchObject({ text: "7-otter-velvet" });
	});

	it("stands a slip of one letter in each word", () => {
		for (const text of ["7-oter-velvet", "7-otter-velvets", "7-ottar-belvet", "7-tter-velve"])
			expect(readCode(text)).toMatchObject({ password: "otter-velvet" });
		expect(readCode("7-ottre-velvet")).toMatchObject({ password: "ottre-velvet" });
	});

	it("says what is wrong with it", () => {
		const why = (text: string) => readCode(text);
		expect(why("  ")).toMatchObject({ code: "badCode", why: "empty" });
		expect(why("otter")).toMatchObject({ why: "noPassword" });
		expect(why("7-")).toMatchObject({ why: "noPassword" });
		expect(why("../x-otter-velvet")).toMatchObject({ why: "badRoom" });
		expect(why("a/b-otter-velvet")).toMatchObject({ why: "badRoom" });
		expect(why("7-otter\u0007velvet")).toMatchObject({ why: "badCharacter" });
		expect(why(`7-${"x".repeat(200)}`)).toMatchObject({ why: "tooLong" });
	});

	it("that is chosen may be anything but what everybody tries first", () => {
		const good = ["7-otter-velvet", "mike-coffee", "lab1-x7kq2p", "home-Größenwahn", "99-alpha-bravo", "5-test-code"];
		for (const text of good) expect(readChosenCode(text)).not.toHaveProperty("why");
		const weak = [
			"7-abcd",
			"7-12345678",
			"7-fedcba",
			"7-aaaaaaaa",
			"7-ababab",
			"7-password1",
			"secret-secret",
			"7-qwerty",
		];
		for (const text of weak) expect(readChosenCode(text)).toMatchObject({ code: "badCode", why: "weak", text });
		expect(readCode("7-abcd")).toMatchObject({ password: "abcd" });
	});
});
