/**
 * One relay out of several ways to it: UDP, TCP and TLS legs, over both families, tried one after the other in quick
 * succession. The first that gives an allocation is it; what the others may have got is given back.
 */
import { type Instant, MILLISECOND, type SystemError, type TurnFailure } from "@whither/core";
import type { StunErrorCode } from "@whither/wire";
import type { Backend } from "../backend.ts";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { DelayedCall } from "../delayed-call.ts";
import { systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { openRelay, type Relay } from "../turn/client/relay.ts";
import type { RelayEvent, RelayListener, RelayOrder, RelayOutgoing } from "../turn/client/relay-io.ts";
import { shielded } from "../turn/client/shielded.ts";
import type { IceRelayLeg } from "./ice-io.ts";
import { ATTEMPT_DELAY_MS, interleaved, LegPace } from "./leg-pace.ts";

/** What is asked for, and the ways there in order of preference. */
export interface RelayRaceOrder extends Omit<RelayOrder, keyof IceRelayLeg | "sourcePort"> {
	/** One at least; they are tried as `interleaved` has them. */
	readonly legs: readonly IceRelayLeg[];
	/** How long each attempt is alone; 250 when absent. */
	readonly delayMs?: number;
	/** What has not been given by then is not waited for any more; 10,000 when absent. */
	readonly timeoutMs?: number;
}

type RelayEnd = Extract<RelayEvent, { readonly kind: "failed" | "lost" | "closed" | "defect" }>;

/** How a leg ended without an allocation. `late`: it was not waited for any more. */
export type RelayLegEnd = RelayEnd | { readonly kind: "late" };

/** A leg that came to nothing. */
export interface RelayLegFailure {
	readonly leg: IceRelayLeg;
	readonly end: RelayLegEnd;
}

/**
 * What a race tells: of each leg that fails, and from `allocated` on all that the relay tells that has won. The last is
 * `failed`, `lost`, `closed` or `defect`; `closed` also where the race was closed before anybody had won.
 */
export type RelayRaceEvent =
	| ({ readonly kind: "legFailed" } & RelayLegFailure)
	/** None gives an allocation; `why` and `error` are those of the leg whose server said most, else of the first that failed. */
	| {
			readonly kind: "failed";
			readonly why: TurnFailure;
			readonly error: StunErrorCode | null;
			readonly failures: readonly RelayLegFailure[];
	  }
	| Exclude<RelayEvent, { readonly kind: "failed" }>;

/** Who is told, on the backend's clock. Nothing is told before the call that began the race has returned. */
export interface RelayRaceListener {
	/** Of the relay that has won. */
	received: RelayListener["received"];
	event(event: RelayRaceEvent): void;
}

const TIMEOUT_MS = 10_000;

/** Begins to ask, on this backend and its clock; throws RangeError for no legs, and for what `openRelay` throws it. */
export function openRelayRace(order: RelayRaceOrder, listener: RelayRaceListener, backend: Backend): RelayRace {
	if (order.legs.length === 0) throw new RangeError("a race needs a leg");
	const race = new RelayRace(order, listener, backend);
	race.begin();
	return race;
}

interface Runner {
	readonly number: number;
	readonly leg: IceRelayLeg;
	readonly relay: Relay;
}

/** A race, and after it the relay that has won; what is asked of a relay before that has no effect. */
export class RelayRace {
	readonly #order: Omit<RelayOrder, keyof IceRelayLeg>;
	readonly #legs: readonly IceRelayLeg[];
	readonly #listener: RelayRaceListener;
	readonly #backend: Backend;
	readonly #pace: LegPace;
	readonly #timer: DelayedCall;
	readonly #endsAt: Instant;
	/** Attempts under way; once one has won, the others are giving back what they got. */
	readonly #runners = new Set<Runner>();
	readonly #failures: RelayLegFailure[] = [];
	#won: Runner | null = null;
	#closing = false;
	#over = false;

	/** `openRelayRace` makes and begins them. */
	constructor(order: RelayRaceOrder, listener: RelayRaceListener, backend: Backend) {
		const { legs, delayMs = ATTEMPT_DELAY_MS, timeoutMs = TIMEOUT_MS, ...rest } = order;
		this.#order = rest;
		this.#legs = interleaved(legs);
		this.#listener = listener;
		this.#backend = backend;
		this.#pace = new LegPace(legs.length, delayMs);
		this.#timer = new DelayedCall(backend.clock, () => this.#overdue());
		this.#endsAt = backend.clock.now() + timeoutMs * MILLISECOND;
	}

	/** The one that has won, for what is not passed on here; null: none has, yet. */
	get relay(): Relay | null {
		return this.#won?.relay ?? null;
	}

	/** How it was reached; null: none has won yet. */
	get leg(): IceRelayLeg | null {
		return this.#won?.leg ?? null;
	}

	/** Legs that are being tried; none once one has won. */
	get underWay(): readonly IceRelayLeg[] {
		return this.#won === null ? [...this.#runners].map(({ leg }) => leg) : [];
	}

	/** On the scale of the times that the listener is told. */
	now(): Instant {
		return this.#backend.clock.now();
	}

	/** Our end of the leg in use; null while it is not known. */
	get local(): TransportAddress | null {
		return this.relay?.local ?? null;
	}

	/** The server that gave the allocation, another than the leg's after a redirection; before, the first that is asked. */
	get server(): TransportAddress {
		return this.relay?.server ?? (this.#legs[0] as IceRelayLeg).server;
	}

	send(peer: RelayOutgoing["peer"], data: Uint8Array): void {
		this.relay?.send(peer, data);
	}

	permit(addresses: readonly string[]): void {
		this.relay?.permit(addresses);
	}

	bind(peer: RelayOutgoing["peer"]): void {
		this.relay?.bind(peer);
	}

	unbind(peer: RelayOutgoing["peer"]): void {
		this.relay?.unbind(peer);
	}

	/** Asks whether the server still has the allocation; `refreshed` or `lost` follows. */
	refresh(): void {
		this.relay?.refresh();
	}

	borrow(request: ChannelRequest): Channel | SystemError {
		return this.relay?.borrow(request) ?? systemError("borrow", ERRNO.EBADF);
	}

	/** To be called once. */
	begin(): void {
		this.#beginNext();
		this.#arm();
	}

	/** Gives everything back; `closed` follows within four seconds. */
	close(): void {
		if (this.#closing || this.#over) return;
		this.#closing = true;
		this.#arm();
		for (const { relay } of this.#runners) relay.close();
		if (this.#runners.size === 0) setImmediate(() => this.#finish({ kind: "closed", confirmed: true }));
	}

	/** Ends everything at once: servers keep what they gave until it expires. Nothing more is told. */
	destroy(): void {
		this.#over = true;
		this.#timer.arm(null);
		for (const { relay } of this.#runners) relay.destroy();
		this.#runners.clear();
	}

	#overdue(): void {
		if (this.#backend.clock.now() >= this.#endsAt) this.#giveUp();
		else this.#beginNext();
		this.#arm();
	}

	#arm(): void {
		const isWaiting = this.#won === null && !this.#closing && !this.#over;
		this.#timer.arm(isWaiting ? Math.min(this.#pace.deadline ?? Number.POSITIVE_INFINITY, this.#endsAt) : null);
	}

	#beginNext(): void {
		const number = this.#pace.begin(this.#backend.clock.now());
		const leg = number === null ? undefined : this.#legs[number];
		if (number === null || leg === undefined) return;
		const told: RelayListener = {
			received: (datagram) => {
				if (this.#won === runner) this.#listener.received(datagram);
			},
			event: (event) => this.#hear(event, runner),
		};
		const runner: Runner = { number, leg, relay: openRelay({ ...this.#order, ...leg }, told, this.#backend) };
		this.#runners.add(runner);
	}

	#hear(event: RelayEvent, runner: Runner): void {
		if (this.#over) return;
		const isEnd = isEndOfRelay(event);
		if (isEnd) this.#runners.delete(runner);
		if (this.#won === runner) this.#hearWinner(event);
		else if (this.#won !== null || this.#closing) this.#hearLoser(event, isEnd);
		else if (isEnd) this.#fail(runner, event);
		else if (event.kind === "allocated") this.#win(runner, event);
	}

	/** A relay that was allocated does not fail. */
	#hearWinner(event: RelayEvent): void {
		if (event.kind === "failed") return;
		if (isEndOfRelay(event)) this.#finish(event);
		else this.#tell(event);
	}

	#hearLoser(event: RelayEvent, isEnd: boolean): void {
		if (!isEnd || !this.#closing || this.#won !== null || this.#runners.size > 0) return;
		this.#finish({ kind: "closed", confirmed: event.kind === "closed" && event.confirmed });
	}

	#win(runner: Runner, event: Extract<RelayEvent, { readonly kind: "allocated" }>): void {
		this.#won = runner;
		this.#arm();
		for (const other of this.#runners) if (other !== runner) other.relay.close();
		this.#tell(event);
	}

	#fail(runner: Runner, end: RelayLegEnd): void {
		const failure = { leg: runner.leg, end };
		this.#failures.push(failure);
		this.#tell({ kind: "legFailed", ...failure });
		if (this.#over || this.#closing) return;
		this.#pace.failed(runner.number, this.#backend.clock.now());
		this.#beginNext();
		if (this.#pace.isOver) this.#finish(failureOfAll(this.#failures));
		this.#arm();
	}

	/** Time is over: what comes yet is given back. */
	#giveUp(): void {
		const late = [...this.#runners];
		const failures = [...this.#failures, ...late.map(({ leg }) => ({ leg, end: { kind: "late" } as const }))];
		this.#finish(failureOfAll(failures));
		for (const { relay } of late) relay.close();
	}

	/** Losers that are still giving something back go on with that, and tell nobody. */
	#finish(event: RelayRaceEvent): void {
		if (this.#over) return;
		this.#over = true;
		this.#timer.arm(null);
		this.#tell(event);
	}

	#tell(event: RelayRaceEvent): void {
		shielded(() => this.#listener.event(event));
	}
}

/** The failure to report: of a server that answered before one of a server that did not. */
function failureOfAll(failures: readonly RelayLegFailure[]): Extract<RelayRaceEvent, { readonly kind: "failed" }> {
	const refusals = failures.map(({ end }) => (end.kind === "failed" || end.kind === "lost" ? end : null));
	const told = refusals.find((refusal) => refusal !== null && refusal.error !== null) ?? refusals[0];
	return { kind: "failed", why: told?.why ?? "timeout", error: told?.error ?? null, failures };
}

/** Whether the relay tells nothing after this event. */
function isEndOfRelay(event: RelayEvent): event is RelayEnd {
	return event.kind === "failed" || event.kind === "lost" || event.kind === "closed" || event.kind === "defect";
}
