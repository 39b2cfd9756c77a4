/** Core's ICE agent on sockets and relays. */
import {
	IceAgent,
	type IceAgentInput,
	type IceAgentOutput,
	type IceAgentWithoutIce,
	type IceEvent,
	type IceOwnDescription,
	type IcePairReport,
	type IcePeer,
	type IceRemoteLine,
	type IceRole,
	type IceState,
	type Instant,
	MILLISECOND,
	type SystemError,
} from "@whither/core";
import { classifyPacket } from "@whither/wire";
import { defectText, isHopeless, isSystemError } from "../errors.ts";
import type { Alarm } from "../exact-call.ts";
import type { HostAddress } from "../interfaces/host-address.ts";
import type { HostAddressChange, HostAddressWatch } from "../interfaces/watch.ts";
import type { Carrier, CarrierEars } from "./carrier.ts";
import { HostSockets } from "./hosts.ts";
import type { IceBaseEnd, IceComponentPlace, IceConnection, IceFlow, IceListener, IceOrder } from "./ice-io.ts";
import { IceNames } from "./ice-names.ts";
import type { Arrival } from "./ice-socket.ts";
import { LeavingBases, type WaysLeft } from "./leaving-bases.ts";
import { PairsInUse } from "./pairs-in-use.ts";
import { placesOf } from "./place.ts";
import { Relays } from "./relays.ts";
import type { IceSurroundings } from "./surroundings.ts";
import { Telling } from "./telling.ts";

type Send = Extract<IceAgentOutput, { readonly type: "send" }>;

/** An address comes before its routes: a server is given up for want of one no sooner. */
const ROUTES_NS = 1000 * MILLISECOND;

/** One connection, from its order to `close`. */
export class IceRun implements IceConnection {
	readonly #machine: IceSurroundings;
	readonly #order: IceOrder;
	readonly #agent: IceAgent;
	readonly #alarm: Alarm;
	readonly #telling: Telling;
	readonly #hosts: HostSockets;
	readonly #relays: Relays;
	readonly #names: IceNames;
	readonly #carriers = new Map<number, Carrier>();
	readonly #inUse = new PairsInUse((base) => this.#carriers.get(base));
	readonly #leaving: LeavingBases;
	#watch: HostAddressWatch | null = null;
	#lastBase = -1;
	/** Until then what cannot be sent is not lost: it is sent again. */
	#routesBy: Instant = Number.NEGATIVE_INFINITY;
	/** Of this generation; null: the peer has not said it yet. */
	#peerUfrag: string | null = null;
	#over = false;
	#closing: Promise<void> | null = null;

	/** Throws RangeError for an order that contradicts itself. */
	constructor(order: IceOrder, listener: IceListener, machine: IceSurroundings) {
		const { from = 1, to = 65_535 } = order.ports ?? {};
		if (from < 1 || to > 65_535 || from > to) throw new RangeError(`there are no ports from ${from} to ${to}`);
		this.#machine = machine;
		this.#order = order;
		this.#telling = new Telling(listener, machine.clock);
		const stunServers = (order.stunServers ?? []).map(({ address, port }) => ({ address, port }));
		this.#agent = new IceAgent({ ...order, stunServers, secret: machine.drawSecret(), pacer: machine.pacer });
		this.#alarm = machine.alarm(() => this.#step({ type: "timer" }));
		this.#leaving = new LeavingBases(machine, (base) => this.#step({ type: "baseGone", base }));
		const settled = () => this.#settle();
		const parts = { order, machine, ears: this.#ears(), places: placesOf(order), settled };
		this.#names = new IceNames(order, machine);
		this.#hosts = new HostSockets({ ...parts, nameOf: (address) => this.#names.nameOf(address) });
		this.#relays = new Relays({ ...parts, lost: () => this.#askRelays() });
		queueMicrotask(() => this.#openAll());
	}

	now(): Instant {
		return this.#machine.clock.now();
	}

	get own(): IceOwnDescription {
		return this.#agent.own;
	}

	get state(): IceState {
		return this.#agent.state;
	}

	get role(): IceRole {
		return this.#agent.role;
	}

	get pairs(): readonly IcePairReport[] {
		return this.#agent.pairs;
	}

	peer(peer: IcePeer, candidates: readonly IceRemoteLine[] = []): void {
		if (this.#over) return;
		const restarts = this.#peerUfrag !== null && this.#peerUfrag !== peer.ufrag;
		if (restarts) this.#step({ type: "basesPending" });
		this.#step({ type: "peer", peer, candidates });
		if (restarts) this.#relays.refresh();
		this.#peerUfrag = peer.ufrag;
		this.#inUse.begin(this.#agent.own, peer);
	}

	addRemote(candidates: readonly IceRemoteLine[]): void {
		this.#step({ type: "remoteCandidates", candidates });
	}

	endOfRemote(stream?: number): void {
		this.#step({ type: "endOfCandidates", ...(stream === undefined ? {} : { stream }) });
	}

	withoutIce(peer: IceAgentWithoutIce): void {
		this.#inUse.endChecks();
		this.#step({ type: "withoutIce", ...peer });
	}

	send(bytes: Uint8Array, { stream = 0, component = 1 }: IceComponentPlace = {}): void {
		this.#step({ type: "send", stream, component, bytes });
	}

	restart(): void {
		this.#step({ type: "basesPending" });
		this.#step({ type: "restart" });
		this.#relays.refresh();
	}

	flow(place: IceComponentPlace = {}): IceFlow | null {
		return this.#over ? null : this.#inUse.flow(place);
	}

	close(): Promise<void> {
		if (this.#closing === null) {
			this.#step({ type: "close" });
			this.#closing = this.#closeAll();
		}
		return this.#closing;
	}

	async #closeAll(): Promise<void> {
		this.#over = true;
		this.#alarm.close();
		this.#leaving.close();
		this.#watch?.close();
		this.#hosts.close();
		this.#names.close();
		for (const carrier of this.#carriers.values()) carrier.close();
		this.#carriers.clear();
		await this.#relays.close();
	}

	/** Everything at once: what comes of it is told as it is found. */
	#openAll(): void {
		if (this.#over) return;
		this.#relays.ask("all");
		const addresses = this.#addresses();
		if (isSystemError(addresses)) this.#hosts.failed(addresses);
		else if (this.#usesHosts) this.#hosts.open(addresses);
		this.#settle();
	}

	#settle(): void {
		if (!this.#relays.isWaiting && !this.#hosts.isWaiting) this.#step({ type: "basesComplete" });
	}

	get #usesHosts(): boolean {
		return this.#order.policy !== "relay";
	}

	/** Those there are now, and from now on as they change; where changes cannot be heard of, only those. */
	#addresses(): readonly HostAddress[] | SystemError {
		if (this.#order.watch !== false && this.#watch === null) {
			const changed = (change: HostAddressChange) => this.#networkChanged(change);
			const watch = this.#machine.watchHostAddresses({ changed });
			if (!isSystemError(watch)) this.#watch = watch;
		}
		return this.#watch?.addresses ?? this.#machine.hostAddresses();
	}

	#networkChanged({ all, added, removed }: HostAddressChange): void {
		if (this.#over) return;
		if (added.length + removed.length > 0) this.#telling.event({ kind: "network", added, removed });
		if (added.length > 0) this.#routesBy = this.now() + ROUTES_NS;
		if (this.#usesHosts) this.#hosts.change(all);
		this.#relays.addressesGone(removed);
		if (added.length + removed.length > 0) this.#askRelays();
	}

	/** Relays that are lost, or could not be had before. */
	#askRelays(): void {
		if (this.#over || !this.#relays.isMissing) return;
		this.#step({ type: "basesPending" });
		this.#relays.ask("lost");
	}

	#ears(): CarrierEars {
		return {
			opened: (carrier) => {
				const base = ++this.#lastBase;
				this.#carriers.set(base, carrier);
				this.#telling.event({ kind: "base", base, at: carrier.at });
				this.#step({ type: "base", base, at: carrier.at });
				return base;
			},
			gone: (base, why) => this.#lose(base, why),
			received: (base, from, bytes, arrival) =>
				this.#step({ type: "received", base, from, bytes, at: arrival.at }, arrival),
			refused: (base, to, code) => this.#step({ type: "unreachable", base, to, code }),
			forbidden: (base, address, why) => this.#step({ type: "forbidden", base, address, why }),
			failed: (error) => this.#step({ type: "candidateError", error }),
		};
	}

	#lose(base: number, why: IceBaseEnd): void {
		const carrier = this.#carriers.get(base);
		if (carrier === undefined) return;
		this.#carriers.delete(base);
		if (this.#over) return;
		this.#telling.event({ kind: "baseGone", base, why });
		if (why.code === "unneeded") this.#step({ type: "baseGone", base });
		else this.#leaving.leave(base, carrier.at, this.#waysLeft());
	}

	#waysLeft(): WaysLeft {
		const bases = () => [...this.#carriers.values()].map(({ at }) => at);
		return { selected: this.#inUse.selected, pairs: () => this.pairs, bases };
	}

	/** Hands the agent an input, and does what it says. */
	#step(input: IceAgentInput, arrival: Arrival | null = null): void {
		if (this.#over) return;
		const now = this.now();
		let outputs: readonly IceAgentOutput[];
		try {
			outputs = this.#agent.step(input, now);
		} catch (defect) {
			this.#telling.event({ kind: "defect", about: defectText(defect) });
			this.#closing ??= this.#closeAll();
			return;
		}
		let news = !isData(input);
		for (const output of outputs) {
			if (output.type === "send") this.#send(output);
			else if (output.type === "permit") this.#carriers.get(output.base)?.permit(output.address);
			else if (output.type === "data") this.#telling.data(output, arrival ?? { at: this.now(), stamp: "user" });
			else if (output.type === "resolve") this.#resolve(output.name);
			else if (output.type === "event") {
				news = true;
				this.#telling.hold(output.event, now);
			}
		}
		// Data moves no deadline forward, and there is much of it.
		if (news && !this.#over) this.#alarm.arm(this.#agent.deadline?.at ?? null);
		for (const output of outputs) if (output.type === "event") this.#follow(output.event);
		if (news) this.#leaving.review(this.#waysLeft());
		this.#telling.tell();
	}

	#send({ base, to, bytes }: Send): void {
		const failed = this.#carriers.get(base)?.send(to, bytes) ?? null;
		if (failed !== null && isHopeless(failed) && this.now() >= this.#routesBy)
			this.#step({ type: "unreachable", base, to, code: failed.errnoName });
	}

	/** What events mean for sockets and relays. */
	#follow(event: IceEvent): void {
		this.#inUse.hear(event);
		if (event.kind === "unneeded") for (const base of event.bases) this.#release(base);
		else if (event.kind === "credentials") {
			this.#peerUfrag = null;
			this.#openAll();
		}
	}

	#release(base: number): void {
		this.#carriers.get(base)?.close();
		this.#lose(base, { code: "unneeded" });
	}

	#resolve(name: string): void {
		this.#names.resolve(name).then((address) => this.#step({ type: "resolved", name, address }));
	}
}

/** What changes nothing but who is sent to (see `IceAgent.step`). */
function isData(input: IceAgentInput): boolean {
	return input.type === "send" || (input.type === "received" && classifyPacket(input.bytes) !== "stun");
}
