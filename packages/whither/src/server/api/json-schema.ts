/** The part of JSON Schema (2020-12, as OpenAPI 3.1 has it) that bodies are described in, and read by. Pure. */

/** What a value has to be. */
export type JsonSchema =
	| {
			readonly type: "object";
			readonly properties: Readonly<Record<string, JsonSchema>>;
			readonly required?: readonly string[];
			readonly additionalProperties: false;
			readonly description?: string;
	  }
	| {
			readonly type: "object";
			readonly additionalProperties: JsonSchema;
			readonly maxProperties: number;
			readonly description?: string;
	  }
	| {
			readonly type: "string";
			readonly minLength?: number;
			readonly maxLength?: number;
			readonly pattern?: string;
			readonly enum?: readonly string[];
			readonly description?: string;
	  }
	| {
			readonly type: "integer" | "number";
			readonly minimum: number;
			readonly maximum: number;
			readonly description?: string;
	  }
	| { readonly type: "boolean"; readonly description?: string }
	| { readonly type: "null" }
	| { readonly type: "array"; readonly items: JsonSchema; readonly maxItems: number; readonly description?: string }
	| { readonly anyOf: readonly JsonSchema[]; readonly description?: string };

/** Why a value is none of these, in a few words that name the place; null: it is one. Never throws, and goes no deeper than the schema. */
export function misfit(schema: JsonSchema, value: unknown, where = "the body"): string | null {
	if ("anyOf" in schema) {
		const [first = null, ...others] = schema.anyOf.map((each) => misfit(each, value, where));
		return first === null || others.includes(null) ? null : first;
	}
	switch (schema.type) {
		case "object":
			return misfitObject(schema, value, where);
		case "array":
			return misfitArray(schema, value, where);
		case "string":
			return misfitString(schema, value, where);
		case "boolean":
			return typeof value === "boolean" ? null : `${where} is true or false`;
		case "null":
			return value === null ? null : `${where} is null`;
		default:
			return misfitNumber(schema, value, where);
	}
}

function misfitObject(schema: Extract<JsonSchema, { type: "object" }>, value: unknown, where: string): string | null {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return `${where} is an object`;
	const entries = Object.entries(value);
	if (!("properties" in schema)) {
		if (entries.length > schema.maxProperties) return `${where} has at most ${schema.maxProperties} entries`;
		return firstOf(entries.map(([, each]) => misfit(schema.additionalProperties, each, `each entry of ${where}`)));
	}
	const { properties, required = [] } = schema;
	const missing = required.find((name) => !Object.hasOwn(value, name));
	if (missing !== undefined) return `${where} needs "${missing}"`;
	for (const [name, each] of entries) {
		const expected = Object.hasOwn(properties, name) ? properties[name] : undefined;
		if (expected === undefined) return `${where} knows nothing but ${Object.keys(properties).join(", ")}`;
		const wrong = misfit(expected, each, name);
		if (wrong !== null) return wrong;
	}
	return null;
}

function misfitArray(schema: Extract<JsonSchema, { type: "array" }>, value: unknown, where: string): string | null {
	if (!Array.isArray(value)) return `${where} is a list`;
	if (value.length > schema.maxItems) return `${where} has at most ${schema.maxItems} entries`;
	return firstOf(value.map((each) => misfit(schema.items, each, `each entry of ${where}`)));
}

function misfitString(schema: Extract<JsonSchema, { type: "string" }>, value: unknown, where: string): string | null {
	if (typeof value !== "string") return `${where} is a string`;
	const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
	if (schema.enum !== undefined && !schema.enum.includes(value)) return `${where} is one of ${schema.enum.join(", ")}`;
	if (value.length < minLength || value.length > maxLength)
		return `${where} has ${minLength} to ${maxLength} characters`;
	return pattern === undefined || new RegExp(pattern, "u").test(value) ? null : `${where} is not of the right form`;
}

function misfitNumber(
	{ type, minimum, maximum }: Extract<JsonSchema, { minimum: number }>,
	value: unknown,
	where: string,
): string | null {
	const fits = typeof value === "number" && value >= minimum && value <= maximum;
	if (fits && (type === "number" || Number.isInteger(value))) return null;
	return `${where} is a ${type === "number" ? "number" : "whole number"} from ${minimum} to ${maximum}`;
}

function firstOf(wrong: readonly (string | null)[]): string | null {
	return wrong.find((each) => each !== null) ?? null;
}
