/** A method's own options (`-O`, `methodOptions`): checked against the method's table, with words for what is wrong. */
import { checkMethodOptions, type MethodOption, type MethodOptionProblem, type TraceMethod } from "@whither/core";
import { asciiName } from "./domain-name.ts";
import { WhitherError } from "./error.ts";

/** Options of a method by name; true for those that take no value. */
export type MethodOptions = Readonly<Record<string, string | true>>;

/**
 * The methods that take these options, in the same order. The first is the one they are meant for: if it does not take
 * them, throws `WhitherError` with code `badOption`. Others would measure something else than was asked for and are left out.
 */
export function methodsTaking(methods: readonly TraceMethod[], options: MethodOptions): readonly TraceMethod[] {
	const [first] = methods;
	if (first === undefined) return [];
	refuseOtherTypes(options);
	const problem = checkMethodOptions(first, options);
	if (problem !== null) {
		const data = { option: "methodOptions", value: options, method: first.name, problem };
		throw new WhitherError("badOption", methodOptionSentence(first, problem), data);
	}
	return methods.filter((method) => checkMethodOptions(method, options) === null);
}

/** One sentence for a problem; where the option is unknown it lists those there are. */
export function methodOptionSentence(method: TraceMethod, problem: MethodOptionProblem): string {
	const { name } = problem;
	switch (problem.code) {
		case "unknownOption":
			return unknownSentence(method, name);
		case "needsValue":
			return `Option ${name} of method ${method.name} wants a value: -O ${name}=${placeholderOf(method, name)}`;
		case "takesNoValue":
			return `Option ${name} of method ${method.name} takes no value: -O ${name}`;
		case "badValue":
			return `Option ${name} of method ${method.name} cannot be "${problem.value}": ${problem.why}`;
		case "conflict":
			return `Options ${name} and ${problem.other} of method ${method.name} contradict each other: -O takes one of the two`;
	}
}

/** `info`, or `domain=NAME` where it takes a value. */
export function methodOptionLabel({ name, value }: MethodOption): string {
	return value === null ? name : `${name}=${value}`;
}

function unknownSentence({ name: method, options = [] }: TraceMethod, name: string): string {
	if (options.length === 0) return `Method ${method} has no options of its own, so no "${name}" either`;
	return `Method ${method} has no option "${name}"; it has ${options.map(methodOptionLabel).join(", ")}`;
}

function placeholderOf(method: TraceMethod, name: string): string {
	return method.options?.find((option) => option.name === name)?.value ?? "";
}

/**
 * A method's options with international domain names in ASCII; throws `WhitherError` with code `badOption` for one that
 * is none.
 */
export function asciiMethodOptions({ options: rows = [] }: TraceMethod, options: MethodOptions): MethodOptions {
	const isName = (name: string) => rows.some((row) => row.name === name && row.isDomainName === true);
	const entries = Object.entries(options).map(([name, value]): [string, string | true] => {
		if (typeof value !== "string" || !isName(name)) return [name, value];
		const ascii = asciiName(value);
		if (ascii !== null) return [name, ascii];
		const data = { option: "methodOptions", value: options };
		throw new WhitherError("badOption", `Option ${name} cannot be "${value}": not a domain name`, data);
	});
	return Object.fromEntries(entries);
}

/** The types say so already, but not every caller is compiled. */
function refuseOtherTypes(options: Readonly<Record<string, unknown>>): void {
	for (const [name, value] of Object.entries(options)) {
		if (typeof value === "string" || value === true) continue;
		const sentence = `methodOptions.${name} must be a text, or true where the option takes no value, not ${value}`;
		throw new WhitherError("badOption", sentence, { option: "methodOptions", value: options });
	}
}
