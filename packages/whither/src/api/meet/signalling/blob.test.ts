import { describe, expect, it } from "vitest";
import { base62Length, formatBase62, parseBase62 } from "./base62.ts";
import { blobSentence, type MeetBlob, makeBlob, readBlob } from "./blob.ts";
import { copyPaste } from "./copy-paste.ts";
import type { MeetMessage } from "./message.ts";

const description: MeetBlob["description"] = {
	type: "description",
	tool: "whither 0.1.0",
	ufrag: "k3Xw",
	pwd: "0123456789abcdefghijklmn",
	options: ["ice2", "trickle"],
	pacingMs: 5,
	lite: false,
};
/** A laptop with Wi-Fi of both families behind a NAT, with a relay of both. */
const TYPICAL: MeetBlob = {
	role: "controlling",
	description,
	lines: [
		"candidate:1 1 UDP 2130706431 192.168.1.23 50123 typ host",
		"candidate:2 1 UDP 2130706175 2001:db8:1234:5678:9abc:def0:1234:5678 50124 typ host",
		"candidate:3 1 UDP 1694498815 81.22.56.209 50123 typ srflx raddr 192.168.1.23 rport 50123",
		"candidate:4 1 UDP 16777215 203.0.113.7 61000 typ relay raddr 81.22.56.209 rport 50123",
		"candidate:5 1 UDP 16776959 2001:db8::7 61002 typ relay raddr 81.22.56.209 rport 50123",
	],
};
const odd = [
	"candidate:4234997325 1 udp 2043278322 192.168.0.56 44323 typ host generation 0 network-cost 10",
	"candidate:6 256 TCP 0 192.0.2.1 9 typ host tcptype active",
	"candidate:a+/9 1 UDP 4294967295 0d7f3a3e-1c7e-4c29-9c0a-b1a2c3d4e5f6.local 65535 typ host network-cost 50",
	"candidate:7 1 UDP 1 ::1 0 typ prflx raddr :: rport 9",
	"candidate:8 1 sctp 1 192.0.2.1 1 typ host",
	"candidate:9 1 UDP 1 192.0.2.1 1 typ later",
	"something else altogether",
];

describe("a blob", () => {
	it("holds all of an end, in few characters", () => {
		const blob = makeBlob(TYPICAL);
		expect(readBlob(blob)).toEqual(TYPICAL);
		expect(blob).toMatch(/^whither1:[0-9A-Za-z]+$/);
		// What JSON would be has more than twice as many.
		expect(blob.length).toBeLessThan(320);
		expect(JSON.stringify(TYPICAL).length).toBeGreaterThan(600);
	});

	it("keeps every line as it was, also what it does not know", () => {
		const more: MeetBlob = {
			role: "controlled",
			description: { ...description, pacingMs: null, lite: true },
			lines: odd,
		};
		expect(readBlob(makeBlob(more))).toEqual(more);
		expect(readBlob(makeBlob({ ...TYPICAL, lines: [] }))).toEqual({ ...TYPICAL, lines: [] });
		expect(() => makeBlob({ ...TYPICAL, lines: Array(300).fill(odd[0]?.padEnd(500, "x")) })).toThrow(RangeError);
	});

	it("is read whatever a chat program has made of it", () => {
		const blob = makeBlob(TYPICAL);
		const middle = Math.floor(blob.length / 2);
		const made = [
			`  ${blob}\r\n`,
			`"${blob}"`,
			`“${blob}”`,
			`here you are: ${blob} thanks, 73`,
			`> ${blob.slice(0, middle)}\n> ${blob.slice(middle)}\n`,
			`**${blob.slice(0, 40)}** ${blob.slice(40)}`,
			`${blob.slice(0, middle)}\u00a0\u200b=\n${blob.slice(middle)}`,
			`Whither1: ${blob.slice(9)}`,
			`[10:42] Anna: ${blob}`,
			blob.replace(/[A-Za-z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
		];
		for (const text of made) expect(readBlob(text)).toEqual(TYPICAL);
	});

	it("says whether it was cut, changed, of another time, or never one", () => {
		const blob = makeBlob(TYPICAL);
		for (let length = 0; length < blob.length; length++) {
			const cut = readBlob(blob.slice(0, length));
			expect(cut).toMatchObject({ code: "badBlob", why: length < 9 ? "notBlob" : "cut" });
		}
		expect(readBlob(blob.slice(0, -10))).toMatchObject({ need: blob.length - 9, have: blob.length - 19 });
		for (let index = 9; index < blob.length; index += 3) {
			const other = blob[index] === "x" ? "y" : "x";
			const read = readBlob(`${blob.slice(0, index)}${other}${blob.slice(index + 1)}`);
			expect(read).toMatchObject({ code: "badBlob", why: expect.stringMatching(/^(garbled|cut)$/) });
		}
		expect(readBlob(blob.toLowerCase())).toMatchObject({ code: "badBlob" });
		expect(readBlob(blob.replace("whither1", "whither2"))).toMatchObject({ why: "otherVersion", need: 1, have: 2 });
		for (const text of ["", "7-otter-velvet", "whither", "x".repeat(300_000)])
			expect(readBlob(text)).toMatchObject({ code: "badBlob", why: "notBlob" });
	});

	it("has a sentence for what is wrong with it", () => {
		const cut = readBlob(makeBlob(TYPICAL).slice(0, 100));
		if (!("code" in cut)) throw new Error("not cut");
		expect(blobSentence(cut)).toMatch(/^that line is cut: of \d+ characters behind its colon there are 91$/);
	});

	it("of sound bytes that say nonsense is none", () => {
		const wrong = [
			{ ...TYPICAL, description: { ...description, pwd: "short" } },
			{ ...TYPICAL, lines: ["two\nlines"] },
		];
		for (const blob of wrong) expect(readBlob(makeBlob(blob))).toMatchObject({ code: "badBlob", why: "garbled" });
	});
});

describe("letters and digits", () => {
	it("are bytes again, of every length, and of nothing else", () => {
		for (let length = 0; length <= 40; length++) {
			for (const fill of [0, 255, 97]) {
				const bytes = Uint8Array.from({ length }, (_, index) => (fill + index * (fill % 7)) % 256);
				const text = formatBase62(bytes);
				expect(text).toHaveLength(base62Length(length));
				expect(parseBase62(text)).toEqual(bytes);
			}
		}
		for (const text of ["0", "zz", "-0", "zzzzzzzzzzz", "0000"]) expect(parseBase62(text)).toBeNull();
	});
});

describe("signalling by hand", () => {
	it("shows a line when everything is gathered, and takes the other's", async () => {
		const ends = (["controlling", "controlled"] as const).map((role) => {
			const said: unknown[] = [];
			const shown: string[] = [];
			const listener = { met: () => said.push("met"), message: (m: MeetMessage) => said.push(m), closed: () => {} };
			return { said, shown, ...copyPaste({ role, listener, show: (blob) => shown.push(blob) }) };
		});
		for (const [index, { signalling, shown }] of ends.entries()) {
			const ufrag = `end${index}`;
			signalling.send({ ...description, ufrag });
			signalling.send({ type: "candidates", ufrag, lines: TYPICAL.lines.slice(0, 2) });
			signalling.send({ type: "candidates", ufrag: "before", lines: odd });
			signalling.send({ type: "candidates", ufrag, lines: TYPICAL.lines.slice(2) });
			expect(shown).toEqual([]);
			signalling.send({ type: "endOfCandidates", ufrag });
			signalling.send({ type: "endOfCandidates", ufrag });
			expect(shown).toHaveLength(1);
		}
		const [one, two] = ends;
		expect(one?.paste("hello")).toMatchObject({ code: "badBlob", why: "notBlob" });
		expect(one?.paste(one.shown[0] ?? "")).toMatchObject({ code: "badBlob", why: "own" });
		expect(one?.said).toEqual([]);
		expect(one?.paste(`> ${two?.shown[0]}`)).toBeNull();
		expect(one?.paste(two?.shown[0] ?? "")).toBeNull();
		expect(one?.said).toEqual([
			"met",
			{ ...description, ufrag: "end1" },
			{ type: "candidates", ufrag: "end1", lines: TYPICAL.lines },
			{ type: "endOfCandidates", ufrag: "end1" },
		]);
		await two?.signalling.close();
		expect(two?.paste(one?.shown[0] ?? "")).toBeNull();
		expect(two?.said).toEqual([]);
	});
});
