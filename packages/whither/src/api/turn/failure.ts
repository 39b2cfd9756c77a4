/** The document of a run that could not begin: the same keys as `TurnResult`, null where nothing is known. */
import type { WhitherError } from "../error.ts";
import { NOTHING_OFFERED, TURN_SCHEMA, type TurnResult } from "./result.ts";

/** `whither.turn/1` without a result; `error` says why. */
export interface TurnFailureDocument extends Omit<TurnResult, "server" | "backend" | "stopReason"> {
	readonly server: { readonly name: string | null; readonly host: null };
	readonly backend: null;
	readonly stopReason: "error" | "interrupted";
	readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string };
}

/** What is known of it. */
export interface FailedTurn {
	readonly tool: TurnResult["tool"];
	/** Without passwords and secrets. */
	readonly args: readonly string[];
	readonly name: string | null;
	readonly startedAt: string;
}

/** What `--json` prints when there is no result to print. */
export function turnFailureDocument(
	{ tool, args, name, startedAt }: FailedTurn,
	error: WhitherError,
): TurnFailureDocument {
	return {
		schema: TURN_SCHEMA,
		tool,
		args,
		server: { name, host: null },
		user: null,
		relays: false,
		cells: [],
		offers: NOTHING_OFFERED,
		summary: `${error.message}.`,
		backend: null,
		startedAt,
		durationNs: 0,
		stopReason: error.code === "aborted" ? "interrupted" : "error",
		error: { ...error.data, code: error.code, message: error.message },
	};
}
