/** The one error class that leaves the library: a code, the data behind it, and a sentence that says what to do. */
import type { SystemError } from "@whither/core";
import { systemErrorSentence } from "./error-words.ts";

export type WhitherErrorCode =
	| SystemError["code"]
	| "badOption"
	| "nameNotFound"
	| "unknownMethod"
	| "usage"
	| "aborted"
	| "internal";

/** `code` is stable and for programs, `message` is one sentence for people, `data` is whatever the sentence was made from. */
export class WhitherError extends Error {
	readonly code: WhitherErrorCode;
	readonly data: Readonly<Record<string, unknown>>;

	constructor(code: WhitherErrorCode, message: string, data: Readonly<Record<string, unknown>> = {}) {
		super(message);
		this.name = "WhitherError";
		this.code = code;
		this.data = data;
	}
}

/** The `errnoName` by which the prober reports a defect of its own. */
const INTERNAL = "internal";

/** A failed system call as an error; `method` names the trace method it stood in the way of. */
export function systemFailure(error: SystemError, method: string | null): WhitherError {
	if (error.errnoName === INTERNAL) return asWhitherError(new Error(`${error.call}: ${error.address}`));
	return new WhitherError(error.code, systemErrorSentence(error, method), { ...error });
}

/** Known by its name, since a program may hold two copies of the library. */
function isWhitherError(thrown: unknown): thrown is WhitherError {
	return thrown instanceof Error && thrown.name === "WhitherError";
}

/** Anything thrown as a `WhitherError`; what is not one already is a bug of ours and says so. */
export function asWhitherError(thrown: unknown): WhitherError {
	if (isWhitherError(thrown)) return thrown;
	const message = thrown instanceof Error ? thrown.message : String(thrown);
	const failure = new WhitherError(
		"internal",
		`Internal error: ${message}. Please report it with the command you ran.`,
	);
	if (thrown instanceof Error && thrown.stack !== undefined) failure.stack = thrown.stack;
	return failure;
}
