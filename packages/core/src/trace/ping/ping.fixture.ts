/** A ping over the path of the tracer's tests, in virtual time, without packets. */
import { MILLISECOND, SECOND } from "../../machine.ts";
import type { ChannelInput, ProbeSend } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "../options.ts";
import { icmpReply, NO_CRYPTO, numbered, type Path, TARGET } from "../path.fixture.ts";
import type { TracerInput } from "../tracer-io.ts";
import { Ping, type PingConfig } from "./ping.ts";
import { pingResult } from "./ping-document.ts";
import type { PingOptions } from "./ping-options.ts";
import type { PingEvent, PingResult } from "./ping-result.ts";

const CONTEXT: ProbeContext = {
	family: 4,
	channel: "errorQueue",
	transport: "udp",
	source: "192.0.2.1",
	target: TARGET,
	sourcePorts: [50_000],
	port: 33434,
	key: 1,
	length: 60,
	targetName: TARGET,
	secret: new Uint8Array(32),
	crypto: NO_CRYPTO,
	options: {},
	sessions: [],
	tos: 0,
	looseMatch: false,
	queries: 1,
};

/** A machine at its beginning: TTL 3, a probe a second. */
export function newPing(
	ping: Partial<PingOptions> = {},
	options: Partial<TraceOptions> = {},
	more: Partial<Pick<PingConfig, "method">> & { readonly context?: Partial<ProbeContext> } = {},
): Ping {
	return new Ping({
		method: more.method ?? numbered,
		options: { ...DEFAULT_TRACE_OPTIONS, family: 4, target: TARGET, targetName: TARGET, ...options },
		ping: { ttl: 3, intervalNs: 1 * SECOND, count: null, lossThreshold: null, ...ping },
		context: { ...CONTEXT, ...more.context },
	});
}

/** What a ping is asked, and what happens to it on its way. */
export interface PingPathOptions {
	readonly ping?: Partial<PingOptions>;
	readonly options?: Partial<TraceOptions>;
	/** Inputs from outside at a time, such as a stop. */
	readonly inputs?: readonly { readonly atMs: number; readonly input: TracerInput }[];
	/** Called for each probe; an input returned comes at once instead of the path's answer. */
	readonly sending?: (send: ProbeSend) => ChannelInput | null;
	/** Called after each step. */
	readonly stepped?: (ping: Ping) => void;
}

/** A ping that has come to its end, and what it said and sent. */
export interface PingPathRun {
	readonly ping: Ping;
	readonly result: PingResult;
	readonly events: readonly PingEvent[];
	/** When each packet left, in milliseconds, and under which number. */
	readonly sent: readonly { readonly atMs: number; readonly sequence: number }[];
}

/** Runs a ping to its end; the events and packets of the last 1000 steps or so are kept. */
export function runPingPath(
	path: Path,
	{ ping: asked, options, inputs = [], sending, stepped }: PingPathOptions,
): PingPathRun {
	const ping = newPing(asked, options);
	const events: PingEvent[] = [];
	const sent: { atMs: number; sequence: number }[] = [];
	const queue: { at: number; input: TracerInput }[] = [
		{ at: 0, input: { type: "start" } },
		...inputs.map(({ atMs, input }) => ({ at: atMs * MILLISECOND, input })),
	];
	let now = 0;
	while (!ping.finished) {
		queue.sort((a, b) => a.at - b.at);
		const { deadline } = ping;
		const next = queue[0];
		let input: TracerInput = { type: "tick" };
		if (next !== undefined && (deadline === null || next.at <= deadline.at)) {
			queue.shift();
			now = Math.max(now, next.at);
			input = next.input;
		} else if (deadline !== null) now = Math.max(now, deadline.at);
		else throw new Error("the ping waits for nothing");
		for (const output of ping.step(input, now)) {
			if (output.type === "event") events.push(output.event);
			if (output.type !== "send") continue;
			for (const send of output.probes) {
				const atMs = now / MILLISECOND;
				sent.push({ atMs, sequence: send.sequence });
				const instead = sending?.(send) ?? null;
				if (instead !== null) {
					queue.push({ at: now, input: instead });
					continue;
				}
				const answers = path(send, atMs) ?? [];
				for (const answer of Array.isArray(answers) ? answers : [answers]) {
					const at = now + answer.delayMs * MILLISECOND;
					queue.push({ at, input: { type: "reply", reply: icmpReply(send, answer, at) } });
				}
			}
		}
		stepped?.(ping);
		if (events.length > KEPT) events.splice(0, events.length - KEPT / 2);
		if (sent.length > KEPT) sent.splice(0, sent.length - KEPT / 2);
	}
	const facts = { tool: { name: "test", version: "0" }, args: [], startedAt: "2026-01-01T00:00:00Z" };
	return { ping, result: pingResult(ping, facts), events, sent };
}

const KEPT = 2_000;
