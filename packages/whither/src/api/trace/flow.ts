/** `traceFlow`: the path that media takes, found on the socket that carries it while it does. */
import type { Socket } from "node:dgram";
import type { RunningTrace, TraceMessage, TraceOrder } from "@whither/core";
import { isSystemError } from "@whither/net";
import { lendDgram, type MediaSocket, runFlowTrace } from "@whither/net/media";
import { WhitherError } from "../error.ts";
import type { RunOptions, TraceRequestOptions } from "../options.ts";
import { LOOKUPS } from "../real-world.ts";
import { literalTarget } from "../resolve.ts";
import { TOOL } from "../version.ts";
import type { World } from "../world.ts";
import { TraceRun } from "./run.ts";

/** Where the media goes: numeric, with the interface of a link-local address behind it (`fe80::1%eth0`). */
export interface FlowRemote {
	readonly address: string;
	readonly port: number;
}

/**
 * Options of `traceFlow`, as those of `trace` of the same name: the socket has decided the rest. Defaults are frugal: method
 * `stun`, 1 query, 8 probes in flight, one probe in 5 ms, answers waited for 1 s, an end after 8 silent hops.
 */
export type FlowTraceOptions = Pick<
	TraceRequestOptions,
	| "methodOptions"
	| "length"
	| "firstTtl"
	| "maxTtl"
	| "queries"
	| "simultaneous"
	| "waitMs"
	| "waitHere"
	| "waitNear"
	| "timeoutMs"
	| "maxSilentHops"
	| "sendWaitMs"
	| "capture"
	| "compareEvents"
	| "asLookup"
	| "names"
	| "nameWaitMs"
	| "signal"
> & {
	/** `stun` (default) or `udp`: those whose probes all have one 5-tuple. */
	readonly method?: string | undefined;
};

/** A socket that lends itself: a media socket, or a relay (`openRelay`), whose server is then the remote end. */
export type LentSocket = Pick<MediaSocket, "borrow"> & Partial<Pick<MediaSocket, "tos">>;

/** What a trace on a lent socket does: no more than ICE itself may send (RFC 8445 section 14: a transaction in 5 ms), and a burst that any link takes. */
export const FRUGAL = {
	method: "stun",
	queries: 1,
	simultaneous: 8,
	sendWaitMs: 5,
	waitMs: 1_000,
	maxSilentHops: 8,
} as const satisfies FlowTraceOptions;

/**
 * Trace the path that a socket's packets take to one remote address, while they flow. Probes leave on the same 5-tuple with
 * TTLs of their own; what the socket sends and receives besides stays its owner's. The run is like that of `trace`.
 *
 *     const run = traceFlow(socket, { address: "203.0.113.7", port: 50_000 });
 *     console.log((await run.result).hops.length);
 *
 * The socket is one of `openMediaSocket`, a relay of `openRelay`, or a bound one of `node:dgram`, which is then read and sent on by us until a second
 * after the trace (docs/trace-flow.md says what that cannot do). Call it in the thread of the socket.
 */
export function traceFlow(socket: LentSocket | Socket, remote: FlowRemote, options: FlowTraceOptions = {}): TraceRun {
	const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
	const request: RunOptions = { ...FRUGAL, ...given, port: remote.port, channels: ["borrowed"] };
	const openWorld = () => flowWorld(socket, remote);
	return new TraceRun({ name: remote.address, options: request, tool: TOOL, args: [], openWorld });
}

/** This machine's network as it is seen from one socket. */
function flowWorld(socket: LentSocket | Socket, remote: FlowRemote): World {
	const target = literalTarget(remote.address);
	if (target === null || /^::ffff:/i.test(remote.address)) {
		const sentence = `The remote address must be a numeric one of the socket's own family, not ${remote.address}`;
		throw new WhitherError("badOption", sentence, { option: "remote", value: remote.address });
	}
	return {
		...LOOKUPS,
		resolve: async () => target,
		start: (order, on) => ("borrow" in socket ? runOn(socket, order, on) : runOnDgram(socket, order, on)),
	};
}

/** Packets of the trace are marked as those of the socket are. */
function runOn(socket: LentSocket, order: TraceOrder, on: (message: TraceMessage) => void): RunningTrace {
	return runFlowTrace({ ...order, options: { ...order.options, tos: socket.tos ?? 0 } }, socket, on);
}

function runOnDgram(socket: Socket, order: TraceOrder, on: (message: TraceMessage) => void): RunningTrace {
	const loan = lendDgram(socket);
	if (isSystemError(loan)) {
		queueMicrotask(() => on({ type: "failed", error: loan }));
		return { stop: () => {} };
	}
	const running = runOn(loan.socket, order, on);
	running.closed?.then(() => loan.giveBack());
	return running;
}
