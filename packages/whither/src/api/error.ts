/** The one error class that leaves the library: a code, the data behind it, and a sentence that says what to do. */
import type { TraceFailure } from "@whither/core";
import type { StunRunFailure } from "@whither/net/stun";
import { type Asked, systemErrorSentence } from "./error-words.ts";

/** Every code a `WhitherError` may have. */
export type WhitherErrorCode =
	| TraceFailure["code"]
	| "badOption"
	| "nameNotFound"
	| "usage"
	| "aborted"
	| "queueTaken"
	| "rulesFailed"
	/** Sessions cannot be kept: the disk is full, the folder is another process's, and so on. */
	| "storeFailed"
	/** `whois`: the registry has no such object; nobody could be asked. */
	| "noSuchObject"
	| "noRegistry";

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

/** Why a run could not be, as an error; `asked`: what was asked for. */
export function failureError(failure: TraceFailure | StunRunFailure, asked: Asked): WhitherError {
	switch (failure.code) {
		case "internal":
			return asWhitherError(new Error(`${failure.where}: ${failure.about}`));
		case "unknownMethod":
			return new WhitherError("unknownMethod", `There is no method "${failure.method}"`, { method: failure.method });
		default:
			return new WhitherError(failure.code, systemErrorSentence(failure, asked), { ...failure });
	}
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
