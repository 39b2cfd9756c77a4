/**
 * A path for tests of the tracer alone: no packets, only delays. A method of its own carries the sequence number in
 * the quote, so that nothing here depends on a protocol.
 */
import type { CryptoPort } from "@whither/wire";
import { MILLISECOND } from "../machine.ts";
import type { ChannelInput, IcmpErrorReply, ProbeSend } from "./channel.ts";
import type { TraceEvent } from "./events.ts";
import type { ProbeContext, ReplyMeaning, TraceMethod } from "./method.ts";
import { DEFAULT_TRACE_OPTIONS, type TraceOptions } from "./options.ts";
import type { TraceResult } from "./result.ts";
import { traceResult } from "./trace-result.ts";
import { Tracer } from "./tracer.ts";
import type { TracerInput } from "./tracer-io.ts";

/** Where every path of the tests ends. */
export const TARGET = "203.0.113.7";

const MEANINGS: Readonly<Record<number, ReplyMeaning>> = {
	11: { kind: "timeExceeded", place: "hop", detail: {} },
	3: { kind: "portUnreachable", place: "target", detail: {} },
	1: { kind: "unreachable", place: "end", detail: {} },
};

const TOO_BIG: ReplyMeaning = { kind: "packetTooBig", place: "end", detail: {} };

/** A type that no router sends: the target asks for another packet. */
const ASKS_AGAIN = 9;

/** Names the probe by the first two quoted bytes; an empty quote names only the flow. */
export const numbered: TraceMethod = {
	name: "numbered",
	summary: "for tests",
	channels: [],
	defaultPort: 33434,
	defaultLength: { 4: 60, 6: 80 },
	minimumLength: { 4: 28, 6: 48 },
	probe: (context, { sequence, state, length }) => ({
		transport: "udp",
		protocol: 17,
		sourcePort: 1,
		destinationPort: 2,
		bytes: padded([sequence >> 8, sequence & 0xff, ...(state === undefined ? [] : [1])], length ?? context.length),
	}),
	match: (_context, reply) => {
		if (reply.type !== "icmpError") return { type: "foreign", reason: "otherProtocol" };
		if (reply.icmp.type === ASKS_AGAIN) {
			const [high = 0, low = 0] = reply.quoted.payload;
			return { type: "again", sequence: (high << 8) | low, state: "more", detail: { why: "retry" } };
		}
		const meaning = reply.icmp.type === 3 && reply.icmp.code === 4 ? TOO_BIG : MEANINGS[reply.icmp.type];
		if (meaning === undefined) return { type: "foreign", reason: "notAnError" };
		const [high, low] = reply.quoted.payload;
		if (high === undefined || low === undefined) return { type: "flow", meaning };
		return { type: "probe", sequence: (high << 8) | low, meaning };
	},
};

/** Bytes that make an IPv4 UDP packet of this length. */
function padded(bytes: readonly number[], packetLength: number): Uint8Array {
	const payload = new Uint8Array(Math.max(bytes.length, packetLength - 28));
	payload.set(bytes);
	return payload;
}

const unused = (): never => {
	throw new Error("not used here");
};

/** Methods without cryptography need none. */
export const NO_CRYPTO: CryptoPort = {
	sha256: unused,
	hmacSha256: unused,
	aes128EncryptBlock: unused,
	aes128GcmSeal: unused,
	aes128GcmOpen: unused,
};

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
	queries: 3,
};

/** One answer of the path: ICMP type, delay in milliseconds, who; `quote: "short"` does not name the probe. */
export interface PathAnswer {
	readonly type: 11 | 3 | 1 | 9;
	readonly delayMs: number;
	readonly from: string;
	readonly quote?: "short";
	/** The router refuses the packet for its length and tells this (type 3, code 4); null: it tells nothing. */
	readonly mtu?: number | null;
}

/** What a probe meets: nothing, one answer or several. */
export type Path = (send: ProbeSend, nowMs: number) => PathAnswer | readonly PathAnswer[] | null;

/** Routers 10.0.0.TTL at `stepMs` a hop, then the target; `silent` TTLs say nothing. */
export function straightPath(hops: number, stepMs: number, silent: readonly number[] = []): Path {
	return ({ ttl }) => {
		if (silent.includes(Math.min(ttl, hops))) return null;
		if (ttl >= hops) return { type: 3, delayMs: hops * stepMs, from: TARGET };
		return { type: 11, delayMs: ttl * stepMs, from: `10.0.0.${ttl}` };
	};
}

/** What a tracer is made from, and what happens to it on its way. */
export interface RunOptions {
	readonly options?: Partial<TraceOptions>;
	/** Default: `numbered`. */
	readonly method?: TraceMethod;
	readonly context?: Partial<ProbeContext>;
	/** Inputs from outside at a time, such as a stop. */
	readonly inputs?: readonly { readonly atMs: number; readonly input: TracerInput }[];
	/** How late the tracer is told that a deadline has come: a busy machine. */
	readonly lagMs?: number;
	/** Called for each probe; an input returned is given back at once instead of the path's answer. */
	readonly sending?: (send: ProbeSend, nowMs: number) => ChannelInput | null;
}

/** A tracer that has come to its end, and what it said and sent. */
export interface Run {
	readonly tracer: Tracer;
	readonly result: TraceResult;
	readonly events: readonly TraceEvent[];
	/** TTL, time in milliseconds and length of every packet. */
	readonly sent: readonly { readonly ttl: number; readonly atMs: number; readonly length: number }[];
	readonly durationMs: number;
}

/** A machine at its beginning. */
export function newTracer({ options, method, context }: Pick<RunOptions, "options" | "method" | "context">): Tracer {
	return new Tracer({
		method: method ?? numbered,
		options: { ...DEFAULT_TRACE_OPTIONS, family: 4, target: TARGET, targetName: TARGET, ...options },
		context: { ...CONTEXT, ...context },
	});
}

/** Runs a tracer over a path in virtual time; throws after 20,000 steps, so that a livelock fails. */
export function runPath(path: Path, run: RunOptions = {}): Run {
	const { inputs = [], lagMs = 0, sending } = run;
	const tracer = newTracer(run);
	const events: TraceEvent[] = [];
	const sent: { ttl: number; atMs: number; length: number }[] = [];
	const queue: { at: number; input: TracerInput }[] = [
		{ at: 0, input: { type: "start" } },
		...inputs.map(({ atMs, input }) => ({ at: atMs * MILLISECOND, input })),
	];
	let now = 0;
	for (let steps = 0; !tracer.finished; steps++) {
		if (steps > 20_000) throw new Error("the tracer does not come to an end");
		queue.sort((a, b) => a.at - b.at);
		const deadline = tracer.deadline;
		const next = queue[0];
		let input: TracerInput = { type: "tick" };
		if (next !== undefined && (deadline === null || next.at <= deadline.at)) {
			queue.shift();
			now = Math.max(now, next.at);
			input = next.input;
		} else if (deadline !== null) now = Math.max(now, deadline.at + lagMs * MILLISECOND);
		else throw new Error("the tracer waits for nothing");
		for (const output of tracer.step(input, now)) {
			if (output.type === "event") events.push(output.event);
			if (output.type !== "send") continue;
			for (const send of output.probes) {
				const nowMs = now / MILLISECOND;
				const instead = sending?.(send, nowMs) ?? null;
				if (instead !== null) {
					queue.push({ at: now, input: instead });
					if (instead.type !== "sent") continue;
				}
				sent.push({ ttl: send.ttl, atMs: nowMs, length: packetLength(send) });
				const answers = path(send, nowMs) ?? [];
				for (const answer of Array.isArray(answers) ? answers : [answers]) {
					const at = now + answer.delayMs * MILLISECOND;
					queue.push({ at, input: { type: "reply", reply: icmpReply(send, answer, at) } });
				}
			}
		}
	}
	const result = traceResult(tracer, {
		tool: { name: "test", version: "0" },
		args: [],
		startedAt: "2026-01-01T00:00:00Z",
	});
	return { tracer, result, events, sent, durationMs: result.durationNs / MILLISECOND };
}

/** Bytes of the IPv4 packet that a probe becomes. */
export function packetLength(send: ProbeSend): number {
	return send.packet.bytes.length + 28;
}

/** An ICMP error about one probe. */
export function icmpReply(send: ProbeSend, answer: PathAnswer, at: number): IcmpErrorReply {
	return {
		type: "icmpError",
		at,
		stamp: "kernel",
		from: answer.from,
		ttl: 64,
		tos: 0,
		socket: null,
		icmp: { type: answer.type, code: answer.type !== 3 ? 0 : answer.mtu === undefined ? 3 : 4 },
		mtu: answer.mtu ?? null,
		quoted: {
			protocol: 17,
			source: null,
			destination: TARGET,
			sourcePort: null,
			destinationPort: null,
			segment: null,
			payload: answer.quote === "short" ? new Uint8Array(0) : send.packet.bytes,
			bytes: null,
			ip: null,
		},
		extensions: [],
	};
}

/** Addresses of a hop's answers, `*` for none. */
export function shownHops(result: TraceResult): string[] {
	return result.hops.map(({ ttl, probes }) => `${ttl} ${probes.map((probe) => probe.from ?? "*").join(" ")}`);
}
