/** Core's agent of the first draft of ICE on sockets; its relays are reached by the sockets that they relay for. */
import {
	FirstDraftAgent,
	type FirstDraftInput,
	type FirstDraftOutput,
	type FirstDraftStream,
	type IcePairReport,
	type IceRole,
	type IceState,
	type Instant,
	MILLISECOND,
} from "@whither/core";
import { classifyPacket, isSameEndpoint } from "@whither/wire";
import { defectText, isHopeless, isSystemError } from "../../errors.ts";
import type { Alarm } from "../../exact-call.ts";
import type { Carrier, CarrierEars } from "../carrier.ts";
import { HostSockets } from "../hosts.ts";
import type { IceBaseEnd, IceComponentPlace, IceFlow } from "../ice-io.ts";
import type { Arrival } from "../ice-socket.ts";
import type { IceSurroundings } from "../surroundings.ts";
import { Telling } from "../telling.ts";
import type {
	FirstDraftConnection,
	FirstDraftConnectionEvent,
	FirstDraftListener,
	FirstDraftOrder,
	FirstDraftWay,
} from "./first-draft-connection.ts";
import { FirstDraftView } from "./first-draft-view.ts";

/** Relays are given back by then, or expire. */
const CLOSING_NS = 4000 * MILLISECOND;

/** One connection, from its order to `close`. */
export class FirstDraftRun implements FirstDraftConnection {
	readonly #machine: IceSurroundings;
	readonly #order: FirstDraftOrder;
	readonly #agent: FirstDraftAgent;
	readonly #view: FirstDraftView;
	readonly #alarm: Alarm;
	readonly #telling: Telling<FirstDraftConnectionEvent>;
	readonly #hosts: HostSockets;
	readonly #carriers = new Map<number, Carrier>();
	#lastBase = -1;
	/** Sockets are open, and what the peer said before that. */
	#isOpen = false;
	#early: readonly (FirstDraftStream | null)[] | null = null;
	#over = false;
	#closing: Promise<void> | null = null;
	#closed: () => void = () => {};

	constructor(order: FirstDraftOrder, listener: FirstDraftListener, machine: IceSurroundings) {
		this.#machine = machine;
		this.#order = order;
		this.#telling = new Telling(listener, machine.clock);
		this.#agent = new FirstDraftAgent({ ...configOf(order), secret: machine.drawSecret() });
		this.#view = new FirstDraftView({
			agent: this.#agent,
			baseAt: (base) => this.#carriers.get(base)?.at,
			told: (event) => this.#telling.hold(event, this.now()),
		});
		this.#alarm = machine.alarm(() => this.#step({ type: "timer" }));
		const places = (order.streams ?? [{ rtcp: true }]).flatMap(({ rtcp }, stream) =>
			(rtcp ? [1, 2] : [1]).map((component) => ({ stream, component })),
		);
		const parts = { order, machine, places, ears: this.#ears(), nameOf: () => null, settled: () => {} };
		this.#hosts = new HostSockets(parts);
		queueMicrotask(() => this.#openAll());
	}

	now(): Instant {
		return this.#machine.clock.now();
	}

	get state(): IceState {
		return this.#view.state;
	}

	get role(): IceRole {
		return this.#order.role;
	}

	get pairs(): readonly IcePairReport[] {
		return this.#view.pairs;
	}

	get description(): readonly FirstDraftStream[] | null {
		return this.#view.isTold ? this.#agent.description : null;
	}

	get shown(): FirstDraftWay {
		return this.#view.shown;
	}

	peer(streams: readonly (FirstDraftStream | null)[]): void {
		if (!this.#isOpen) {
			this.#early = streams;
			return;
		}
		this.#view.meet(streams);
		this.#step({ type: "peer", streams });
	}

	send(bytes: Uint8Array, { stream = 0, component = 1 }: IceComponentPlace = {}): void {
		this.#step({ type: "send", stream, component: component === 2 ? 2 : 1, bytes });
	}

	flow(): IceFlow | null {
		const inUse = this.#over ? null : this.#view.inUse;
		const carrier = inUse === null ? undefined : this.#carriers.get(inUse.base);
		if (inUse === null || carrier === undefined) return null;
		const { pair, to } = inUse;
		const { socket, remote } = carrier.flow(to);
		// Nobody answers modern checks there, and classic ones are not what a trace sends.
		return { pair, socket, remote, relay: this.#relayAt(inUse), stun: null };
	}

	close(): Promise<void> {
		if (this.#closing === null) {
			const late = this.#machine.alarm(() => this.#closed());
			this.#closing = new Promise<void>((resolve) => {
				this.#closed = resolve;
			}).then(() => {
				late.close();
				this.#closeAll();
			});
			late.arm(this.now() + CLOSING_NS);
			if (this.#over) this.#closed();
			else this.#step({ type: "close" });
		}
		return this.#closing;
	}

	#closeAll(): void {
		this.#over = true;
		this.#alarm.close();
		this.#hosts.close();
		for (const carrier of this.#carriers.values()) carrier.close();
		this.#carriers.clear();
	}

	#openAll(): void {
		if (this.#over || this.#closing !== null) return;
		const addresses = this.#machine.hostAddresses();
		if (isSystemError(addresses)) this.#hosts.failed(addresses);
		else this.#hosts.open(addresses);
		this.#isOpen = true;
		this.#step({ type: "basesComplete" });
		if (this.#carriers.size === 0) this.#fail("noLocalCandidates");
		const early = this.#early;
		this.#early = null;
		if (early !== null) this.peer(early);
	}

	#fail(why: "noLocalCandidates" | "noBase"): void {
		this.#view.become("failed", why);
		this.#telling.tell();
	}

	/** The relay of ours that packets go to, where they do: it sends them on to whom it is locked to. */
	#relayAt({ base, to }: { readonly base: number; readonly to: IceFlow["remote"] }): IceFlow["relay"] {
		const own = this.#agent.addresses.find(
			(address) => address.base === base && address.origin === "relay" && isSameEndpoint(address.server, to),
		);
		return own === undefined ? null : { server: to, relayed: own.alt.at, leg: "udp", channel: false };
	}

	#ears(): CarrierEars {
		return {
			opened: (carrier) => this.#opened(carrier),
			gone: (base, why) => this.#lose(base, why),
			received: (base, from, bytes, arrival) =>
				this.#step({ type: "received", base, from, bytes, at: arrival.at }, arrival),
			refused: (base, to, code) => {
				this.#view.refused(base, to);
				this.#step({ type: "unreachable", base, to, code });
			},
			forbidden: () => {},
			failed: (error) => this.#telling.event({ kind: "candidateError", error }),
		};
	}

	#opened(carrier: Carrier): number {
		const base = ++this.#lastBase;
		const { at } = carrier;
		this.#carriers.set(base, carrier);
		this.#telling.event({ kind: "base", base, at });
		const { address, port, stream = 0, component = 1 } = at;
		const place = { address, port, stream, component: component === 2 ? 2 : 1, vpn: this.#isVpn(address) } as const;
		this.#step({ type: "base", base, at: place });
		return base;
	}

	#isVpn(address: string): boolean {
		const known = this.#machine.hostAddresses();
		return !isSystemError(known) && known.some((host) => host.address === address && host.kind === "vpn");
	}

	#lose(base: number, why: IceBaseEnd): void {
		if (!this.#carriers.delete(base) || this.#over) return;
		this.#telling.event({ kind: "baseGone", base, why });
		this.#step({ type: "baseGone", base });
		if (this.#carriers.size === 0) this.#fail("noBase");
	}

	/** Hands the agent an input, and does what it says. */
	#step(input: FirstDraftInput, arrival: Arrival | null = null): void {
		if (this.#over) return;
		const outputs = this.#outputs(input);
		if (outputs === null) return;
		let isTold = false;
		for (const output of outputs) {
			if (output.type === "send") this.#send(output);
			else if (output.type === "data") this.#telling.data(output, arrival ?? { at: this.now(), stamp: "user" });
			else if (output.type === "event") {
				this.#view.hear(output.event);
				isTold ||= output.event.kind === "gathered" || output.event.kind === "cycle";
				if (output.event.kind === "closed") this.#closed();
			}
		}
		// Data moves no deadline forward, and there is much of it.
		if (!isData(input)) {
			this.#view.review();
			this.#alarm.arm(this.#agent.deadline?.at ?? null);
		}
		if (isTold) this.#step({ type: "told" });
		else this.#telling.tell();
	}

	#outputs(input: FirstDraftInput): readonly FirstDraftOutput[] | null {
		try {
			return this.#agent.step(input, this.now());
		} catch (defect) {
			this.#telling.event({ kind: "defect", about: defectText(defect) });
			this.#closing ??= Promise.resolve();
			this.#closeAll();
			return null;
		}
	}

	#send({ base, to, bytes }: Extract<FirstDraftOutput, { readonly type: "send" }>): void {
		const failed = this.#carriers.get(base)?.send(to, bytes) ?? null;
		if (failed !== null && isHopeless(failed)) this.#step({ type: "unreachable", base, to, code: failed.errnoName });
	}
}

function configOf({ stunServers = [], ...order }: FirstDraftOrder) {
	const { streams, relays, qvalues, gatherTimeoutMs, freeAfterMs } = order;
	const given = Object.entries({ streams, relays, qvalues, gatherTimeoutMs, freeAfterMs });
	return {
		...(Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<FirstDraftOrder>),
		stunServers: stunServers.map(({ address, port }) => ({ address, port })),
	};
}

/** What changes nothing but who is sent to. */
function isData(input: FirstDraftInput): boolean {
	return input.type === "send" || (input.type === "received" && classifyPacket(input.bytes) !== "stun");
}
