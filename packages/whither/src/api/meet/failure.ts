/** The document of a meeting that could not begin: the same keys as `MeetResult`, null where nothing is known. */
import type { WhitherError } from "../error.ts";
import { NO_SERVERS } from "./document.ts";
import { MEET_SCHEMA, type MeetResult } from "./result.ts";

/** `whither.meet/1` without a result; `error` says why. */
export interface MeetFailureDocument extends Omit<MeetResult, "outcome" | "stopReason"> {
	readonly outcome: null;
	readonly stopReason: "error" | "interrupted";
	readonly error: Readonly<Record<string, unknown>> & { readonly code: string; readonly message: string };
}

/** What is known of a meeting that could not begin. */
export interface FailedMeet {
	readonly tool: MeetResult["tool"];
	/** Without tokens and passwords. */
	readonly args: readonly string[];
	readonly startedAt: string;
}

/** What `--json` prints when there is no result to print. */
export function meetFailureDocument({ tool, args, startedAt }: FailedMeet, error: WhitherError): MeetFailureDocument {
	const missing = { code: "notConnected", message: "There is no way to trace" } as const;
	return {
		...{ schema: MEET_SCHEMA, tool, args, connected: false, state: "new", why: `${error.message}.`, outcome: null },
		timings: { gatheredMs: null, connectedMs: null, nominatedMs: null },
		...{
			role: null,
			ice: null,
			call: null,
			media: null,
			peerTool: null,
			selected: null,
			pairs: [],
			candidates: { local: [], remote: [] },
		},
		...{ candidateErrors: [], servers: NO_SERVERS },
		...{ path: null, pathMissing: missing, reversePath: null, reversePathMissing: missing, warnings: [] },
		...{ backend: null, startedAt, durationNs: 0, stopReason: error.code === "aborted" ? "interrupted" : "error" },
		error: { ...error.data, code: error.code, message: error.message },
	};
}
