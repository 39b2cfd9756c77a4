/** The options of a trace method as the command line writes them: `-O name,name=value`. */
import type { TraceMethod } from "./method.ts";

/** What is wrong with options that were asked for; the words are made at the edge. */
export type MethodOptionProblem =
	| { readonly code: "unknownOption"; readonly name: string }
	| { readonly code: "needsValue"; readonly name: string }
	| { readonly code: "takesNoValue"; readonly name: string }
	| { readonly code: "badValue"; readonly name: string; readonly value: string; readonly why: string }
	| { readonly code: "conflict"; readonly name: string; readonly other: string };

/** Splits `name,name=value`; a value may hold no comma. Of a name that stands there twice the last value counts. */
export function parseMethodOptions(text: string): Readonly<Record<string, string | true>> {
	const entries = text.split(",").filter((item) => item !== "");
	return Object.fromEntries(
		entries.map((item): [string, string | true] => {
			const at = item.indexOf("=");
			return at < 0 ? [item, true] : [item.slice(0, at), item.slice(at + 1)];
		}),
	);
}

/** The first thing that is wrong with these options for this method, or null. */
export function checkMethodOptions(
	method: TraceMethod,
	options: Readonly<Record<string, string | true>>,
): MethodOptionProblem | null {
	for (const [name, value] of Object.entries(options)) {
		const row = method.options?.find((option) => option.name === name);
		if (row === undefined) return { code: "unknownOption", name };
		if (row.value === null && value !== true) return { code: "takesNoValue", name };
		if (row.value !== null && value === true) return { code: "needsValue", name };
		const why = typeof value === "string" ? (row.check?.(value) ?? null) : null;
		if (why !== null) return { code: "badValue", name, value: String(value), why };
		const other = row.excludes?.find((excluded) => options[excluded] !== undefined);
		if (other !== undefined) return { code: "conflict", name, other };
	}
	return null;
}
