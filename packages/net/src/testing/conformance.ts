/** What every channel must do, checked against a real path whose hops are known. Not part of the package's interface. */

import { readdirSync } from "node:fs";
import {
	type ChannelInput,
	DEFAULT_TRACE_OPTIONS,
	findMethod,
	type ProbeContext,
	type ProbeSend,
	probeContext,
	type Reply,
	type SystemError,
	type TraceMethod,
} from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import type { Channel } from "../channel/channel.ts";
import { watchChannel } from "../channel/choice.ts";
import type { Clock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { isSystemError } from "../errors.ts";
import { BURST, type ConformanceCase, openCase } from "./conformance-channel.ts";
import { type ChannelLimits, LIMITS } from "./conformance-limits.ts";

const WAIT_MS = 1_500;
const LONG_BYTES = 3_000;
/** Methods that count ports, and protocols that no listener of the suite speaks. */
const WITHOUT_OPEN_PORT: ReadonlySet<string> = new Set(["udp-classic", "udplite", "dccp", "sctp", "raw"]);

/** What was found wrong, in words; empty when the channel conforms. */
export async function channelConformance(about: ConformanceCase): Promise<readonly string[]> {
	const backend = openBackend();
	if (isSystemError(backend)) return [`no backend: ${backend.code}`];
	const suite = new Suite(about, backend);
	const before = openDescriptors();
	await suite.run();
	// Node closes its sockets in the next turn of the event loop.
	await new Promise((resolve) => setImmediate(resolve));
	if (openDescriptors() !== before) suite.wrong.push(`descriptors left open: ${openDescriptors() - before}`);
	return suite.wrong;
}

function openDescriptors(): number {
	return readdirSync("/proc/self/fd").length;
}

/** What one exchange brought. */
interface Exchange {
	readonly sent: ReadonlyMap<number, Extract<ChannelInput, { type: "sent" }>>;
	readonly replies: ReadonlyMap<number, Reply>;
	readonly failed: ReadonlyMap<number, SystemError>;
}

class Suite {
	readonly wrong: string[] = [];
	readonly #about: ConformanceCase;
	readonly #limits: ChannelLimits;
	readonly #backend: Backend;
	readonly #clock: Clock;
	readonly #method: TraceMethod;

	constructor(about: ConformanceCase, backend: Backend) {
		this.#about = about;
		this.#limits = LIMITS[about.channel];
		this.#backend = backend;
		this.#clock = backend.clock;
		const method = findMethod(about.method);
		if (method === undefined) throw new TypeError(`no method ${about.method}`);
		this.#method = method;
	}

	async run(): Promise<void> {
		await this.#with({ port: this.#about.closedPort }, (channel, context) => this.#walk(channel, context));
		// Where routers are not heard, it is the target that a burst is for.
		const burstPort = this.#limits.namesRefused ? this.#about.closedPort : this.#about.openPort;
		await this.#with({ port: burstPort }, (channel, context) => this.#burst(channel, context));
		await this.#with({ port: this.#about.openPort }, (channel, context) => this.#open(channel, context));
		await this.#with({ port: this.#about.closedPort }, (channel) => this.#timer(channel));
		if (this.#about.method !== "tcpconnect" && this.#about.method !== "tcp") {
			await this.#with({ port: this.#about.closedPort, dontFragment: true, length: LONG_BYTES }, (channel, context) =>
				this.#tooLong(channel, context),
			);
		}
	}

	#expect(holds: boolean, otherwise: string): void {
		if (!holds) this.wrong.push(otherwise);
	}

	async #with(
		setting: { readonly port: number; readonly dontFragment?: boolean; readonly length?: number },
		check: (channel: Channel, context: ProbeContext) => Promise<void>,
	): Promise<void> {
		const { family, hops } = this.#about;
		const target = hops[hops.length - 1] ?? "";
		const opened = openCase(this.#about, { ...setting, target, method: this.#method, clock: this.#clock });
		if (opened === null) return;
		const { channel, need, port } = opened;
		if (isSystemError(channel)) {
			this.wrong.push(`did not open: ${channel.call} ${channel.errnoName}`, ...opened.close());
			return;
		}
		const options = {
			...DEFAULT_TRACE_OPTIONS,
			target,
			targetName: target,
			family,
			port,
			length: setting.length ?? null,
		};
		const context = probeContext(options, {
			method: this.#method,
			need,
			channel,
			key: 0x57484954,
			secret: new Uint8Array(32),
			crypto: nodeCrypto,
		});
		try {
			await check(channel, context);
		} finally {
			channel.close();
			channel.close();
			this.wrong.push(...opened.close());
		}
	}

	/** One probe for each hop: who answers, with what, and when. */
	async #walk(channel: Channel, context: ProbeContext): Promise<void> {
		const { hops, source } = this.#about;
		this.#expect(channel.source === source, `source ${channel.source} is not ${source}`);
		const mtu = this.#limits.mtu ? 1500 : null;
		this.#expect(channel.mtu === mtu, `MTU ${channel.mtu} is not ${mtu}`);
		this.#expect(channel.read().length === 0, "read before any send was not empty");
		const { sent, replies } = await this.#exchange(
			channel,
			context,
			hops.map((_, index) => ({ sequence: index, ttl: index + 1 })),
		);
		hops.forEach((hop, index) => {
			const reply = replies.get(index);
			if (reply === undefined) {
				if (this.#isHeard(index + 1)) this.wrong.push(`TTL ${index + 1} was not answered`);
				return;
			}
			this.#expect(reply.from === hop, `TTL ${index + 1} answered by ${reply.from}, not ${hop}`);
			this.#checkStamps(index, sent.get(index), reply);
			this.#checkReply(reply, index);
			if (reply.type === "icmpError") this.#checkQuote(reply, context, sent.get(index)?.sourcePort ?? null);
		});
		const last = replies.get(hops.length - 1);
		const refused = last?.type !== "connect" || (last.outcome === "refused" && last.rttNs === null);
		this.#expect(refused, "a closed port did not refuse");
	}

	/** Whether whoever answers to this TTL is heard by this kind of channel. */
	#isHeard(ttl: number): boolean {
		return this.#limits.hops || ttl >= this.#about.hops.length;
	}

	#checkStamps(sequence: number, sent: Extract<ChannelInput, { type: "sent" }> | undefined, reply: Reply): void {
		const { stamp } = this.#limits;
		const stampsSend = this.#about.method !== "tcpconnect";
		const stampsReceive = reply.type !== "connect";
		this.#expect(sent !== undefined, `no sent for ${sequence}`);
		this.#expect(!stampsSend || sent?.stamp === stamp, `send of ${sequence} stamped by ${sent?.stamp}`);
		this.#expect(!stampsReceive || reply.stamp === stamp, `answer to ${sequence} stamped by ${reply.stamp}`);
		const roundTrip = reply.at - (sent?.at ?? 0);
		this.#expect(roundTrip > 0 && roundTrip < 1e9, `round trip of ${sequence} was ${roundTrip} ns`);
	}

	#checkReply(reply: Reply, index: number): void {
		const ownSocket = this.#about.channel !== "raw" && this.#needsOwnSockets();
		this.#expect(reply.socket === (ownSocket ? index : null), `socket of ${index} is ${reply.socket}`);
		if (reply.type === "connect") return;
		if (!this.#limits.headers) {
			this.#expect(reply.ttl === null && reply.tos === null, `TTL of the answer to ${index} is ${reply.ttl}`);
			return;
		}
		this.#expect(reply.ttl === 64 - Math.max(0, index), `TTL of the answer to ${index} is ${reply.ttl}`);
		this.#expect(reply.tos !== null, `TOS of the answer to ${index} is unknown`);
	}

	#needsOwnSockets(): boolean {
		return this.#method.channels.some(({ kind, ports }) => kind !== "raw" && ports === "perProbe");
	}

	#checkQuote(reply: Extract<Reply, { type: "icmpError" }>, context: ProbeContext, port: number | null): void {
		const { quoted } = reply;
		this.#expect(quoted.destination === context.target, `quoted destination ${quoted.destination}`);
		const ports = context.sourcePorts.length > 0 ? context.sourcePorts : [port];
		const portless = this.#method.defaultPort === null;
		const named = portless || (quoted.sourcePort !== null && ports.includes(quoted.sourcePort));
		this.#expect(named, `quoted source port ${quoted.sourcePort} is not of ${ports.join(",")}`);
		const destined = portless || quoted.destinationPort === context.port || this.#method.name === "udp-classic";
		this.#expect(destined, `quoted destination port ${quoted.destinationPort}`);
	}

	/** Many probes in one send: every one leaves, and every stamp is that of its own probe. */
	async #burst(channel: Channel, context: ProbeContext): Promise<void> {
		const hops = this.#about.hops.length;
		const wanted = Array.from({ length: BURST }, (_, sequence) => ({ sequence, ttl: 1 + (sequence % hops) }));
		const { sent, replies } = await this.#exchange(channel, context, wanted);
		this.#expect(sent.size === BURST, `${sent.size} of ${BURST} sent`);
		const heard = wanted.filter(({ ttl }) => this.#isHeard(ttl)).length;
		this.#expect(replies.size === heard, `${replies.size} of ${heard} answered`);
		let previous = 0;
		for (const { sequence } of wanted) {
			const at = sent.get(sequence)?.at ?? 0;
			this.#expect(at > previous, `${sequence} was sent before its predecessor`);
			previous = at;
			const reply = replies.get(sequence);
			if (reply !== undefined) this.#checkStamps(sequence, sent.get(sequence), reply);
		}
	}

	/** The target itself answers: by a datagram, an echo, a segment or a connection. */
	async #open(channel: Channel, context: ProbeContext): Promise<void> {
		if (WITHOUT_OPEN_PORT.has(this.#method.name)) return;
		const { sent, replies } = await this.#exchange(channel, context, [{ sequence: 0, ttl: 64 }]);
		const reply = replies.get(0);
		this.#expect(reply?.from === context.target, `open port answered by ${reply?.from}`);
		if (reply === undefined) return;
		this.#checkStamps(0, sent.get(0), reply);
		if (this.#method.name === "tcpconnect") {
			const connected = reply.type === "connect" && reply.outcome === "connected" && (reply.rttNs ?? 0) > 0;
			this.#expect(connected, "an open port did not connect with a round trip of the kernel's");
		} else {
			const hasTtl = reply.type === "packet" && reply.ttl !== null;
			this.#expect(hasTtl === this.#limits.headers && reply.type === "packet", `open port gave ${reply.type}`);
		}
	}

	async #timer(channel: Channel): Promise<void> {
		const from = this.#clock.now();
		channel.arm(from + 20e6);
		await this.#readable(channel);
		const late = this.#clock.now() - from - 20e6;
		this.#expect(late >= 0 && late < 100e6, `timer came ${late} ns after its time`);
		this.#expect(channel.read().length === 0, "a timer is no input");
		channel.arm(this.#clock.now() + 10e6);
		channel.arm(null);
	}

	/** Longer than the MTU and not to be fragmented: said at once, once for each probe. */
	async #tooLong(channel: Channel, context: ProbeContext): Promise<void> {
		const { failed, sent } = await this.#exchange(channel, context, [{ sequence: 0, ttl: 1 }]);
		this.#expect(sent.size === 0 && failed.get(0)?.code === "messageTooLong", `too long: ${failed.get(0)?.code}`);
	}

	async #exchange(
		channel: Channel,
		context: ProbeContext,
		wanted: readonly { readonly sequence: number; readonly ttl: number }[],
	): Promise<Exchange> {
		const sent = new Map<number, Extract<ChannelInput, { type: "sent" }>>();
		const replies = new Map<number, Reply>();
		const failed = new Map<number, SystemError>();
		const probes: ProbeSend[] = wanted.map(({ sequence, ttl }) => ({
			sequence,
			ttl,
			packet: this.#method.probe(context, { sequence, ttl, flow: 0 }),
		}));
		channel.send(probes);
		const until = this.#clock.now() + WAIT_MS * 1e6;
		while (replies.size + failed.size < wanted.length && this.#clock.now() < until) {
			for (const input of channel.read()) {
				if (input.type === "sent") sent.set(input.sequence, input);
				else if (input.type === "sendFailed") failed.set(input.sequence, input.error);
				else if (input.type === "reply") this.#sort(context, input.reply, replies);
			}
			if (replies.size + failed.size >= wanted.length) break;
			channel.arm(until);
			await this.#readable(channel);
		}
		return { sent, replies, failed };
	}

	#sort(context: ProbeContext, reply: Reply, replies: Map<number, Reply>): void {
		const match = this.#method.match(context, reply);
		if (match.type === "probe") replies.set(match.sequence, reply);
		// Only the last hop refuses.
		else if (match.type === "flow" && !this.#limits.namesRefused) replies.set(this.#about.hops.length - 1, reply);
		else this.wrong.push(`an answer from ${reply.from} was ${match.type}`);
	}

	#readable(channel: Channel): Promise<void> {
		return new Promise((resolve) => {
			const watch = watchChannel(channel, this.#backend, () => {
				watch.close();
				resolve();
			});
		});
	}
}
