/** What a caller may ask of a trace, and its translation into the tracer's orders. */
import {
	DEFAULT_TRACE_OPTIONS,
	findMethod,
	type OpenableChannel,
	TRACE_METHODS,
	type TraceMethod,
	type TraceOptions,
	tcpOptionsWithSysctl,
} from "@whither/core";
import { WhitherError } from "./error.ts";
import { LIMITS, type LimitName, MOST_MS } from "./limits.ts";
import { CAPTURING_KINDS, methodsSuiting } from "./method-limits.ts";
import { asciiMethodOptions, type MethodOptions, methodsTaking } from "./method-options.ts";
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
	/** For the whole trace, the waits for names and origins included. */
	readonly timeoutMs?: number | undefined;
	readonly maxSilentHops?: number | undefined;
	readonly sendWaitMs?: number | undefined;
	/** The whole byte; not together with `dscp` or `ecn`. */
	readonly tos?: number | undefined;
	readonly dscp?: number | undefined;
	readonly ecn?: number | undefined;
	/** 20 bits, over IPv6 alone; 0: none. */
	readonly flowLabel?: number | undefined;
	readonly dontFragment?: boolean | undefined;
	readonly bypassRouting?: boolean | undefined;
	readonly source?: string | undefined;
	readonly interface?: string | undefined;
	readonly sourcePort?: number | undefined;
	readonly fwmark?: number | undefined;
	/** Names or addresses that packets are to pass, in order. */
	readonly gateways?: readonly string[] | undefined;
	/** Find the path MTU and where each smaller one begins; forbids fragmenting and asks each hop twice at least. Not together with `length`. */
	readonly pathMtu?: boolean | undefined;
	/** Probes are known by their key alone, whatever addresses and ports are quoted; raw sockets only. */
	readonly looseMatch?: boolean | undefined;
	/** Tell every packet as an event of type `packet`, for capture files; default false. */
	readonly capture?: boolean | undefined;
	/** Events say already what had changed in quoted packets (`quoted.changes`, `nat`), as the result always does; default true. */
	readonly compareEvents?: boolean | undefined;
	/** Only these kinds of socket, in order. */
	readonly channels?: readonly OpenableChannel[] | undefined;
	/**
	 * Look up the autonomous systems of the hops: true or `dns` for Team Cymru's DNS zones, `dns:ZONE[,ZONE6][@SERVER]`,
	 * `whois:HOST[:PORT]`; default false. A hop then waits two seconds at most.
	 */
	readonly asLookup?: boolean | string | undefined;
	/** Look up what their systems are called, where these are known: true or `dns` for Team Cymru's zone, or `dns:ZONE[@SERVER]`. */
	readonly asNames?: boolean | string | undefined;
	/** Data sets by file name: mmdb (MaxMind, DB-IP, IPinfo) say where hops are, and their systems; JSON (PeeringDB) at which exchange. */
	readonly places?: readonly string[] | undefined;
	/** Look up the names of the hops; default false. A hop waits at most `nameWaitMs` (500) for its names. */
	readonly names?: boolean | undefined;
	readonly nameWaitMs?: number | undefined;
	/** Stops the trace: what is known by then is the result, with `stopReason: "interrupted"`. */
	readonly signal?: AbortSignal | undefined;
	/** Where to trace; default this machine's network. */
	readonly world?: World | undefined;
}

/** The same for what may also be lent a socket. */
export interface RunOptions extends Omit<TraceRequestOptions, "channels"> {
	readonly channels?: TraceOptions["channels"] | undefined;
}

/** Round trips that tell a hop that lets a length pass from one that lost a single packet. */
const PATH_MTU_QUERIES = 2;

/** The methods asked for, in order of preference, each checked to exist and to be able to do what else is asked. */
export function methodsOf(options: RunOptions): readonly string[] {
	const asked = options.method ?? DEFAULT_TRACE_OPTIONS.method;
	const methods = typeof asked === "string" ? [asked] : asked;
	const [first, ...others] = methods.map(methodNamed);
	if (first === undefined) throw badOption("method", "name at least one method", asked);
	const taking = methodsTaking([first, ...others], asciiMethodOptions(first, options.methodOptions ?? {}));
	return methodsSuiting(taking, options).map((method) => method.name);
}

function methodNamed(name: string): TraceMethod {
	const method = findMethod(name);
	if (method !== undefined) return method;
	const known = TRACE_METHODS.map((row) => row.name).join(", ");
	throw new WhitherError("unknownMethod", `There is no method "${name}"; choose one of ${known}`, { method: name });
}

/** Where a trace goes, as the world has it: the gateways are addresses. */
export interface ResolvedPath extends Pick<World, "tcpEcn"> {
	readonly target: ResolvedTarget;
	readonly gateways: readonly string[];
}

/** The tracer's orders; throws `WhitherError` with code `badOption` for a value out of range. */
export function completeOptions(options: RunOptions, method: string, path: ResolvedPath): TraceOptions {
	checkNumbers(options);
	const { target, gateways } = path;
	if (target.family === 4 && options.flowLabel)
		throw badOption(
			"flowLabel",
			"an IPv4 packet has no flow label; trace over IPv6 (-6) or leave -l out",
			options.flowLabel,
		);
	const pathMtu = options.pathMtu ?? false;
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
		queries: Math.max(options.queries ?? defaults.queries, pathMtu ? PATH_MTU_QUERIES : 1),
		simultaneous: options.simultaneous ?? null,
		waitMaxNs: nanoseconds(options.waitMs) ?? defaults.waitMaxNs,
		waitHere: options.waitHere ?? defaults.waitHere,
		waitNear: options.waitNear ?? defaults.waitNear,
		timeoutNs: nanoseconds(options.timeoutMs),
		maxSilentHops: options.maxSilentHops ?? null,
		sendWaitNs: nanoseconds(options.sendWaitMs) ?? defaults.sendWaitNs,
		tos: tosByte(options),
		flowLabel: options.flowLabel ?? 0,
		dontFragment: pathMtu || (options.dontFragment ?? false),
		bypassRouting: options.bypassRouting ?? false,
		source: options.source ?? null,
		interface: options.interface ?? target.zone,
		sourcePort: options.sourcePort ?? null,
		fwmark: options.fwmark ?? null,
		methodOptions: withTcpEcn(asciiMethodOptions(methodNamed(method), options.methodOptions ?? {}), path),
		channels: options.channels ?? (options.looseMatch ? CAPTURING_KINDS : null),
		pathMtu,
		looseMatch: options.looseMatch ?? false,
		capture: options.capture ?? false,
		compareEvents: options.compareEvents ?? true,
		gateways,
	};
}

/** `-O sysctl`: a SYN offers the ECN that the world's own connections offer. */
function withTcpEcn(options: MethodOptions, { tcpEcn }: ResolvedPath): MethodOptions {
	return options.sysctl === undefined ? options : tcpOptionsWithSysctl(options, tcpEcn());
}

/** DSCP is the upper six bits of the byte (RFC 2474), ECN the lower two (RFC 3168). */
export function tosByte(options: Pick<TraceRequestOptions, "tos" | "dscp" | "ecn">): number {
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

function checkNumbers(options: RunOptions): void {
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
