/** JSON of strangers, and how to read it without believing anything of it. Pure. */
import { LONGEST_TEXT, MOST_DEPTH, MOST_ITEMS } from "./limits.ts";

/** An object of which nothing is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value; undefined: it is no JSON, or nested deeper than anything sensible. */
export function parseBoundedJson(text: string): unknown {
	if (isTooDeep(text)) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isTooDeep(text: string): boolean {
	let depth = 0;
	let inString = false;
	for (let index = 0; index < text.length; index++) {
		const character = text[index];
		if (inString) {
			if (character === "\\") index++;
			else if (character === '"') inString = false;
		} else if (character === '"') inString = true;
		else if (character === "{" || character === "[") {
			if (++depth > MOST_DEPTH) return true;
		} else if (character === "}" || character === "]") depth--;
	}
	return false;
}

/** The object, or an empty one. */
export function objectOf(value: unknown): JsonObject {
	return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The list, or an empty one; its first members where there are too many. */
export function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value.slice(0, MOST_ITEMS) : [];
}

/** Text that says something, cut where it is too long; else null. */
export function textOf(value: unknown): string | null {
	return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, LONGEST_TEXT) : null;
}

/** All texts of a list; a text alone is a list of one. */
export function textsOf(value: unknown): readonly string[] {
	return (typeof value === "string" ? [value] : listOf(value)).flatMap((each) => textOf(each) ?? []);
}
