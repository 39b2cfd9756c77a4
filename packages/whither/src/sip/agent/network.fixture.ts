/** A small network of SIP in memory: agents and proxies, in virtual time, with what goes wrong on the way by a seed. */
import { type Instant, MILLISECOND } from "@whither/core";
import { decodeUtf8 } from "@whither/wire";
import { parseSipUri, sipUriParameter } from "../message/uri.ts";
import type { SipHop } from "../transport/hop.ts";
import { SipAgent } from "./agent.ts";
import type { SipAgentConfig, SipAgentInput, SipAgentOutput, SipEvent } from "./agent-io.ts";

/** What goes wrong with datagrams; connections lose nothing. */
export interface Impairments {
	readonly seed: number;
	/** 0 to 1. */
	readonly loss: number;
	/** Datagrams that come later, by as much as 100 ms; 0 to 1. */
	readonly reordering: number;
}

/** What lives at an address: an agent, or something else that speaks SIP. */
export interface SipNode {
	step(input: SipAgentInput, now: Instant): readonly SipAgentOutput[];
	readonly deadline: { readonly at: Instant } | null;
}

/** One message that was sent, whether it came or not. */
export interface SentMessage {
	readonly at: Instant;
	readonly from: string;
	readonly to: string;
	readonly transport: SipHop["transport"];
	/** `INVITE`, or `200 INVITE`. */
	readonly what: string;
	readonly text: string;
	readonly isLost: boolean;
}

/** A node, and what it has told. */
export interface SipPlace {
	readonly address: string;
	readonly node: SipNode;
	readonly transports: readonly SipHop["transport"][];
	readonly events: SipEvent[];
	/** Hears each event as it is told, and may step nodes. */
	react: (event: SipEvent, now: Instant) => void;
}

/** Ends of a connection. */
interface Connection {
	readonly near: { readonly place: SipPlace; readonly hop: SipHop };
	readonly far: { readonly place: SipPlace; readonly hop: SipHop };
}

const UDP_AND_TCP = ["udp", "tcp"] as const;
const LATENCY = 10 * MILLISECOND;

/** So that a test ends whatever it does. */
const MOST_STEPS = 100_000;

/** Runs what is attached to it. */
export class SipNetwork {
	now: Instant = 0;
	/** Everything, in the order in which it was sent. */
	readonly sent: SentMessage[] = [];
	readonly ignored: string[] = [];
	/** Where names lead, best first; addresses lead to themselves. */
	readonly names = new Map<string, readonly string[]>();
	readonly #places = new Map<string, SipPlace>();
	readonly #connections = new Map<number, Connection>();
	readonly #queue: { readonly at: Instant; readonly run: () => void }[] = [];
	readonly #impairments: Impairments;
	#random: number;

	constructor(impairments: Impairments = { seed: 1, loss: 0, reordering: 0 }) {
		this.#impairments = impairments;
		this.#random = impairments.seed;
	}

	/** Puts a node there; `react` hears its events and may step it. */
	attach(address: string, node: SipNode, transports: readonly SipHop["transport"][] = UDP_AND_TCP): SipPlace {
		const place = { address, node, transports, events: [], react: () => {} };
		this.#places.set(address, place);
		return place;
	}

	/** Steps a node. */
	step(place: SipPlace, input: SipAgentInput): void {
		for (const output of place.node.step(input, this.now)) this.#carry(place, output);
	}

	/** Until nothing happens any more, or until then. */
	run(until: Instant = Number.POSITIVE_INFINITY): void {
		for (let steps = 0; steps < MOST_STEPS; steps++) {
			const next = this.#next();
			if (next === null || next.at > until) break;
			const index = this.#queue.indexOf(next);
			if (index >= 0) this.#queue.splice(index, 1);
			this.now = Math.max(this.now, next.at);
			next.run();
		}
		if (until < Number.POSITIVE_INFINITY) this.now = Math.max(this.now, until);
	}

	/** What was sent, as `from what`; with `to` those to it alone. */
	flow(): readonly string[] {
		return this.sent.map(({ from, what }) => `${from} ${what}`);
	}

	/** What comes first of what is on its way, and of all deadlines. */
	#next(): { readonly at: Instant; readonly run: () => void } | null {
		let first = this.#queue.reduce<{ at: Instant; run: () => void } | null>(
			(best, each) => (best === null || each.at < best.at ? each : best),
			null,
		);
		for (const place of this.#places.values()) {
			const at = place.node.deadline?.at;
			if (at !== undefined && at < (first?.at ?? Number.POSITIVE_INFINITY))
				first = { at, run: () => this.step(place, { type: "timer" }) };
		}
		return first;
	}

	#carry(place: SipPlace, output: SipAgentOutput): void {
		if (output.type === "send") this.#send(place, output.bytes, output.to);
		else if (output.type === "locate")
			this.#later(0, () => this.step(place, { type: "located", key: output.key, hops: this.#locate(output.uri) }));
		else if (output.type === "ignored") this.ignored.push(output.reason);
		else {
			place.events.push(output.event);
			place.react(output.event, this.now);
		}
	}

	#send(place: SipPlace, bytes: Uint8Array, to: SipHop): void {
		const isStream = to.transport !== "udp";
		const isLost = !isStream && this.#draw() < this.#impairments.loss;
		const text = decodeUtf8(bytes);
		const { address: from } = place;
		this.sent.push({ at: this.now, from, to: to.address, transport: to.transport, what: whatOf(text), text, isLost });
		if (isStream) {
			this.#stream(place, bytes, to);
			return;
		}
		if (isLost) return;
		const late = this.#draw() < this.#impairments.reordering ? this.#draw() * 100 * MILLISECOND : 0;
		const target = this.#places.get(to.address);
		const hop: SipHop = { transport: "udp", address: from, port: 5060 };
		if (target?.transports.includes("udp"))
			this.#later(LATENCY + late, () => this.step(target, { type: "received", bytes, from: hop }));
	}

	#stream(place: SipPlace, bytes: Uint8Array, to: SipHop): void {
		const known = to.connection === undefined ? this.#opened(place, to) : this.#connections.get(to.connection);
		if (known === undefined) {
			this.#later(LATENCY, () => this.step(place, { type: "transportFailed", to, why: "ECONNREFUSED" }));
			return;
		}
		const [own, other] = known.near.place === place ? [known.near, known.far] : [known.far, known.near];
		this.#later(LATENCY, () => this.step(other.place, { type: "received", bytes, from: own.hop }));
	}

	/** One connection between two, whoever opened it. */
	#opened(place: SipPlace, to: SipHop): Connection | undefined {
		const target = this.#places.get(to.address);
		if (!target?.transports.includes(to.transport)) return undefined;
		for (const each of this.#connections.values())
			if (each.near.place === place && each.far.place === target && each.far.hop.transport === to.transport)
				return each;
		const connection = this.#connections.size + 1;
		const near = { place, hop: { ...to, address: place.address, port: 40_000 + connection, connection } };
		const far = { place: target, hop: { ...to, connection } };
		this.#connections.set(connection, { near, far });
		return { near, far };
	}

	#locate(uri: string): readonly SipHop[] {
		const parsed = parseSipUri(uri);
		if (parsed === null) return [];
		const wanted = sipUriParameter(parsed, "transport")?.toLowerCase();
		const transport = parsed.scheme === "sips" || wanted === "tls" ? "tls" : wanted === "tcp" ? "tcp" : "udp";
		const port = parsed.port ?? (transport === "tls" ? 5061 : 5060);
		const addresses = this.names.get(parsed.host) ?? (this.#places.has(parsed.host) ? [parsed.host] : []);
		return addresses.map((address) => ({ transport, address, port }));
	}

	#later(delay: Instant, run: () => void): void {
		this.#queue.push({ at: this.now + delay, run });
	}

	/** From 0 to 1: a generator of 32 bits (xorshift). */
	#draw(): number {
		let x = (this.#random || 1) | 0;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.#random = x;
		return (x >>> 0) / 2 ** 32;
	}
}

/** What an agent for tests is made of besides. */
export type TestAgentOptions = Partial<SipAgentConfig> & { readonly transports?: readonly SipHop["transport"][] };

/** An agent for tests that takes itself to be at that address. */
export function agentAt(address: string, { transports = UDP_AND_TCP, ...config }: TestAgentOptions = {}): SipAgent {
	const local = transports.map((transport) => ({ transport, address, port: transport === "tls" ? 5061 : 5060 }));
	const secret = new Uint8Array(32).fill(Number.parseInt(address.split(".").pop() ?? "1", 10));
	return new SipAgent({ secret, account: { address: `sip:user@${address}` }, product: "test", local, ...config });
}

/** The same, put there: reached by UDP and TCP, or by what `transports` says. */
export function testAgent(network: SipNetwork, address: string, options: TestAgentOptions = {}): SipPlace {
	return network.attach(address, agentAt(address, options), options.transports);
}

/** What a message is, for flows: `INVITE`, or `200 INVITE`. */
function whatOf(text: string): string {
	const [first = ""] = text.split("\r\n");
	const [, method = ""] = /^CSeq:\s*\d+\s+(\S+)/im.exec(text) ?? [];
	return first.startsWith("SIP/") ? `${first.split(" ")[1]} ${method}` : (first.split(" ")[0] ?? "");
}
