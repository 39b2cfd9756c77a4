/** What a caller may ask of a ping, and its translation into the machine's orders. */
import {
	DEFAULT_LOSS_WINDOW,
	DEFAULT_PING_INTERVAL_NS,
	PING_PORTS,
	type PingOptions,
	type TraceOptions,
} from "@whither/core";
import { WhitherError } from "../error.ts";
import { MOST_MS, PING_LEAST_INTERVAL_MS, PING_LIMITS, type PingLimitName } from "../limits.ts";
import { completeOptions, type ResolvedPath, type TraceRequestOptions } from "../options.ts";

/** Options of a trace that make no sense where one TTL is asked over and over. */
type TraceOnly =
	| "firstTtl"
	| "maxTtl"
	| "queries"
	| "simultaneous"
	| "waitHere"
	| "waitNear"
	| "maxSilentHops"
	| "sendWaitMs"
	| "pathMtu"
	| "capture"
	| "compareEvents";

/** Options of `ping`; every one may be left out. Times in milliseconds, lengths in bytes. */
export interface PingRequestOptions extends Omit<TraceRequestOptions, TraceOnly> {
	/** The hop to ask; default 64, which reaches the target itself. */
	readonly ttl?: number | undefined;
	/** From one probe to the next; default 1000, least 2. */
	readonly intervalMs?: number | undefined;
	/** End when so many probes are answered or given up; default never. */
	readonly count?: number | undefined;
	/** End when of the last `lossWindow` (10) probes at least so many percent were lost; default never. */
	readonly lossThresholdPercent?: number | undefined;
	readonly lossWindow?: number | undefined;
}

/** What reaches any target: the TTL that hosts send with (RFC 1700). */
const DEFAULT_TTL = 64;

/** The machine's orders; throws `WhitherError` with code `badOption` for a value out of range. */
export function completePing(
	request: PingRequestOptions,
	method: string,
	path: ResolvedPath,
): { readonly options: TraceOptions; readonly ping: PingOptions } {
	checkPing(request);
	const { ttl = DEFAULT_TTL, intervalMs, count, lossThresholdPercent, lossWindow, ...rest } = request;
	const options = completeOptions({ ...rest, firstTtl: ttl, maxTtl: ttl, queries: PING_PORTS }, method, path);
	const ping = {
		ttl,
		intervalNs: intervalMs === undefined ? DEFAULT_PING_INTERVAL_NS : Math.round(intervalMs * 1e6),
		count: count ?? null,
		lossThreshold:
			lossThresholdPercent === undefined
				? null
				: { percent: lossThresholdPercent, window: lossWindow ?? DEFAULT_LOSS_WINDOW },
	};
	return { options, ping };
}

/** Throws `WhitherError` with code `badOption` for a number out of range. */
export function checkPing(request: PingRequestOptions): void {
	for (const [name, [least, most]] of Object.entries(PING_LIMITS)) {
		const value = request[name as PingLimitName];
		if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue;
		throw badOption(name, `${name} must be a whole number from ${least} to ${most}, not ${value}`, value);
	}
	const { intervalMs, lossThresholdPercent, lossWindow } = request;
	if (intervalMs !== undefined && !(intervalMs >= PING_LEAST_INTERVAL_MS && intervalMs <= MOST_MS)) {
		const bounds = `milliseconds from ${PING_LEAST_INTERVAL_MS} to ${MOST_MS}`;
		throw badOption("intervalMs", `intervalMs must be ${bounds}, not ${intervalMs}`, intervalMs);
	}
	if (lossWindow !== undefined && lossThresholdPercent === undefined)
		throw badOption("lossWindow", "lossWindow says nothing without lossThresholdPercent", lossWindow);
}

function badOption(option: string, sentence: string, value: unknown): WhitherError {
	return new WhitherError("badOption", sentence, { option, value });
}
