import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { type JsonSchema, misfit } from "./json-schema.ts";

const SCHEMA: JsonSchema = {
	type: "object",
	additionalProperties: false,
	required: ["name"],
	properties: {
		name: { type: "string", minLength: 1, maxLength: 4, pattern: "^[a-z]+$" },
		port: { type: "integer", minimum: 1, maximum: 10 },
		share: { type: "number", minimum: 0, maximum: 1 },
		loud: { type: "boolean" },
		kind: { type: "string", enum: ["a", "b"] },
		rounds: { anyOf: [{ type: "integer", minimum: 1, maximum: 3 }, { type: "null" }] },
		words: { type: "array", maxItems: 2, items: { type: "string", maxLength: 2 } },
		options: { type: "object", maxProperties: 2, additionalProperties: { type: "boolean" } },
	},
};

const VALUES: readonly unknown[] = [
	...[null, [], "x", 1, {}, { name: "" }, { name: "abc" }, { name: "abcde" }, { name: "A" }, { name: 1 }],
	...[{ port: 1 }, { port: 0 }, { port: 1.5 }, { port: "1" }, { port: 11 }, { port: Number.NaN }].map(named),
	...[{ share: 0.5 }, { share: 2 }, { loud: true }, { loud: 1 }, { kind: "a" }, { kind: "c" }, { kind: null }].map(
		named,
	),
	...[{ rounds: null }, { rounds: 2 }, { rounds: 4 }, { words: ["a", "b"] }, { words: ["abc"] }, { words: "a" }].map(
		named,
	),
	...[
		{ words: ["a", "b", "c"] },
		{ options: {} },
		{ options: { a: true } },
		{ options: { a: 1 } },
		{ options: [] },
	].map(named),
	...[{ options: { a: true, b: true, c: true } }, { other: 1 }, { toString: 1 }].map(named),
	...['{"name":"x","__proto__":{"loud":1}}', '{"name":"x","constructor":1}', '{"__proto__":{"name":"x"}}'].map((text) =>
		JSON.parse(text),
	),
];

function named(more: object): object {
	return { name: "x", ...more };
}

describe("a body", () => {
	it("is taken where JSON Schema would take it, and nowhere else", () => {
		const validate = new Ajv2020({ strict: false }).compile(SCHEMA);
		for (const value of VALUES) expect([value, misfit(SCHEMA, value) === null]).toEqual([value, validate(value)]);
	});

	it("is refused in words that name the place", () => {
		expect(misfit(SCHEMA, {})).toBe('the body needs "name"');
		expect(misfit(SCHEMA, named({ port: 0 }))).toBe("port is a whole number from 1 to 10");
		expect(misfit(SCHEMA, named({ kind: "c" }))).toBe("kind is one of a, b");
	});
});
