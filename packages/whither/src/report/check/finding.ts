/** What is found of one assertion. */
import type { AssertionResult } from "./check-result.ts";

/** A verdict without its name and place. */
export type Finding = Pick<AssertionResult, "outcome" | "sentence" | "about">;

/** A finding by whether it holds; both sentences say what was asked and what was measured. */
export function finding(holds: boolean, sentence: string, about: string | null = null): Finding {
	return { about, outcome: holds ? "held" : "failed", sentence: sentenceCase(`${sentence}.`) };
}

/** One that cannot be judged. */
export function unknown(sentence: string, about: string | null = null): Finding {
	return { about, outcome: "unknown", sentence: sentenceCase(`${sentence}.`) };
}

function sentenceCase(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** With as many digits as tell anything. */
export function milliseconds(value: number): string {
	return value < 10 ? value.toFixed(3) : value.toFixed(1);
}
