/** A continuous trace over the path of the tracer's tests, in virtual time, without packets. */
import { MILLISECOND, SECOND } from "../../machine.ts";
import type { ChannelInput, ProbeSend } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "../options.ts";
import { icmpReply, NO_CRYPTO, numbered, type Path, TARGET } from "../path.fixture.ts";
import { PathStatistics } from "../statistics/path-statistics.ts";
import type { PathSummary } from "../statistics/summary.ts";
import type { TracerInput } from "../tracer-io.ts";
import type { RoundsEvent } from "./round-events.ts";
import { Rounds } from "./rounds.ts";
import type { RoundsOptions } from "./rounds-options.ts";

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

/** What it is asked, and what happens to it on its way. */
export interface RoundsPathOptions {
	readonly rounds?: Partial<RoundsOptions>;
	readonly options?: Partial<TraceOptions>;
	readonly context?: Partial<ProbeContext>;
	/** Inputs from outside at a time, such as a stop. */
	readonly inputs?: readonly { readonly atMs: number; readonly input: TracerInput }[];
	/** Called for each probe; an input returned comes at once instead of the path's answer. */
	readonly sending?: (send: ProbeSend, nowMs: number) => ChannelInput | null;
	/** Called after each step. */
	readonly stepped?: (rounds: Rounds) => void;
}

/** A machine at its beginning: a round a second. */
export function newRounds({ rounds, options, context }: Omit<RoundsPathOptions, "inputs"> = {}): Rounds {
	return new Rounds({
		method: numbered,
		options: { ...DEFAULT_TRACE_OPTIONS, family: 4, target: TARGET, targetName: TARGET, ...options },
		rounds: { intervalNs: 1 * SECOND, rounds: null, ...rounds },
		context: { ...CONTEXT, ...context },
	});
}

/** A continuous trace that has come to its end, and what it said and sent. */
export interface RoundsPathRun {
	readonly machine: Rounds;
	readonly summary: PathSummary;
	/** All but those of probes. */
	readonly events: readonly RoundsEvent[];
	readonly sent: readonly { readonly atMs: number; readonly ttl: number; readonly sequence: number }[];
}

/** Runs it to its end. */
export function runRoundsPath(path: Path, run: RoundsPathOptions): RoundsPathRun {
	const machine = newRounds(run);
	const statistics = new PathStatistics();
	const events: RoundsEvent[] = [];
	const sent: { atMs: number; ttl: number; sequence: number }[] = [];
	const { inputs = [], sending, stepped } = run;
	const queue: { at: number; input: TracerInput }[] = [];
	const enqueue = (at: number, input: TracerInput) => {
		const place = queue.findIndex((entry) => entry.at > at);
		queue.splice(place < 0 ? queue.length : place, 0, { at, input });
	};
	enqueue(0, { type: "start" });
	for (const { atMs, input } of inputs) enqueue(atMs * MILLISECOND, input);
	let now = 0;
	while (!machine.finished) {
		const { deadline } = machine;
		const next = queue[0];
		let input: TracerInput = { type: "tick" };
		if (next !== undefined && (deadline === null || next.at <= deadline.at)) {
			queue.shift();
			now = Math.max(now, next.at);
			input = next.input;
		} else if (deadline !== null) now = Math.max(now, deadline.at);
		else throw new Error("the trace waits for nothing");
		for (const output of machine.step(input, now)) {
			if (output.type === "event") {
				statistics.take(output.event);
				if (output.event.type !== "probe") events.push(output.event);
			}
			if (output.type !== "send") continue;
			for (const send of output.probes) {
				const atMs = now / MILLISECOND;
				sent.push({ atMs, ttl: send.ttl, sequence: send.sequence });
				const instead = sending?.(send, atMs) ?? null;
				if (instead !== null) {
					enqueue(now, instead);
					continue;
				}
				const answers = path(send, atMs) ?? [];
				for (const answer of Array.isArray(answers) ? answers : [answers]) {
					const at = now + answer.delayMs * MILLISECOND;
					enqueue(at, { type: "reply", reply: icmpReply(send, answer, at) });
				}
			}
		}
		stepped?.(machine);
	}
	return { machine, summary: statistics.summary(), events, sent };
}
