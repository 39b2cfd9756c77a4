import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyReader } from "./key-reader.ts";

const encoder = new TextEncoder();

function namesOf(...chunks: readonly (string | Uint8Array)[]): readonly string[] {
	const reader = new KeyReader();
	const keys = chunks.flatMap((chunk) => reader.read(typeof chunk === "string" ? encoder.encode(chunk) : chunk));
	return [...keys, ...reader.settle()].map((key) => (key.kind === "paste" ? `paste:${key.text}` : key.name));
}

describe("keys", () => {
	it.each([
		["q", ["q"]],
		["Q?", ["Q", "?"]],
		[" ", ["space"]],
		["\r\t\u007f", ["enter", "tab", "backspace"]],
		["\u0003\u0006\u000b\u001a", ["ctrl-c", "ctrl-f", "ctrl-k", "ctrl-z"]],
		["\u001b[A\u001b[B\u001bOC\u001b[D", ["up", "down", "right", "left"]],
		["\u001b[5~\u001b[6~\u001b[H\u001b[4~\u001b[Z", ["page-up", "page-down", "home", "end", "shift-tab"]],
		["\u001b[1;5A", ["up"]],
		["é日", ["é", "日"]],
		["\u001bx", ["alt-x"]],
		["\u001b", ["escape"]],
		["\u001b\u001b[A", ["escape", "up"]],
		["\u001b[200~q\rrm -rf\u001b[201~p", ["paste:q\rrm -rf", "p"]],
		["\u001b[?1;2c\u001b[99zq", ["q"]],
	])("%j", (text, names) => {
		expect(namesOf(text)).toEqual(names);
	});
	it("are the same however their bytes are cut", () => {
		const text = "q\u001b[A\u001b[6~é日\u001b[200~pasted\u001b[201~\u0003";
		const bytes = encoder.encode(text);
		const whole = namesOf(bytes);
		for (let at = 0; at <= bytes.length; at++) expect(namesOf(bytes.slice(0, at), bytes.slice(at))).toEqual(whole);
		expect(namesOf(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
	});
	it("garbage ends, and what comes behind it is heard", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				const reader = new KeyReader();
				reader.read(bytes);
				// Ends whatever was begun.
				reader.read(encoder.encode("\u001b[201~"));
				reader.settle();
				expect(reader.read(encoder.encode("q"))).toEqual([{ kind: "key", name: "q" }]);
			}),
			{ numRuns: 300 },
		);
	});
	it("a paste without an end does not grow for ever", () => {
		const reader = new KeyReader();
		reader.read(encoder.encode("\u001b[200~"));
		for (let chunk = 0; chunk < 100; chunk++) reader.read(encoder.encode("x".repeat(1000)));
		const [paste] = reader.read(encoder.encode("\u001b[201~"));
		expect(paste).toEqual({ kind: "paste", text: "x".repeat(4096) });
	});
});
