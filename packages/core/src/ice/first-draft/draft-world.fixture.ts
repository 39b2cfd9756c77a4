/** Two agents of the first draft, their NATs, a STUN server and whoever else a test puts there, in virtual time. */
import type { StunAddress } from "@whither/wire";
import { type Instant, MILLISECOND } from "../../machine.ts";
import { StunServer } from "../../stun/server.ts";
import { FirstDraftAgent } from "./agent.ts";
import { EarlyRelay, RELAY_USER, type RelayAddresses } from "./early-relay.fixture.ts";
import type { FirstDraftConfig, FirstDraftEvent, FirstDraftIgnoreReason, FirstDraftOutput } from "./first-draft-io.ts";

/** What stands before a host: nothing, or a NAT without hairpinning. */
export type Before = "nothing" | "fullCone" | "symmetric";

/** Somebody with an address who hears datagrams and sends some. */
export interface Node {
	readonly address: string;
	hear(bytes: Uint8Array, from: StunAddress, to: StunAddress, now: Instant): void;
}

/** A datagram on its way. */
export interface Flight {
	readonly from: StunAddress;
	readonly to: StunAddress;
	readonly bytes: Uint8Array;
}

const DELAY_NS = 10 * MILLISECOND;
/** Of the server in the draft's examples. */
export const STUN: StunAddress = { address: "192.0.2.10", port: 3478 };
/** Its early relay. */
export const RELAY: StunAddress = { address: "192.0.2.10", port: 5556 };
/** What an end is made of that uses it. */
export const RELAYED: Partial<FirstDraftConfig> = { relays: [{ server: RELAY, user: RELAY_USER }] };

const key = ({ address, port }: StunAddress) => `${address} ${port}`;

class Nat implements Node {
	readonly address: string;
	readonly #kind: Before;
	readonly #world: DraftWorld;
	readonly #outside = new Map<string, number>();
	readonly #inside = new Map<number, { readonly host: StunAddress; readonly peer: StunAddress }>();
	#next = 20_000;

	constructor(world: DraftWorld, kind: Before, address: string) {
		this.#world = world;
		this.#kind = kind;
		this.address = address;
	}

	out(from: StunAddress, to: StunAddress): StunAddress {
		const name = this.#kind === "symmetric" ? `${key(from)} ${key(to)}` : key(from);
		const known = this.#outside.get(name);
		const port = known ?? this.#next++;
		if (known === undefined) {
			this.#outside.set(name, port);
			this.#inside.set(port, { host: from, peer: to });
		}
		return { address: this.address, port };
	}

	hear(bytes: Uint8Array, from: StunAddress, to: StunAddress): void {
		const entry = this.#inside.get(to.port);
		const isLetIn = entry !== undefined && (this.#kind === "fullCone" || key(entry.peer) === key(from));
		if (isLetIn) this.#world.deliver({ bytes, from, to: entry.host });
	}
}

/** An agent with its sockets, and all that it has said. */
export class End implements Node {
	readonly address: string;
	readonly agent: FirstDraftAgent;
	readonly events: FirstDraftEvent[] = [];
	readonly data: Extract<FirstDraftOutput, { readonly type: "data" }>[] = [];
	readonly ignored: FirstDraftIgnoreReason[] = [];
	readonly bases: StunAddress[];
	readonly #world: DraftWorld;
	readonly #nat: Nat | null;

	constructor(world: DraftWorld, address: string, nat: Nat | null, config: Partial<FirstDraftConfig>, seed: number) {
		this.#world = world;
		this.address = address;
		this.#nat = nat;
		this.agent = new FirstDraftAgent({ secret: new Uint8Array(32).fill(seed), ...config });
		this.bases = [1010, 1011].map((port) => ({ address, port }));
	}

	/** Tells its sockets: 0, and 1 for RTCP. */
	open(): void {
		this.step({ type: "base", base: 0, at: { ...this.#base(0), component: 1 } });
		if (this.agent.description.length > 0) this.step({ type: "base", base: 1, at: { ...this.#base(1), component: 2 } });
		this.step({ type: "basesComplete" });
	}

	step(input: Parameters<FirstDraftAgent["step"]>[0]): readonly FirstDraftOutput[] {
		const outputs = this.agent.step(input, this.#world.now);
		for (const output of outputs)
			if (output.type === "send") this.#world.send(this.#base(output.base), output.to, output.bytes, this.#nat);
			else if (output.type === "data") this.data.push(output);
			else if (output.type === "ignored") this.ignored.push(output.reason);
			else this.events.push(output.event);
		return outputs;
	}

	hear(bytes: Uint8Array, from: StunAddress, to: StunAddress): void {
		const base = this.bases.findIndex(({ port }) => port === to.port);
		if (base >= 0) this.step({ type: "received", base, from, bytes });
	}

	all<Kind extends FirstDraftEvent["kind"]>(kind: Kind): readonly Extract<FirstDraftEvent, { readonly kind: Kind }>[] {
		return this.events.filter(
			(event): event is Extract<FirstDraftEvent, { readonly kind: Kind }> => event.kind === kind,
		);
	}

	#base(number: number): StunAddress {
		const base = this.bases[number];
		if (base === undefined) throw new Error(`no base ${number}`);
		return base;
	}
}

/** Ends, NATs and servers, and the datagrams between them, each of which takes 10 ms. */
export class DraftWorld {
	now: Instant = 0;
	/** All that was sent, as it left its host. */
	readonly flights: Flight[] = [];
	/** Whether a datagram is lost. */
	loses: (flight: Flight) => boolean = () => false;
	readonly #nodes = new Map<string, Node>();
	readonly #ends: End[] = [];
	#queue: { readonly at: Instant; readonly flight: Flight }[] = [];

	/** The bindings of the relay. */
	readonly relay: EarlyRelay;

	constructor(relayAddresses: RelayAddresses = [RELAY.address]) {
		const server = new StunServer({ sockets: [{ address: STUN }], classic: true });
		this.relay = new EarlyRelay(relayAddresses, RELAY, (from, to, bytes) => this.send(from, to, bytes));
		this.add({
			address: STUN.address,
			hear: (bytes, from, to, now) => {
				if (to.port !== STUN.port) {
					this.relay.hear(bytes, from, to);
					return;
				}
				for (const output of server.step({ type: "received", bytes, from, local: 0 }, now))
					if (output.type === "send") this.send(STUN, output.to, output.bytes);
			},
		});
	}

	add(node: Node): void {
		this.#nodes.set(node.address, node);
	}

	end(name: "a" | "b", before: Before, config: Partial<FirstDraftConfig> = {}): End {
		const [inside, outside] = name === "a" ? ["10.0.1.1", "192.0.2.1"] : ["192.168.3.1", "192.0.2.2"];
		const nat = before === "nothing" ? null : new Nat(this, before, outside);
		const end = new End(
			this,
			nat === null ? outside : inside,
			nat,
			{ stunServers: [STUN], ...config },
			name === "a" ? 1 : 2,
		);
		this.add(nat ?? end);
		// Whoever is behind a NAT is found by it alone.
		if (nat !== null) this.#hidden.set(end.address, end);
		this.#ends.push(end);
		return end;
	}

	readonly #hidden = new Map<string, Node>();

	send(from: StunAddress, to: StunAddress, bytes: Uint8Array, nat: Nat | null = null): void {
		const flight = { from, to, bytes };
		this.flights.push(flight);
		if (this.loses(flight)) return;
		const seen = nat === null ? from : nat.out(from, to);
		this.#queue.push({ at: this.now + DELAY_NS, flight: { ...flight, from: seen } });
	}

	/** Within a network. */
	deliver({ bytes, from, to }: Flight): void {
		(this.#hidden.get(to.address) ?? this.#nodes.get(to.address))?.hear(bytes, from, to, this.now);
	}

	/** Until then, or until nothing happens any more. */
	run(untilMs: number): void {
		const until = untilMs * MILLISECOND;
		for (;;) {
			const deadlines = this.#ends.map(({ agent }) => agent.deadline?.at ?? Number.POSITIVE_INFINITY);
			const next = Math.min(...deadlines, ...this.#queue.map(({ at }) => at));
			if (next > until) break;
			this.now = Math.max(this.now, next);
			const due = this.#queue.filter(({ at }) => at <= this.now);
			this.#queue = this.#queue.filter(({ at }) => at > this.now);
			for (const { flight } of due)
				this.#nodes.get(flight.to.address)?.hear(flight.bytes, flight.from, flight.to, this.now);
			for (const end of this.#ends)
				if ((end.agent.deadline?.at ?? Number.POSITIVE_INFINITY) <= this.now) end.step({ type: "timer" });
		}
		this.now = until;
	}
}

/** `a` offers, `b` answers after its checks have had so long. */
export function meet(world: DraftWorld, a: End, b: End, answerAfterMs = 0): void {
	a.open();
	b.open();
	world.run(world.now / MILLISECOND + 10_000);
	exchange(world, a, b, answerAfterMs);
}

/** One offer and its answer. */
export function exchange(world: DraftWorld, a: End, b: End, answerAfterMs = 0): void {
	a.step({ type: "told" });
	b.step({ type: "peer", streams: a.agent.description });
	world.run(world.now / MILLISECOND + answerAfterMs);
	b.step({ type: "told" });
	a.step({ type: "peer", streams: b.agent.description });
}
