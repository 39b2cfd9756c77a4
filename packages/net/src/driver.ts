/** Runs tracers, pings and continuous traces on channels in this thread. */
import {
	Ping,
	type PingMessage,
	type PingOrder,
	type PingOutput,
	pingResult,
	Rounds,
	type RoundsMessage,
	type RoundsOrder,
	type RoundsOutput,
	type RunningTrace,
	roundsResult,
	type TraceEvent,
	type TraceMessage,
	type TraceOrder,
	Tracer,
	type TracerOutput,
	traceResult,
} from "@whither/core";
import type { Clock } from "./clock.ts";
import type { MediaSocket } from "./media/media-socket.ts";
import { type JobMaker, startRun } from "./socket-run.ts";

/**
 * Starts a trace in this thread; messages begin after this function has returned. The thread must stay responsive for
 * the schedule to hold, though not for the round trips, which the kernel measures.
 */
export function runTrace(order: TraceOrder, post: (message: TraceMessage) => void): RunningTrace {
	return startRun(order, { job: traceJob(order, post), failed: post });
}

/**
 * Starts a trace on a socket that somebody lends it, whose thread this must be. The orders name the channel `borrowed`
 * alone, the family is the socket's, and the TOS is what the socket sends with.
 */
export function runFlowTrace(
	order: TraceOrder,
	socket: Pick<MediaSocket, "borrow">,
	post: (message: TraceMessage) => void,
): RunningTrace {
	return startRun(order, { job: traceJob(order, post), failed: post, open: (request) => socket.borrow(request) });
}

function traceJob(order: TraceOrder, post: (message: TraceMessage) => void): JobMaker<TracerOutput> {
	return (method, context) => {
		const tracer = new Tracer({ method, options: order.options, context });
		return {
			machine: tracer,
			take: (output, send, clock) => {
				if (output.type === "event") post({ type: "event", event: dated(output.event, tracer, clock) });
				else if (output.type === "send") send(output.probes);
			},
			end: (facts) => post({ type: "result", result: traceResult(tracer, facts) }),
		};
	};
}

/** Starts a ping in this thread, in the same way. */
export function runPing(order: PingOrder, post: (message: PingMessage) => void): RunningTrace {
	const job: JobMaker<PingOutput> = (method, context) => {
		const ping = new Ping({ method, options: order.options, ping: order.ping, context });
		return {
			machine: ping,
			take: (output, send) => {
				if (output.type === "event") post(output);
				else if (output.type === "send") send(output.probes);
			},
			end: (facts) => post({ type: "result", result: pingResult(ping, facts) }),
		};
	};
	return startRun(order, { job, failed: post });
}

/** Starts a continuous trace in this thread, in the same way. */
export function runRounds(order: RoundsOrder, post: (message: RoundsMessage) => void): RunningTrace {
	const job: JobMaker<RoundsOutput> = (method, context) => {
		const rounds = new Rounds({ method, options: order.options, rounds: order.rounds, context });
		return {
			machine: rounds,
			take: (output, send) => {
				if (output.type === "event") post(output);
				else if (output.type === "send") send(output.probes);
			},
			end: (facts) => post({ type: "result", result: roundsResult(rounds, facts) }),
		};
	};
	return startRun(order, { job, failed: post });
}

/** A captured packet with the time of day, by which other captures of the same network can be laid beside it. */
function dated(event: TraceEvent, { startedAt }: Tracer, clock: Clock): TraceEvent {
	return event.type === "packet" ? { ...event, unixNs: clock.toUnix(startedAt + event.atNs) } : event;
}
