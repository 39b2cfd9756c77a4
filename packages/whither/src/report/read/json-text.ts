/** Text to JSON, within bounds. */
import { isFields, Misfit, type Shape } from "../../api/json-shape.ts";
import type { ReadProblem } from "./recording.ts";

/** Deeper than anything that any format needs. */
const DEEPEST = 64;

type Fields = Readonly<Record<string, unknown>>;

/** A line and its number, counted from 1. */
export interface NumberedLine {
	readonly line: number;
	readonly text: string;
}

/** Lines that are not empty. */
export function linesOf(text: string): readonly NumberedLine[] {
	return text.split(/\r?\n/).flatMap((line, index) => (line.trim() === "" ? [] : [{ line: index + 1, text: line }]));
}

/** The value; undefined where it is no JSON, or deeper than `DEEPEST`. */
export function parseJson(text: string): unknown {
	if (depthOf(text) > DEEPEST) return undefined;
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** The object; null where it is none. */
export function parseObject(text: string): Fields | null {
	const value = parseJson(text);
	return isFields(value) ? value : null;
}

function depthOf(text: string): number {
	let [depth, deepest] = [0, 0];
	let isString = false;
	for (let at = 0; at < text.length; at++) {
		const unit = text.charCodeAt(at);
		if (isString) {
			if (unit === 0x5c) at++;
			else if (unit === 0x22) isString = false;
		} else if (unit === 0x22) isString = true;
		else if (unit === 0x7b || unit === 0x5b) deepest = Math.max(deepest, ++depth);
		else if (unit === 0x7d || unit === 0x5d) depth--;
	}
	return deepest;
}

/** The value in this shape, or which part of it is not as `what` has it. */
export function readAs<Value>(shape: Shape, value: unknown, what: string, line: number | null): Value | ReadProblem {
	const read = shape(value, "");
	if (!(read instanceof Misfit)) return read as Value;
	const given = partAt(value, read.at);
	return { line, reason: `${read.at === "" ? "this" : read.at} is not as ${what} has it${given}` };
}

/** ` (it is ...)`, short. */
function partAt(value: unknown, path: string): string {
	let part = value;
	for (const key of path.match(/[^.[\]]+/g) ?? []) {
		if (typeof part !== "object" || part === null || !Object.hasOwn(part, key)) return " (it is missing)";
		part = (part as Fields)[key];
	}
	if (typeof part === "object" && part !== null) return "";
	const text = JSON.stringify(part) ?? "";
	return ` (it is ${text.length > 60 ? `${text.slice(0, 60)}...` : text})`;
}
