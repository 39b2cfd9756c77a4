/** What a caller may ask of a continuous trace, and its translation into the machine's orders. */
import {
	DEFAULT_ROUNDS_INTERVAL_NS,
	ROUNDS_SILENT_HOPS,
	type RoundsOptions,
	roundsPorts,
	type TraceOptions,
} from "@whither/core";
import { WhitherError } from "../error.ts";
import { LIVE_LEAST_INTERVAL_MS, LIVE_LIMITS, MOST_MS } from "../limits.ts";
import { completeOptions, type ResolvedPath, type TraceRequestOptions } from "../options.ts";

/** Options of a trace that make no sense where each hop is asked once a round. */
type TraceOnly = "queries" | "simultaneous" | "waitHere" | "waitNear" | "sendWaitMs" | "pathMtu" | "capture";

/** Options of `live`; every one may be left out. Times in milliseconds, lengths in bytes. */
export interface LiveRequestOptions extends Omit<TraceRequestOptions, TraceOnly> {
	/** From one round to the next; default 1000, least 100. */
	readonly intervalMs?: number | undefined;
	/** End when so many rounds are answered or given up; default never. */
	readonly rounds?: number | undefined;
	/** Silent hops in a row that are asked beyond the last that answers; default 12. */
	readonly maxSilentHops?: number | undefined;
}

/** The machine's orders; throws `WhitherError` with code `badOption` for a value out of range. */
export function completeLive(
	request: LiveRequestOptions,
	method: string,
	path: ResolvedPath,
): { readonly options: TraceOptions; readonly rounds: RoundsOptions } {
	checkLive(request);
	const { intervalMs, rounds: count, ...rest } = request;
	const intervalNs = intervalMs === undefined ? DEFAULT_ROUNDS_INTERVAL_NS : Math.round(intervalMs * 1e6);
	const rounds = { intervalNs, rounds: count ?? null };
	const options = completeOptions({ maxSilentHops: ROUNDS_SILENT_HOPS, ...rest }, method, path);
	return { options: { ...options, queries: roundsPorts(rounds, options) }, rounds };
}

/** Throws `WhitherError` with code `badOption` for a number out of range. */
export function checkLive({ intervalMs, rounds }: LiveRequestOptions): void {
	const [least, most] = LIVE_LIMITS.rounds;
	if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= least && rounds <= most))
		throw badOption("rounds", `rounds must be a whole number from ${least} to ${most}, not ${rounds}`, rounds);
	if (intervalMs !== undefined && !(intervalMs >= LIVE_LEAST_INTERVAL_MS && intervalMs <= MOST_MS)) {
		const bounds = `milliseconds from ${LIVE_LEAST_INTERVAL_MS} to ${MOST_MS}`;
		throw badOption("intervalMs", `intervalMs must be ${bounds}, not ${intervalMs}`, intervalMs);
	}
}

function badOption(option: string, sentence: string, value: unknown): WhitherError {
	return new WhitherError("badOption", sentence, { option, value });
}
