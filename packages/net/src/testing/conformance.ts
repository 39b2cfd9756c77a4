/** What every channel must do, checked against a real path whose hops are known. Not part of the package's interface. */

import { readdirSync } from "node:fs";
import {
	type ChannelInput,
	DEFAULT_TRACE_OPTIONS,
	type Family,
	findMethod,
	type ProbeContext,
	type ProbeSend,
	probeContext,
	type Reply,
	type SystemError,
	type TraceMethod,
} from "@whither/core";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { openChannel } from "../channel/open.ts";
import { type Clock, createClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { isSystemError } from "../errors.ts";
import { openWorkspace, type Workspace } from "../native/workspace.ts";

/** One run of the suite: a method on one of its channels, over a path with these hops, the target last. */
export interface ConformanceCase {
	readonly method: string;
	readonly channel: "errorQueue" | "raw";
	readonly family: Family;
	readonly hops: readonly string[];
	readonly source: string;
	/** A port that nobody listens on. */
	readonly closedPort: number;
	/** A port where a UDP echo and a TCP listener answer. */
	readonly openPort: number;
}

const BURST = 60;
const WAIT_MS = 1_500;
const LONG_BYTES = 3_000;
/** Methods that count ports, and protocols that no listener of the suite speaks. */
const WITHOUT_OPEN_PORT: ReadonlySet<string> = new Set(["udp-classic", "udplite", "dccp", "sctp", "raw"]);

/** What was found wrong, in words; empty when the channel conforms. */
export async function channelConformance(about: ConformanceCase): Promise<readonly string[]> {
	const workspace = openWorkspace();
	if (isSystemError(workspace)) return [`no libc: ${workspace.code}`];
	const suite = new Suite(about, workspace);
	const before = openDescriptors();
	await suite.run();
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
	readonly #workspace: Workspace;
	readonly #clock: Clock;
	readonly #method: TraceMethod;

	constructor(about: ConformanceCase, workspace: Workspace) {
		this.#about = about;
		this.#workspace = workspace;
		this.#clock = createClock(workspace);
		const method = findMethod(about.method);
		if (method === undefined) throw new TypeError(`no method ${about.method}`);
		this.#method = method;
	}

	async run(): Promise<void> {
		await this.#with({ port: this.#about.closedPort }, (channel, context) => this.#walk(channel, context));
		await this.#with({ port: this.#about.closedPort }, (channel, context) => this.#burst(channel, context));
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
		const { family, hops, channel: kind } = this.#about;
		const need = this.#method.channels.find((one) => one.kind === kind);
		if (need === undefined) throw new TypeError(`${this.#method.name} has no ${kind} channel`);
		const target = hops[hops.length - 1] ?? "";
		const request: ChannelRequest = {
			need,
			family,
			target,
			port: this.#method.defaultPort === null ? 0 : setting.port,
			source: null,
			interface: null,
			sourcePort: null,
			tos: 0,
			flowLabel: 0,
			dontFragment: setting.dontFragment ?? false,
			bypassRouting: false,
			gateways: [],
			looseMatch: false,
			capture: false,
			fwmark: null,
			portCount: BURST,
			connections: 1,
			clock: this.#clock,
		};
		const channel = openChannel(request);
		if (isSystemError(channel)) {
			this.wrong.push(`did not open: ${channel.call} ${channel.errnoName}`);
			return;
		}
		const options = {
			...DEFAULT_TRACE_OPTIONS,
			target,
			targetName: target,
			family,
			port: request.port,
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
		}
	}

	/** One probe for each hop: who answers, with what, and when. */
	async #walk(channel: Channel, context: ProbeContext): Promise<void> {
		const { hops, source } = this.#about;
		this.#expect(channel.source === source, `source ${channel.source} is not ${source}`);
		this.#expect(channel.mtu === 1500, `MTU ${channel.mtu} is not 1500`);
		this.#expect(channel.read().length === 0, "read before any send was not empty");
		const { sent, replies } = await this.#exchange(
			channel,
			context,
			hops.map((_, index) => ({ sequence: index, ttl: index + 1 })),
		);
		hops.forEach((hop, index) => {
			const reply = replies.get(index);
			if (reply === undefined) {
				this.wrong.push(`TTL ${index + 1} was not answered`);
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

	#checkStamps(sequence: number, sent: Extract<ChannelInput, { type: "sent" }> | undefined, reply: Reply): void {
		const kernelSend = this.#about.method !== "tcpconnect";
		const kernelReceive = reply.type !== "connect";
		this.#expect(sent !== undefined, `no sent for ${sequence}`);
		this.#expect(!kernelSend || sent?.stamp === "kernel", `send of ${sequence} stamped by ${sent?.stamp}`);
		this.#expect(!kernelReceive || reply.stamp === "kernel", `answer to ${sequence} stamped by ${reply.stamp}`);
		const roundTrip = reply.at - (sent?.at ?? 0);
		this.#expect(roundTrip > 0 && roundTrip < 1e9, `round trip of ${sequence} was ${roundTrip} ns`);
	}

	#checkReply(reply: Reply, index: number): void {
		const ownSocket = this.#about.channel === "errorQueue" && this.#needsOwnSockets();
		this.#expect(reply.socket === (ownSocket ? index : null), `socket of ${index} is ${reply.socket}`);
		if (reply.type === "connect") return;
		this.#expect(reply.ttl === 64 - Math.max(0, index), `TTL of the answer to ${index} is ${reply.ttl}`);
		this.#expect(reply.tos !== null, `TOS of the answer to ${index} is unknown`);
	}

	#needsOwnSockets(): boolean {
		return this.#method.channels.some(({ kind, ports }) => kind === this.#about.channel && ports === "perProbe");
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
		this.#expect(replies.size === BURST, `${replies.size} of ${BURST} answered`);
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
		} else this.#expect(reply.type === "packet" && reply.ttl !== null, `open port gave ${reply.type}`);
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
		else this.wrong.push(`an answer from ${reply.from} was ${match.type}`);
	}

	#readable(channel: Channel): Promise<void> {
		return new Promise((resolve) => {
			const watch = this.#workspace.libc.watch(channel.pollFd, () => {
				watch.close();
				resolve();
			});
		});
	}
}
