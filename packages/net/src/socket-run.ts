/** Runs a machine that probes on a channel in this thread: waits in one place, drains, steps, sends. */
import {
	type ChannelInput,
	findMethod,
	type Instant,
	type Machine,
	type ProbeContext,
	type ProbeSend,
	probeContext,
	type ResultFacts,
	type RunningTrace,
	type TraceFailure,
	type TraceMethod,
	type TraceOrder,
	type TracerInput,
} from "@whither/core";
import { openBackend } from "./backend.ts";
import type { Channel } from "./channel/channel.ts";
import { type ChannelOpener, openBestChannel, watchChannel } from "./channel/choice.ts";
import type { Clock } from "./clock.ts";
import { nodeCrypto } from "./crypto.ts";
import { defectText, isSystemError } from "./errors.ts";
import type { Watch } from "./native/libc.ts";
import { drawSecrets } from "./probe-secrets.ts";

/** Inputs taken in one turn before the timer and the event loop get theirs, however much more is waiting. */
const INPUTS_PER_TURN = 2_000;

/** No timer goes off so much before its time. */
const TIMER_SLACK_NS = 1e6;

/** A machine that sends probes. `lingersUntil`: until when it wants to be stepped after its end. */
interface ProbingMachine<Output> extends Machine<TracerInput, Output> {
	readonly finished: boolean;
	readonly nextSendAt: Instant | null;
	readonly lingersUntil?: Instant | null;
}

/** What is run: the machine, where its outputs go, and what is said at its end. */
export interface Job<Output> {
	readonly machine: ProbingMachine<Output>;
	readonly take: (output: Output, send: (probes: readonly ProbeSend[]) => void, clock: Clock) => void;
	readonly end: (facts: ResultFacts) => void;
}

/** Makes it once its channel is open. */
export type JobMaker<Output> = (method: TraceMethod, context: ProbeContext) => Job<Output>;

/** What a run is started with. */
export interface RunSetting<Output> {
	readonly job: JobMaker<Output>;
	readonly failed: (message: { readonly type: "failed"; readonly error: TraceFailure }) => void;
	/** Where its channel comes from; default: a new one. */
	readonly open?: ChannelOpener;
}

/** Starts a run; its messages begin after this function has returned. */
export function startRun<Output>(order: TraceOrder, setting: RunSetting<Output>): RunningTrace {
	const run = new SocketRun(order, setting);
	queueMicrotask(() => run.start());
	return { stop: () => run.stop(), closed: run.closed };
}

/** Every run under way in this thread, so that none is collected and all can be closed. */
const runs = new Set<{ close(): void }>();

/** Ends every run of this thread at once, without results: for a worker that must go. */
export function abandonRuns(): void {
	for (const run of [...runs]) run.close();
}

interface RunParts<Output> {
	readonly job: Job<Output>;
	readonly channel: Channel;
	readonly clock: Clock;
}

class SocketRun<Output> {
	readonly #order: TraceOrder;
	readonly #setting: RunSetting<Output>;
	#parts: RunParts<Output> | null = null;
	#watch: Watch | null = null;
	#again: NodeJS.Immediate | null = null;
	#queue: ChannelInput[] = [];
	/** An answer of the target is in the queue. */
	#targetWaits = false;
	#now: Instant = 0;
	#stopAsked = false;
	/** What the timer is set to. */
	#armedAt: Instant | null = null;
	/** The result is told; only connections are still being closed. */
	#lingering = false;
	#closed = false;
	readonly closed: Promise<void>;
	#resolveClosed: () => void = () => {};

	constructor(order: TraceOrder, setting: RunSetting<Output>) {
		this.#order = order;
		this.#setting = setting;
		this.closed = new Promise((resolve) => {
			this.#resolveClosed = resolve;
		});
	}

	start(): void {
		runs.add(this);
		try {
			this.#open();
		} catch (error) {
			this.#crash(error);
		}
	}

	stop(): void {
		this.#stopAsked = true;
		if (this.#lingering) this.close();
		else if (this.#parts !== null) this.#turn({ type: "stop" });
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		runs.delete(this);
		if (this.#again !== null) clearImmediate(this.#again);
		this.#watch?.close();
		this.#parts?.channel.close();
		this.#resolveClosed();
	}

	#open(): void {
		const method = findMethod(this.#order.options.method);
		if (method === undefined) {
			this.#fail({ code: "unknownMethod", method: this.#order.options.method });
			return;
		}
		const backend = openBackend();
		if (isSystemError(backend)) {
			this.#fail(backend);
			return;
		}
		const { clock } = backend;
		const { job, open = null } = this.#setting;
		const opened = openBestChannel(method, this.#order.options, { backend, open });
		if (isSystemError(opened)) {
			this.#fail(opened);
			return;
		}
		const { channel } = opened;
		const parts = { method, ...opened, ...drawSecrets(backend), crypto: nodeCrypto };
		const context = probeContext(this.#order.options, parts);
		this.#parts = { job: job(method, context), channel, clock };
		this.#watch = watchChannel(channel, backend, () => this.#turn(null));
		const isOpening = channel.kind === "session";
		if (!isOpening) method.prepare?.(context);
		this.#turn({ type: "start" });
		if (isOpening) method.prepare?.(context);
		if (this.#stopAsked) this.#turn({ type: "stop" });
	}

	#turn(first: TracerInput | null): void {
		if (this.#closed || this.#parts === null) return;
		try {
			if (first !== null) this.#step(first, this.#parts.clock.now());
			this.#drain();
		} catch (error) {
			this.#crash(error);
		}
	}

	/** Reads and steps until nothing is left, then arms the timer; a flood is interrupted for the event loop's sake. */
	#drain(): void {
		const parts = this.#parts;
		if (parts === null) return;
		const { channel, clock } = parts;
		const { machine } = parts.job;
		for (let taken = 0; taken < INPUTS_PER_TURN; ) {
			// Whatever came before this instant is read before anything is given up at it.
			const readAt = clock.now();
			this.#collect(channel);
			let found = 0;
			for (let input = this.#queue.shift(); input !== undefined; input = this.#queue.shift()) {
				this.#sendDue(parts);
				this.#step(input, happenedAt(input) ?? this.#now);
				if (this.#closed) return;
				found++;
			}
			taken += found;
			if (found > 0) continue;
			if (this.#lingering) {
				this.#linger(parts, readAt);
				return;
			}
			if ((machine.deadline?.at ?? Number.POSITIVE_INFINITY) > readAt) {
				this.#arm(channel, machine.deadline?.at ?? null, readAt);
				return;
			}
			this.#step({ type: "tick" }, readAt);
			if (this.#closed) return;
		}
		if (!this.#lingering) this.#step({ type: "tick" }, clock.now());
		this.#again ??= setImmediate(() => {
			this.#again = null;
			this.#turn(null);
		});
	}

	/**
	 * Most answers leave the deadline where it was: the timer is left alone then, unless it may just have gone off too early.
	 * A borrowed channel tells by the same timer that something has come, and so has set it to another time meanwhile.
	 */
	#arm(channel: Channel, at: Instant | null, now: Instant): void {
		const isOurs = channel.kind !== "borrowed";
		if (isOurs && at !== null && at === this.#armedAt && at - now > TIMER_SLACK_NS) return;
		this.#armedAt = at;
		channel.arm(at);
	}

	/** The machine has ended: waits on while late answers or ends of connections are owed, then closes. */
	#linger({ job, channel }: RunParts<Output>, now: Instant): void {
		const until = Math.max(job.machine.lingersUntil ?? 0, channel.lingersUntil ?? 0);
		if (until > now) channel.arm(until);
		else this.close();
	}

	/**
	 * Probes that are due do not wait until the answers in the queue have been taken in, unless the target is among those
	 * who answered: then they may be needless.
	 */
	#sendDue({ job, clock }: RunParts<Output>): void {
		const sendAt = job.machine.nextSendAt;
		if (sendAt === null || this.#targetWaits) return;
		const now = clock.now();
		if (sendAt <= now) this.#step({ type: "due" }, now);
	}

	/**
	 * Puts what has come into the queue, by the time it happened since several sockets are read one after the other. That
	 * probes have left comes first: until the tracer knows when, it counts their waiting from too early. Of two times for
	 * one probe only the later word, the kernel's, is passed on.
	 */
	#collect(channel: Channel): void {
		const inputs = channel.read();
		if (inputs.length === 0) return;
		const sent = new Map(inputs.flatMap((input) => (input.type === "sent" ? [[input.sequence, input]] : [])));
		const others = [...this.#queue, ...inputs.filter((input) => input.type !== "sent")];
		others.sort((a, b) => (happenedAt(a) ?? 0) - (happenedAt(b) ?? 0));
		this.#queue = [...sent.values(), ...others];
		const { target } = this.#order.options;
		this.#targetWaits = others.some((input) => input.type === "reply" && input.reply.from === target);
	}

	/** The tracer lives in the time in which things happened, not in that in which we got round to reading them. */
	#step(input: TracerInput, at: Instant): void {
		const parts = this.#parts;
		if (parts === null || this.#closed) return;
		const { job, channel, clock } = parts;
		if (input.type !== "sent") this.#now = Math.max(this.#now, at);
		const send = (probes: readonly ProbeSend[]) => {
			channel.send(probes);
			this.#collect(channel);
		};
		for (const output of job.machine.step(input, this.#now)) job.take(output, send, clock);
		if (job.machine.finished && !this.#lingering) this.#end(parts);
	}

	#end({ job, channel, clock }: RunParts<Output>): void {
		const { tool, args } = this.#order;
		channel.finish?.();
		this.#lingering = true;
		this.#linger({ job, channel, clock }, clock.now());
		job.end({ tool, args, startedAt: clock.startedAt });
	}

	#fail(error: TraceFailure): void {
		if (this.#closed) return;
		this.close();
		if (this.#lingering) return;
		this.#setting.failed({ type: "failed", error });
	}

	/** A defect of ours must not leave anybody waiting. */
	#crash(error: unknown): void {
		this.#fail({ code: "internal", where: "trace", about: defectText(error) });
	}
}

/** When an input happened; null for those without a time. */
function happenedAt(input: TracerInput): Instant | null {
	if (input.type === "sent") return input.at;
	return input.type === "reply" ? input.reply.at : null;
}
