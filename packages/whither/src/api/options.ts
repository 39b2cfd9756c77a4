/** What a caller may ask of a trace, and its translation into the tracer's orders. */
import { DEFAULT_TRACE_OPTIONS, findMethod, TRACE_METHODS, type TraceMethod, type TraceOptions } from "@whither/core";
import { WhitherError } from "./error.ts";
import { LIMITS, type LimitName, MOST_MS } from "./limits.ts";
import { type MethodOptions, methodsTaking } from "./method-options.ts";
import type { ResolvedTarget } from "./resolve.ts";
import type { World } from "./world.ts";

/** Options of `trace`; every one may be left out. Times in milliseconds, lengths in bytes. */
export interface TraceRequestOptions {
	/** Method name, or several in order of preference: the next is taken where a privilege is missing. Default `udp`. */
	readonly method?: string | readonly string[] | undefined;
	/** The method's own options by name, true for those without a value; methods beyond the first that do not take them are passed over. */
	readonly methodOptions?: MethodOptions | undefined;
	/** Default: that of the literal address, else IPv4 where the name has both. */
	readonly family?: 4 | 6 | undefined;
	readonly port?: number | undefined;
	/** Of the whole IP packet. */
	readonly length?: number | undefined;
	readonly firstTtl?: number | undefined;
	readonly maxTtl?: number | undefined;
	readonly queries?: number | undefined;
	/** Probes in flight at most; default adaptive. */
	readonly simultaneous?: number | undefined;
	/** Longest wait for one answer; `waitHere` and `waitNear` are factors over round trips seen, 0 is off. */
	readonly waitMs?: number | undefined;
	readonly waitHere?: number | undefined;
	readonly waitNear?: number | undefined;
	/** For the whole trace. */
	readonly timeoutMs?: number | undefined;
	readonly maxSilentHops?: number | undefined;
	readonly sendWaitMs?: number | undefined;
	/** The whole byte; not together with `dscp` or `ecn`. */
	readonly tos?: number | undefined;
	readonly dscp?: number | undefined;
	readonly ecn?: number | undefined;
	readonly flowLabel?: number | undefined;
	readonly dontFragment?: boolean | undefined;
	readonly bypassRouting?: boolean | undefined;
	readonly source?: string | undefined;
	readonly interface?: string | undefined;
	readonly sourcePort?: number | undefined;
	readonly fwmark?: number | undefined;
	/** Only these kinds of socket, in order. */
	readonly channels?: readonly ("errorQueue" | "raw" | "session")[] | undefined;
	/** Look up the names of the hops; default false. A hop waits at most `nameWaitMs` (500) for its names. */
	readonly names?: boolean | undefined;
	readonly nameWaitMs?: number | undefined;
	/** Stops the trace: what is known by then is the result, with `stopReason: "interrupted"`. */
	readonly signal?: AbortSignal | undefined;
	/** Where to trace; default this machine's network. */
	readonly world?: World | undefined;
}

/** The methods asked for, in order of preference, each checked to exist and to take the method options. */
export function methodsOf(options: TraceRequestOptions): readonly string[] {
	const asked = options.method ?? DEFAULT_TRACE_OPTIONS.method;
	const methods = typeof asked === "string" ? [asked] : asked;
	if (methods.length === 0) throw badOption("method", "name at least one method", asked);
	return methodsTaking(methods.map(methodNamed), options.methodOptions ?? {}).map((method) => method.name);
}

function methodNamed(name: string): TraceMethod {
	const method = findMethod(name);
	if (method !== undefined) return method;
	const known = TRACE_METHODS.map((row) => row.name).join(", ");
	throw new WhitherError("unknownMethod", `There is no method "${name}"; choose one of ${known}`, { method: name });
}

/** The tracer's orders; throws `WhitherError` with code `badOption` for a value out of range. */
export function completeOptions(options: TraceRequestOptions, method: string, target: ResolvedTarget): TraceOptions {
	checkNumbers(options);
	const defaults = DEFAULT_TRACE_OPTIONS;
	const [firstTtl, maxTtl] = [options.firstTtl ?? defaults.firstTtl, options.maxTtl ?? defaults.maxTtl];
	if (firstTtl > maxTtl)
		throw badOption("firstTtl", `the first hop (${firstTtl}) lies beyond the last (${maxTtl})`, firstTtl);
	return {
		...defaults,
		method,
		family: target.family,
		target: target.address,
		targetName: target.name,
		port: options.port ?? null,
		length: options.length ?? null,
		firstTtl,
		maxTtl,
		queries: options.queries ?? defaults.queries,
		simultaneous: options.simultaneous ?? null,
		waitMaxNs: nanoseconds(options.waitMs) ?? defaults.waitMaxNs,
		waitHere: options.waitHere ?? defaults.waitHere,
		waitNear: options.waitNear ?? defaults.waitNear,
		timeoutNs: nanoseconds(options.timeoutMs),
		maxSilentHops: options.maxSilentHops ?? null,
		sendWaitNs: nanoseconds(options.sendWaitMs) ?? defaults.sendWaitNs,
		tos: tosByte(options),
		flowLabel: options.flowLabel ?? 0,
		dontFragment: options.dontFragment ?? false,
		bypassRouting: options.bypassRouting ?? false,
		source: options.source ?? null,
		interface: options.interface ?? target.zone,
		sourcePort: options.sourcePort ?? null,
		fwmark: options.fwmark ?? null,
		methodOptions: options.methodOptions ?? {},
		channels: options.channels ?? null,
	};
}

/** DSCP is the upper six bits of the byte (RFC 2474), ECN the lower two (RFC 3168). */
function tosByte(options: TraceRequestOptions): number {
	const { tos, dscp, ecn } = options;
	if (tos === undefined) return ((dscp ?? 0) << 2) | (ecn ?? 0);
	if (dscp === undefined && ecn === undefined) return tos;
	throw badOption("tos", "give either the whole byte (tos) or its parts (dscp, ecn)", tos);
}

function nanoseconds(milliseconds: number): number;
function nanoseconds(milliseconds: number | undefined): number | null;
function nanoseconds(milliseconds: number | undefined): number | null {
	return milliseconds === undefined ? null : Math.round(milliseconds * 1e6);
}

function checkNumbers(options: TraceRequestOptions): void {
	for (const [name, [least, most]] of Object.entries(LIMITS)) {
		const value = options[name as LimitName];
		if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue;
		throw badOption(name, `${name} must be a whole number from ${least} to ${most}, not ${value}`, value);
	}
	for (const name of ["waitMs", "timeoutMs", "sendWaitMs", "nameWaitMs"] as const) {
		const value = options[name];
		if (value === undefined || (value >= 0 && value <= MOST_MS)) continue;
		throw badOption(name, `${name} must be milliseconds from 0 to ${MOST_MS}, not ${value}`, value);
	}
	for (const name of ["waitHere", "waitNear"] as const) {
		const value = options[name];
		if (value !== undefined && !(value >= 0))
			throw badOption(name, `${name} must be a factor of 0 or more, not ${value}`, value);
	}
}

function badOption(option: string, sentence: string, value: unknown): WhitherError {
	return new WhitherError("badOption", sentence, { option, value });
}
