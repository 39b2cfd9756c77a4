import { describe, expect, it } from "vitest";
import { type JsonNode, parseJsonc, placeIn, TextProblem } from "./jsonc.ts";

/** The plain value. */
function plain(node: JsonNode): unknown {
	if (node.kind === "scalar") return node.value;
	if (node.kind === "array") return node.items.map(plain);
	return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plain(entry.node)]));
}

function problemOf(text: string): string {
	try {
		return JSON.stringify(plain(parseJsonc(text)));
	} catch (thrown) {
		if (!(thrown instanceof TextProblem)) throw thrown;
		const { line, column } = placeIn(text, thrown.at);
		return `${line}:${column}: ${thrown.message}`;
	}
}

describe("JSON with comments", () => {
	const DOCUMENT = {
		a: [1, -2.5e3, 0, 'x\u00e9\n"\\/', true, false, null, {}, []],
		"": { b: { c: "//no /* comment */" } },
	};
	it.each([undefined, 2, "\t"])("plain JSON reads as JSON.parse has it (indent %j)", (indent) => {
		const text = JSON.stringify(DOCUMENT, null, indent);
		expect(plain(parseJsonc(text))).toEqual(JSON.parse(text));
	});

	it("comments and trailing commas are passed over", () => {
		const text = '\ufeff// first\r\n{ /* a\n * b */ "a": [1, 2,], // end\n "b": {"c": 3,}, } /* last */';
		expect(plain(parseJsonc(text))).toEqual({ a: [1, 2], b: { c: 3 } });
	});

	it("a name is a name, whatever an object thinks of it", () => {
		const node = parseJsonc('{"__proto__": 1, "constructor": 2}');
		expect(node.kind === "object" && [...node.entries.keys()]).toEqual(["__proto__", "constructor"]);
	});

	it.each([
		["", "1:1: the end stands where a value should"],
		["{", '1:2: the end stands where a name in "" or } should'],
		["[1 2]", '1:4: "2" stands where , or ] should'],
		['{"a" 1}', '1:6: "1" stands where : should'],
		["[1]\n  x", '2:3: "x" is text behind the end'],
		['{"a": 1,\n "a": 2}', '2:2: "a" stands here twice'],
		['["a\nb"]', '1:2: "\\"" begins a text that does not end'],
		["[1, /* x ]", '1:5: "/" begins a comment that does not end'],
		["[01]", '1:3: "1" stands where , or ] should'],
		["[,]", '1:2: "," stands where a value should'],
		["[undefined]", '1:2: "u" stands where a value should'],
		["'a'", '1:1: "\'" stands where a value should'],
		["[".repeat(100), '1:66: "[" is nested deeper than 64'],
	])("%j: %s", (text, problem) => expect(problemOf(text)).toContain(problem));

	it("every beginning of a text is read or refused", () => {
		const text = JSON.stringify(DOCUMENT, null, 1);
		for (let length = 0; length < text.length; length++) expect(problemOf(text.slice(0, length))).toMatch(/^\d+:\d+: /);
	});
});
