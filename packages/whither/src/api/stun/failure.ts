/** The document of a run that could not begin: the same keys as `StunResult`, null where nothing is known. */
import type { WhitherError } from "../error.ts";
import { NOTHING_FOUND, STUN_SCHEMA, type StunResult } from "./result.ts";

/** `whither.stun/1` without a result; `error` says why. */
export interface StunFailureDocument extends Omit<StunResult, "family" | "transport" | "server" | "stopReason"> {
	readonly family: null;
	readonly transport: null;
	readonly server: { readonly name: string | null; readonly host: null; readonly address: null; readonly port: null };
	readonly stopReason: "error" | "interrupted";
	readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string };
}

/** What is known of it. */
export interface FailedStun {
	readonly tool: StunResult["tool"];
	readonly args: readonly string[];
	readonly name: string | null;
	readonly startedAt: string;
}

/** What `--json` prints when there is no result to print. */
export function stunFailureDocument(
	{ tool, args, name, startedAt }: FailedStun,
	error: WhitherError,
): StunFailureDocument {
	return {
		schema: STUN_SCHEMA,
		tool,
		args,
		family: null,
		transport: null,
		server: { name, host: null, address: null, port: null },
		...NOTHING_FOUND,
		summary: `${error.message}.`,
		backend: null,
		startedAt,
		durationNs: 0,
		stopReason: error.code === "aborted" ? "interrupted" : "error",
		families: [],
		error: { ...error.data, code: error.code, message: error.message },
	};
}
