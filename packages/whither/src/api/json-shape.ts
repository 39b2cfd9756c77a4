/** Reads parsed JSON from strangers with suspicion: a copy of what it has to be, with nothing beside it, or where it is something else. */

/** Where a value is not what it has to be, such as `hops[3].probes[0].rttNs`. */
export class Misfit {
	readonly at: string;
	constructor(at: string) {
		this.at = at;
	}
}

/** A copy of the value as it has to be, or a `Misfit`; `at` is where it stands. */
export type Shape = (value: unknown, at: string) => unknown;

/** Longest text that is read where nothing else is said. */
const LONGEST_TEXT = 300;
/** Parts of values whose keys are not checked one by one. */
const MOST_PARTS = 400;
/** Their greatest depth. */
const DEEPEST = 6;

/** What a test lets through. */
export const is =
	(fits: (value: unknown) => boolean): Shape =>
	(value, at) =>
		fits(value) ? value : new Misfit(at);

/** A text of at most this many characters. */
export const textOf = (longest: number) => is((value) => typeof value === "string" && value.length <= longest);

export const text = textOf(LONGEST_TEXT);
export const flag = is((value) => typeof value === "boolean");

/** A whole number between these, both included. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
	is((value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most);

export const count = whole(0);
/** A finite number. */
export const number = is(Number.isFinite);
export const byte = whole(0, 255);
/** One of these values. */
export const word = (...words: readonly unknown[]) => is((value) => words.includes(value));

/** Null too. */
export const orNull =
	(shape: Shape): Shape =>
	(value, at) =>
		value === null ? null : shape(value, at);

/** An array of at most so many. */
export function list(most: number, item: Shape): Shape {
	return (value, at) => {
		if (!Array.isArray(value) || value.length > most) return new Misfit(at);
		const read: unknown[] = [];
		for (const [index, each] of value.entries()) {
			const one = item(each, `${at}[${index}]`);
			if (one instanceof Misfit) return one;
			read.push(one);
		}
		return read;
	};
}

/** An object with these keys; others are left out. */
export function fields(needed: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape {
	const shapes = [...Object.entries(needed), ...Object.entries(optional)];
	return (value, at) => {
		if (!isFields(value)) return new Misfit(at);
		const read: Record<string, unknown> = {};
		for (const [key, shape] of shapes) {
			const given = Object.hasOwn(value, key) ? value[key] : undefined;
			if (given === undefined && Object.hasOwn(optional, key)) continue;
			const field = shape(given, at === "" ? key : `${at}.${key}`);
			if (field instanceof Misfit) return field;
			read[key] = field;
		}
		return read;
	};
}

/** Whether it is an object and no array. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any JSON of at most this depth. */
export function anything(depth = DEEPEST): Shape {
	return (value, at) => {
		if (value === null || typeof value === "boolean" || Number.isFinite(value)) return value;
		if (typeof value === "string") return text(value, at);
		if (typeof value !== "object" || depth === 0) return new Misfit(at);
		if (Array.isArray(value)) return list(MOST_PARTS, anything(depth - 1))(value, at);
		const read: [string, unknown][] = [];
		for (const [key, each] of Object.entries(value as object)) {
			const one =
				key.length > LONGEST_TEXT || read.length >= MOST_PARTS ? new Misfit(at) : anything(depth - 1)(each, at);
			if (one instanceof Misfit) return one;
			read.push([key, one]);
		}
		return Object.fromEntries(read);
	};
}

/** An object with at least these. */
export function open(needed: Readonly<Record<string, Shape>>): Shape {
	const known = fields(needed);
	return (value, at) => {
		const read = known(value, at);
		return read instanceof Misfit ? read : anything()(value, at);
	};
}
