/** Readers of the values of a file: each returns the value or says what is allowed there (`TextProblem`). */
import { type JsonNode, TextProblem } from "./jsonc.ts";

/** Reads one value. */
export type NodeReader<T> = (node: JsonNode) => T;

/** What stands at a value, in a word or two. */
function shown(node: JsonNode): string {
	if (node.kind !== "scalar") return node.kind === "array" ? "a list" : "an object";
	const text = JSON.stringify(node.value);
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Throws the problem of a value that is none. */
export function refuseNode(node: JsonNode, wants: string): never {
	throw new TextProblem(node.at, `wants ${wants}, not ${shown(node)}`);
}

export const bool: NodeReader<boolean> = (node) =>
	node.kind === "scalar" && typeof node.value === "boolean" ? node.value : refuseNode(node, "true or false");

/** Some text of at most so many characters; `fits` says more. */
export function textOf(wants: string, fits: (text: string) => boolean = () => true, most = 1000): NodeReader<string> {
	return (node) => {
		const isText = node.kind === "scalar" && typeof node.value === "string";
		if (!isText || node.value === "" || node.value.length > most || !fits(node.value)) return refuseNode(node, wants);
		return node.value;
	};
}

/** A number, both ends allowed. */
export function numberFrom(least: number, most: number, kind: "whole" | "any" = "whole"): NodeReader<number> {
	return (node) => {
		const value = node.kind === "scalar" && typeof node.value === "number" ? node.value : Number.NaN;
		const fits = value >= least && value <= most && (kind === "any" || Number.isInteger(value));
		return fits ? value : refuseNode(node, `a ${kind === "whole" ? "whole " : ""}number from ${least} to ${most}`);
	};
}

/** One of a few words or numbers. */
export function oneOf<const Word extends string | number>(words: readonly Word[]): NodeReader<Word> {
	const list = words.map((word) => JSON.stringify(word));
	return (node) => {
		const word = words.find((each) => node.kind === "scalar" && node.value === each);
		return word ?? refuseNode(node, `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`);
	};
}

/** One value, or a list of at least one. */
export function oneOrMore<T>(read: NodeReader<T>): NodeReader<readonly T[]> {
	return (node) => {
		if (node.kind !== "array") return [read(node)];
		if (node.items.length === 0) throw new TextProblem(node.at, "wants at least one in the list");
		return node.items.map(read);
	};
}

type Shape = Readonly<Record<string, NodeReader<unknown>>>;

/** What an object of a shape reads as; all of it may be left out. */
export type ReadShape<S extends Shape> = { readonly [Key in keyof S]?: ReturnType<S[Key]> };

/** An object of these members; any other is refused with the list of them. */
export function objectOf<S extends Shape>(shape: S): NodeReader<ReadShape<S>> {
	return (node) => {
		if (node.kind !== "object") return refuseNode(node, "an object in {}");
		const values: Record<string, unknown> = {};
		for (const [key, entry] of node.entries) {
			const read = Object.hasOwn(shape, key) ? shape[key] : undefined;
			if (read === undefined) throw new TextProblem(entry.keyAt, unknownKey(key, Object.keys(shape)));
			values[key] = inMember(key, () => read(entry.node));
		}
		return values as ReadShape<S>;
	};
}

/** Problems name the member that they are in. */
function inMember<T>(key: string, read: () => T): T {
	try {
		return read();
	} catch (thrown) {
		if (!(thrown instanceof TextProblem) || !thrown.message.startsWith("wants ")) throw thrown;
		throw new TextProblem(thrown.at, `${key} ${thrown.message}`);
	}
}

function unknownKey(key: string, known: readonly string[]): string {
	const near = known.find((one) => one.toLowerCase() === key.toLowerCase());
	const hint =
		near === undefined
			? `there are ${known.filter((one) => !one.startsWith("$")).join(", ")}`
			: `did you mean ${near}?`;
	return `there is no ${JSON.stringify(key.slice(0, 60))} here; ${hint}`;
}
