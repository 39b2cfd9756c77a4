/** Two agents, what lies between them, and a STUN server and relays for them, in one process and virtual time. */
import { decodeStun, type IceCandidateLine, isDecodeError, type StunAddress, type StunMessage } from "@whither/wire";
import { type Draw, openDraw } from "../draw.fixture.ts";
import { type Instant, MILLISECOND, SECOND } from "../machine.ts";
import { StunServer } from "../stun/server.ts";
import { IceAgent } from "./agent.ts";
import type { IceAgentConfig, IceAgentInput, IceAgentOutput, IceBase, IceEvent, IcePairReport } from "./ice-io.ts";

export type Name = "a" | "b";
export type Dependence = "none" | "address" | "addressAndPort";

/** A NAT between a side and everybody else. */
export interface NatSettings {
	readonly mapping: Dependence;
	readonly filtering: Dependence;
}

export const FULL_CONE: NatSettings = { mapping: "none", filtering: "none" };
export const ADDRESS_RESTRICTED: NatSettings = { mapping: "none", filtering: "address" };
export const PORT_RESTRICTED: NatSettings = { mapping: "none", filtering: "addressAndPort" };
export const SYMMETRIC: NatSettings = { mapping: "addressAndPort", filtering: "addressAndPort" };

export interface SideSettings {
	readonly config?: Partial<IceAgentConfig>;
	readonly nat?: NatSettings;
	/** Sockets of its own; one when absent. */
	readonly bases?: readonly Partial<IceBase>[];
	readonly relay?: boolean;
	/** What its signalling says of options, instead of all that it knows. */
	readonly options?: readonly string[];
}

export interface WorldSettings {
	readonly a?: SideSettings;
	readonly b?: SideSettings;
	readonly family?: 4 | 6;
	/** Of each packet. */
	readonly delayMs?: number;
	readonly jitterMs?: number;
	readonly loss?: number;
	readonly seed?: number;
	/** Candidates go one by one (the default), or with the description when all are found. */
	readonly signalling?: "trickle" | "half" | "full";
	readonly signallingMs?: number;
	/** New credentials are told by themselves. */
	readonly redescribes?: boolean;
	/** Both sides' sockets are on one network. */
	readonly sameNetwork?: boolean;
	readonly stun?: boolean;
	/** Packets that the network loses. */
	readonly drops?: (packet: Packet) => boolean;
}

export interface Packet {
	readonly at: Instant;
	readonly side: Name | "server";
	readonly base: number;
	readonly from: StunAddress;
	readonly to: StunAddress;
	readonly bytes: Uint8Array;
	readonly message: StunMessage | null;
}

const PUBLIC = { 4: { a: "198.51.100.1", b: "198.51.100.2" }, 6: { a: "2001:db8:a::1", b: "2001:db8:b::1" } };
const PRIVATE = { 4: { a: "10.0.1.2", b: "10.0.2.2" }, 6: { a: "fd00:a::2", b: "fd00:b::2" } };
export const SERVER = {
	4: { address: "203.0.113.1", port: 3478 },
	6: { address: "2001:db8:5::1", port: 3478 },
};
const RELAY = { 4: "203.0.113.9", 6: "2001:db8:5::9" };

const key = ({ address, port }: StunAddress) => `${address} ${port}`;
const other = (name: Name): Name => (name === "a" ? "b" : "a");

/** One NAT's memory. */
class Nat {
	readonly #settings: NatSettings;
	readonly #address: string;
	readonly #ports = new Map<string, number>();
	readonly #inside = new Map<number, StunAddress>();
	readonly #allowed = new Set<string>();
	#nextPort = 40_000;

	constructor(settings: NatSettings, address: string) {
		this.#settings = settings;
		this.#address = address;
	}

	/** It forgets everything, as after it has been switched off and on. */
	forget(): void {
		this.#ports.clear();
		this.#inside.clear();
		this.#allowed.clear();
	}

	out(from: StunAddress, to: StunAddress): StunAddress {
		const mapped = `${key(from)} ${part(this.#settings.mapping, to)}`;
		let port = this.#ports.get(mapped);
		if (port === undefined) {
			port = this.#nextPort++;
			this.#ports.set(mapped, port);
			this.#inside.set(port, from);
		}
		this.#allowed.add(`${port} ${part(this.#settings.filtering, to)}`);
		return { address: this.#address, port };
	}

	in(from: StunAddress, to: StunAddress): StunAddress | null {
		const inside = this.#inside.get(to.port);
		if (inside === undefined) return null;
		const isAllowed = this.#allowed.has(`${to.port} ${part(this.#settings.filtering, from)}`);
		return isAllowed ? inside : null;
	}
}

function part(dependence: Dependence, { address, port }: StunAddress): string {
	return dependence === "none" ? "" : dependence === "address" ? address : `${address} ${port}`;
}

/** More at one instant is a machine that asks to be called again and does nothing. */
const MOST_STEPS = 10_000;

interface Due {
	readonly at: Instant;
	readonly order: number;
	readonly action: () => void;
}

function isBefore(first: Due | null, each: Due): boolean {
	return first !== null && (first.at < each.at || (first.at === each.at && first.order < each.order));
}

class Side {
	readonly name: Name;
	readonly agent: IceAgent;
	readonly bases = new Map<number, StunAddress>();
	readonly relays = new Map<number, Set<string>>();
	readonly nat: Nat | null;
	readonly events: { readonly at: Instant; readonly event: IceEvent }[] = [];
	readonly ignored: string[] = [];
	readonly data: { readonly at: Instant; readonly bytes: Uint8Array }[] = [];
	/** Signalled when all is found, where nothing trickles. */
	readonly held: { readonly stream: number; readonly line: IceCandidateLine }[] = [];
	nextBase = 0;

	constructor(name: Name, agent: IceAgent, nat: Nat | null) {
		this.name = name;
		this.agent = agent;
		this.nat = nat;
	}

	told<Kind extends IceEvent["kind"]>(kind: Kind): readonly Extract<IceEvent, { kind: Kind }>[] {
		return this.events
			.map(({ event }) => event)
			.filter((event): event is Extract<IceEvent, { kind: Kind }> => event.kind === kind);
	}

	when(kind: IceEvent["kind"]): Instant {
		return this.events.find(({ event }) => event.kind === kind)?.at ?? Number.NaN;
	}

	get selected(): IcePairReport {
		const last = this.told("selected").at(-1)?.pair;
		if (last === undefined) throw new Error(`${this.name} has selected nothing`);
		return last;
	}
}

/** The two, joined. */
export class IceWorld {
	readonly a: Side;
	readonly b: Side;
	/** Everything that left. */
	readonly sent: Packet[] = [];
	now: Instant = 0;
	readonly #settings: WorldSettings;
	readonly #server: StunServer;
	readonly #due: Due[] = [];
	#order = 0;
	#stepsNow = 0;
	readonly #draw: Draw;
	/** More losses, by the test's hand. */
	drops: (packet: Packet) => boolean;

	constructor(settings: WorldSettings = {}) {
		const { family = 4, seed = 1, stun = true, drops = () => false } = settings;
		this.#settings = settings;
		this.#draw = openDraw(seed);
		this.drops = drops;
		const limits = { all: { perSecond: 1e9, burst: 1e9 }, perSource: { perSecond: 1e9, burst: 1e9 }, sources: 99 };
		this.#server = new StunServer({ sockets: [{ address: SERVER[family] }], limits });
		const side = (name: Name) => {
			const { config, nat } = settings[name] ?? {};
			const agent = new IceAgent({
				secret: new Uint8Array(32).fill(name === "a" ? seed : seed + 128),
				role: name === "a" ? "controlling" : "controlled",
				...(stun && { stunServers: [SERVER[family]] }),
				...config,
			});
			return new Side(name, agent, nat === undefined ? null : new Nat(nat, PUBLIC[family][name]));
		};
		this.a = side("a");
		this.b = side("b");
		for (const each of [this.a, this.b]) this.#begin(each);
	}

	step(name: Name, input: IceAgentInput): void {
		const side = this[name];
		for (const output of side.agent.step(input, this.now)) this.#take(side, output);
	}

	/** Lets time pass, event by event. */
	pass(ms: number): void {
		const until = this.now + ms * MILLISECOND;
		for (;;) {
			const next = this.#due.reduce((first: Due | null, each) => (isBefore(first, each) ? first : each), null);
			const timers = [this.a, this.b].map(({ agent }) => agent.deadline?.at ?? Number.POSITIVE_INFINITY);
			const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, ...timers);
			if (at > until) break;
			this.#stepsNow = at > this.now ? 0 : this.#stepsNow + 1;
			if (this.#stepsNow > MOST_STEPS)
				throw new Error(`endless: ${JSON.stringify([this.a.agent.deadline, this.b.agent.deadline])}`);
			this.now = Math.max(at, this.now);
			if (next !== null && next.at <= at) {
				this.#due.splice(this.#due.indexOf(next), 1);
				next.action();
			} else this.step((timers[0] ?? 0) <= at ? "a" : "b", { type: "timer" });
		}
		this.now = until;
	}

	/** Until both are in this state, or so long. */
	passUntil(state: string, seconds = 60): void {
		const until = this.now + seconds * SECOND;
		while (this.now < until && (this.a.agent.state !== state || this.b.agent.state !== state)) this.pass(1);
	}

	after(ms: number, action: () => void): void {
		this.#due.push({ at: this.now + Math.round(ms * MILLISECOND), order: this.#order++, action });
	}

	addBase(name: Name, at: Partial<IceBase> = {}): number {
		const { family = 4, sameNetwork = false } = this.#settings;
		const side = this[name];
		const base = side.nextBase++;
		const address = side.nat === null && !sameNetwork ? PUBLIC[family][name] : PRIVATE[family][name];
		const place = { address, port: 5000 + base, ...at };
		side.bases.set(base, { address: place.address, port: place.port });
		this.step(name, { type: "base", base, at: place });
		return base;
	}

	addRelay(name: Name, at: Partial<IceBase> = {}): number {
		const { family = 4 } = this.#settings;
		const side = this[name];
		const base = side.nextBase++;
		const place = { address: RELAY[family], port: (name === "a" ? 51_000 : 52_000) + base };
		side.bases.set(base, place);
		side.relays.set(base, new Set());
		const relay = { server: SERVER[family], leg: "udp", mapped: null } as const;
		this.step(name, { type: "base", base, at: { ...place, relay, ...at } });
		return base;
	}

	#begin(side: Side): void {
		const { bases = [{}], relay = false, options } = this.#settings[side.name] ?? {};
		if ((this.#settings.signalling ?? "trickle") !== "full") this.describe(side.name, options);
		for (const base of bases) this.addBase(side.name, base);
		// A relay takes a round trip or two to get.
		const { delayMs = 0 } = this.#settings;
		const complete = () => this.step(side.name, { type: "basesComplete" });
		if (!relay) complete();
		else
			this.after(4 * delayMs, () => {
				this.addRelay(side.name);
				complete();
			});
	}

	/** Tells the other side of this one, with what it has held back. */
	describe(name: Name, options = this[name].agent.own.options): void {
		const { ufrag, pwd, lite, pacingMs } = this[name].agent.own;
		const candidates = this[name].held.splice(0);
		const input: IceAgentInput = { type: "peer", peer: { ufrag, pwd, lite, pacingMs, options }, candidates };
		this.after(this.#settings.signallingMs ?? 0, () => this.step(other(name), input));
	}

	#take(side: Side, output: IceAgentOutput): void {
		if (output.type === "send") this.#send(side, output.base, output.to, output.bytes);
		else if (output.type === "ignored") side.ignored.push(output.reason);
		else if (output.type === "data") side.data.push({ at: this.now, bytes: output.bytes });
		else if (output.type === "permit") side.relays.get(output.base)?.add(output.address);
		else if (output.type === "event") {
			side.events.push({ at: this.now, event: output.event });
			this.#signal(side, output.event);
		}
	}

	#signal(side: Side, event: IceEvent): void {
		const { signalling = "trickle", signallingMs = 0 } = this.#settings;
		const isTrickling = signalling === "trickle" || (signalling === "half" && side.name === "b");
		if (event.kind === "candidate") {
			const candidate = { stream: event.stream, line: event.line };
			if (!isTrickling) side.held.push(candidate);
			else
				this.after(signallingMs, () =>
					this.step(other(side.name), { type: "remoteCandidates", candidates: [candidate] }),
				);
		}
		if (event.kind === "credentials" && this.#settings.redescribes === true) this.describe(side.name);
		if (event.kind !== "gathered") return;
		if (!isTrickling && signalling === "full") this.describe(side.name, this.#settings[side.name]?.options);
		else if (!isTrickling) {
			const candidates = side.held.splice(0);
			this.after(signallingMs, () => this.step(other(side.name), { type: "remoteCandidates", candidates }));
		}
		this.after(signallingMs, () => this.step(other(side.name), { type: "endOfCandidates" }));
	}

	#send(side: Side, base: number, to: StunAddress, bytes: Uint8Array): void {
		const from = side.bases.get(base);
		if (from === undefined) throw new Error(`${side.name} has no base ${base}`);
		const message = decodeStun(bytes);
		const packet = {
			...{ at: this.now, side: side.name, base, from, to, bytes },
			message: isDecodeError(message) ? null : message,
		};
		this.sent.push(packet);
		if (this.drops(packet) || this.#chance() < (this.#settings.loss ?? 0)) return;
		const permitted = side.relays.get(base);
		if (permitted !== undefined) {
			permitted.add(to.address);
			// To the relay first.
			this.#travel(() => this.#travel(() => this.#arrive(from, to, bytes)));
		} else this.#travel(() => this.#leave(side, from, to, bytes));
	}

	#travel(action: () => void): void {
		const { delayMs = 0, jitterMs = 0 } = this.#settings;
		this.after(delayMs + jitterMs * this.#chance(), action);
	}

	#leave(side: Side, from: StunAddress, to: StunAddress, bytes: Uint8Array): void {
		const { sameNetwork = false } = this.#settings;
		const isInside = sameNetwork && [...this[other(side.name)].bases.values()].some((place) => key(place) === key(to));
		this.#arrive(isInside || side.nat === null ? from : side.nat.out(from, to), to, bytes);
	}

	#arrive(from: StunAddress, to: StunAddress, bytes: Uint8Array): void {
		const { family = 4, sameNetwork = false } = this.#settings;
		if (key(to) === key(SERVER[family])) {
			for (const output of this.#server.step({ type: "received", bytes, from, local: 0 }, this.now))
				if (output.type === "send") {
					const answer = output.bytes.slice();
					this.#travel(() => this.#arrive(SERVER[family], output.to, answer));
				}
			return;
		}
		for (const side of [this.a, this.b]) {
			for (const [base, place] of side.bases) {
				const permitted = side.relays.get(base);
				const isRelay = permitted?.has(from.address) === true;
				const isOpen =
					permitted === undefined && (side.nat === null || (sameNetwork && from.address.startsWith("10.")));
				if (key(place) !== key(to) || (!isRelay && !isOpen)) continue;
				const hear = () => this.step(side.name, { type: "received", base, from, bytes });
				if (isRelay) this.#travel(hear);
				else hear();
				return;
			}
			const inside = to.address === PUBLIC[family][side.name] ? side.nat?.in(from, to) : undefined;
			if (inside === undefined || inside === null) continue;
			for (const [base, place] of side.bases)
				if (key(place) === key(inside)) {
					this.step(side.name, { type: "received", base, from, bytes });
					return;
				}
		}
	}

	/** From 0 to below 1. */
	#chance(): number {
		return this.#draw(2 ** 32) / 2 ** 32;
	}
}
