/** A trace on the socket of a program, in an internet that goes on around it. */
import {
	type ChannelInput,
	channelFacts,
	channelOrder,
	findMethod,
	type Instant,
	probeContext,
	type TraceEvent,
	type TraceOptions,
	type TraceOrder,
	type TraceResult,
	Tracer,
	type TracerInput,
	traceResult,
} from "@whither/core";
import type { CryptoPort } from "@whither/wire";
import type { Internet } from "./internet.ts";
import { Random } from "./random.ts";
import { SimChannel } from "./sim-channel.ts";

/** What is traced, from where. */
export interface FlowTraceOrder extends Pick<TraceOrder, "tool" | "args"> {
	readonly internet: Internet;
	readonly node: string;
	/** Its `sourcePort` is the program's own. */
	readonly options: TraceOptions;
	readonly crypto: CryptoPort;
	readonly seed: number;
	readonly startedAt: string;
	readonly onEvent: (event: TraceEvent) => void;
	readonly onEnd: (result: TraceResult) => void;
}

/** One under way. */
export interface RunningFlowTrace {
	stop(now: Instant): void;
}

/** Begins one; it goes on as virtual time does. Throws RangeError for a method that cannot borrow a socket. */
export function traceFlowIn(order: FlowTraceOrder, now: Instant): RunningFlowTrace {
	const run = new FlowTrace(order, now);
	run.take({ type: "start" }, now);
	return { stop: (at) => run.take({ type: "stop" }, at) };
}

class FlowTrace {
	readonly #order: FlowTraceOrder;
	readonly #channel: SimChannel;
	readonly #tracer: Tracer;
	/** The trace's own times count from then. */
	readonly #beganAt: Instant;
	#isOver = false;
	/** Answers that come of a step's own sends wait for its end. */
	#isStepping = false;

	constructor(order: FlowTraceOrder, now: Instant) {
		const { internet, node, options, seed, crypto } = order;
		this.#order = order;
		this.#beganAt = now;
		const method = findMethod(options.method);
		const [need] = method === undefined ? [] : channelOrder(method, { ...options, channels: ["borrowed"] });
		if (method === undefined || need === undefined) throw new RangeError(`${options.method} cannot borrow a socket`);
		const facts = channelFacts(method, options);
		const heard = (at: Instant) => this.#drain(at);
		this.#channel = new SimChannel({ ...facts, internet, node, need, seed, shared: true, heard });
		const random = new Random(seed);
		const [key, secret] = [random.uint32(), random.bytes(32)];
		const context = probeContext(options, { method, need, channel: this.#channel, key, secret, crypto });
		this.#tracer = new Tracer({ method, options, context });
	}

	/** One input and all that comes of it. */
	take(input: TracerInput, now: Instant): void {
		this.#step(input, now);
		this.#drain(now);
	}

	#step(input: TracerInput, now: Instant): void {
		if (this.#isOver) return;
		this.#isStepping = true;
		for (const output of this.#tracer.step(input, now - this.#beganAt)) {
			if (output.type === "send") this.#channel.send(output.probes, now);
			else if (output.type === "event") this.#order.onEvent(output.event);
		}
		this.#isStepping = false;
	}

	#drain(now: Instant): void {
		if (this.#isStepping || this.#isOver) return;
		for (let inputs = this.#channel.read(); inputs.length > 0; inputs = this.#channel.read())
			for (const input of inputs) this.#step(this.#sinceBeginning(input), now);
		if (this.#tracer.finished) this.#end();
		else this.#await(now);
	}

	#sinceBeginning(input: ChannelInput): ChannelInput {
		if (input.type === "sent") return { ...input, at: input.at - this.#beganAt };
		if (input.type !== "reply") return input;
		return { type: "reply", reply: { ...input.reply, at: input.reply.at - this.#beganAt } };
	}

	#await(now: Instant): void {
		const { deadline } = this.#tracer;
		if (deadline === null) return;
		const at = Math.max(now, deadline.at + this.#beganAt);
		this.#order.internet.schedule(at, () => {
			const due = this.#tracer.deadline?.at ?? Number.POSITIVE_INFINITY;
			if (!this.#isOver && due + this.#beganAt <= at) this.take({ type: "tick" }, at);
		});
	}

	#end(): void {
		this.#isOver = true;
		this.#channel.close();
		const { tool, args, startedAt, onEnd } = this.#order;
		onEnd(traceResult(this.#tracer, { tool, args, startedAt }));
	}
}
