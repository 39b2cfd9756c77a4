/** JSON with comments and trailing commas, of which every value knows where it stands. */

/** A value, and the offset at which it begins. */
export type JsonNode =
	| { readonly kind: "scalar"; readonly at: number; readonly value: string | number | boolean | null }
	| { readonly kind: "array"; readonly at: number; readonly items: readonly JsonNode[] }
	| { readonly kind: "object"; readonly at: number; readonly entries: ReadonlyMap<string, JsonEntry> };

/** One member of an object. */
export interface JsonEntry {
	readonly keyAt: number;
	readonly node: JsonNode;
}

/** What is wrong with a text, and where. Thrown by readers of this folder alone, and caught by them. */
export class TextProblem extends Error {
	override readonly name = "TextProblem";
	readonly at: number;

	constructor(at: number, sentence: string) {
		super(sentence);
		this.at = at;
	}
}

/** Line and column, counted from 1. */
export interface TextPlace {
	readonly line: number;
	readonly column: number;
}

/** Where an offset lies. */
export function placeIn(text: string, at: number): TextPlace {
	const before = text.slice(0, at);
	const lineStart = before.lastIndexOf("\n") + 1;
	return { line: before.split("\n").length, column: at - lineStart + 1 };
}

/** Values within values. */
const DEEPEST = 64;

/** Reads it all; throws `TextProblem`. */
export function parseJsonc(text: string): JsonNode {
	const reader = new JsoncReader(text);
	const node = reader.value(0);
	reader.skip();
	if (reader.at < text.length) throw reader.problem("is text behind the end");
	return node;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_]\w*/y;
/** As JSON has it: no control characters, and its escapes alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a string may not hold
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
	["true", true],
	["false", false],
	["null", null],
]);

class JsoncReader {
	readonly text: string;
	at: number;

	constructor(text: string) {
		this.text = text;
		// A byte order mark is no text.
		this.at = text.startsWith("\ufeff") ? 1 : 0;
	}

	problem(sentence: string, at = this.at): TextProblem {
		const found = this.text[at] === undefined ? "the end" : JSON.stringify(this.text[at]);
		return new TextProblem(at, `${found} ${sentence}`);
	}

	/** Space and comments. */
	skip(): void {
		for (;;) {
			const space = this.#match(/\s+/y) ?? this.#match(/\/\/[^\n]*/y);
			if (space !== null) continue;
			if (!this.text.startsWith("/*", this.at)) return;
			const end = this.text.indexOf("*/", this.at + 2);
			if (end === -1) throw this.problem("begins a comment that does not end");
			this.at = end + 2;
		}
	}

	value(depth: number): JsonNode {
		this.skip();
		const at = this.at;
		if (depth > DEEPEST) throw this.problem(`is nested deeper than ${DEEPEST}`);
		const first = this.text[at];
		if (first === "{") return this.#object(depth);
		if (first === "[") return this.#array(depth);
		if (first === '"') return { kind: "scalar", at, value: this.#string() };
		const number = this.#match(NUMBER);
		if (number !== null) return { kind: "scalar", at, value: Number(number) };
		const word = this.#match(WORD);
		const value = WORDS.get(word ?? "");
		if (value === undefined)
			throw this.problem("stands where a value should: an object, a list, a text, a number, true, false or null", at);
		return { kind: "scalar", at, value };
	}

	#object(depth: number): JsonNode {
		const at = this.at++;
		const entries = new Map<string, JsonEntry>();
		for (this.skip(); !this.#take("}"); this.skip()) {
			const keyAt = this.at;
			if (this.text[keyAt] !== '"') throw this.problem('stands where a name in "" or } should');
			const key = this.#string();
			if (entries.has(key)) throw new TextProblem(keyAt, `${JSON.stringify(key)} stands here twice`);
			this.skip();
			if (!this.#take(":")) throw this.problem("stands where : should");
			entries.set(key, { keyAt, node: this.value(depth + 1) });
			this.skip();
			if (!this.#take(",") && this.text[this.at] !== "}") throw this.problem("stands where , or } should");
		}
		return { kind: "object", at, entries };
	}

	#array(depth: number): JsonNode {
		const at = this.at++;
		const items: JsonNode[] = [];
		for (this.skip(); !this.#take("]"); this.skip()) {
			items.push(this.value(depth + 1));
			this.skip();
			if (!this.#take(",") && this.text[this.at] !== "]") throw this.problem("stands where , or ] should");
		}
		return { kind: "array", at, items };
	}

	#string(): string {
		const text = this.#match(STRING);
		if (text === null)
			throw this.problem("begins a text that does not end on its line, or holds what JSON does not know");
		return JSON.parse(text) as string;
	}

	#take(character: string): boolean {
		if (this.text[this.at] !== character) return false;
		this.at++;
		return true;
	}

	#match(pattern: RegExp): string | null {
		pattern.lastIndex = this.at;
		const found = pattern.exec(this.text)?.[0] ?? null;
		if (found !== null) this.at += found.length;
		return found;
	}
}
