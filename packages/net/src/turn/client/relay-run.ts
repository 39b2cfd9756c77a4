/** Core's TURN client on a leg, and on another leg or as another machine where those of now are of no use any more. */
import {
	type Instant,
	type SystemError,
	TurnClient,
	type TurnClientEvent,
	type TurnClientInput,
	type TurnClientOutput,
} from "@whither/core";
import type { Backend } from "../../backend.ts";
import type { Channel, ChannelRequest } from "../../channel/channel.ts";
import { DelayedCall } from "../../delayed-call.ts";
import { defectText, isHopeless, isSystemError, systemError } from "../../errors.ts";
import { ERRNO } from "../../native/errno.ts";
import { drawSecrets } from "../../probe-secrets.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import { Arrivals } from "./arrivals.ts";
import { BoundConnection } from "./relay-connection.ts";
import type {
	RelayCause,
	RelayConnection,
	RelayConnectionListener,
	RelayCounters,
	RelayEvent,
	RelayListener,
	RelayOrder,
} from "./relay-io.ts";
import { canonicalText, type LegListener, type LegMessage, openLeg, type RelayLeg } from "./relay-leg.ts";
import { RelayLegs, type Send } from "./relay-legs.ts";
import { orderAt, placeAfter } from "./second-tries.ts";
import { shielded } from "./shielded.ts";

/** When a message came, and by whose clock. */
type Arrival = Pick<LegMessage, "at" | "stamp">;

/** One relay, from its order to its last event. */
export class RelayRun {
	readonly #listener: RelayListener;
	readonly #backend: Backend | SystemError;
	readonly #timer: DelayedCall;
	readonly #counters = new Arrivals();
	readonly #legs = new RelayLegs();
	/** Whoever was asked, in order: a server twice where it was asked from two ports. */
	readonly #asked: TransportAddress[] = [];
	#order: RelayOrder;
	#client: TurnClient | null = null;
	#cause: RelayCause | null = null;
	/** The allocation was asked for. */
	#begun = false;
	#closing = false;
	#over = false;

	constructor(order: RelayOrder, listener: RelayListener, backend: Backend | SystemError) {
		const { server } = order;
		this.#order = { ...order, server: { ...server, address: canonicalText(server.address) } };
		this.#listener = listener;
		this.#backend = backend;
		this.#timer = new DelayedCall(this, () => this.#overdue());
		if (!isSystemError(this.#backend)) this.#client = this.#newClient(this.#backend);
		queueMicrotask(() => this.#begin());
	}

	/** In use. */
	get leg(): RelayLeg | undefined {
		return this.#legs.inUse;
	}

	get server(): TransportAddress {
		return this.#order.server;
	}

	now(): Instant {
		return isSystemError(this.#backend) ? 0 : this.#backend.clock.now();
	}

	get counters(): RelayCounters {
		return this.#counters.with(this.#legs.sent);
	}

	/** Whatever is to be sent meanwhile leaves at the end, together. */
	together(steps: () => void): void {
		this.#legs.together(steps);
	}

	/** Hands the machine an input, and does what it says. */
	step(input: TurnClientInput, arrival: Arrival | null = null): void {
		if (this.#over || this.#client === null) return;
		let outputs: readonly TurnClientOutput[];
		try {
			outputs = this.#client.step(input, this.now());
		} catch (defect) {
			this.#finish({ kind: "defect", about: defectText(defect) });
			return;
		}
		this.#legs.send(outputs.filter((output): output is Send => output.type === "send"));
		for (const output of outputs) {
			if (output.type === "ignored") this.#counters.ignore(output.reason);
			else if (output.type === "event") this.#take(output.event, arrival);
		}
		if (!this.#over) this.#timer.arm(this.#client?.deadline?.at ?? null);
	}

	takeConnection(connectionId: number, listener: RelayConnectionListener): RelayConnection | SystemError {
		const backend = this.#backend;
		if (isSystemError(backend)) return backend;
		if (this.#over || this.#order.transport === "udp") return systemError("connect", ERRNO.EPROTONOSUPPORT);
		const local = this.#legs.number();
		const { server } = this.#order;
		const ears = {
			opened: () => this.step({ type: "bindConnection", connectionId, local }),
			message: (bytes: Uint8Array, at: number) => this.#hear({ bytes, from: server, at, stamp: "user" }, local),
			ended: () => {
				this.#legs.removeConnection(local);
				this.step({ type: "closed", local });
			},
		};
		const connection = new BoundConnection(backend, this.#order, ears, listener);
		this.#legs.addConnection(local, connection);
		return connection;
	}

	move(source: string | null): void {
		if (isSystemError(this.#backend) || this.#over) return;
		const local = this.#legs.number();
		const { sourcePort: _, ...order } = this.#order;
		const leg = openLeg(this.#backend, { ...order, source }, this.#legListener(local));
		if (isSystemError(leg)) setImmediate(() => this.#moveFailed(leg, local));
		else this.#legs.add(local, leg);
	}

	borrow(request: ChannelRequest): Channel | SystemError {
		return this.leg?.borrow(request) ?? systemError("borrow", ERRNO.EBADF);
	}

	close(): void {
		this.#closing = true;
		if (!this.#begun && this.#legs.isEmpty) this.#finish({ kind: "closed", confirmed: true });
		else this.step({ type: "close" });
	}

	/** Closes everything; nothing more is told. */
	end(): void {
		if (this.#over) return;
		this.#over = true;
		this.#timer.arm(null);
		this.#legs.closeAll(this.#cause);
	}

	#begin(): void {
		const backend = this.#backend;
		if (this.#over) return;
		if (isSystemError(backend)) {
			this.#unopened(backend);
			return;
		}
		this.#client ??= this.#newClient(backend);
		const leg = openLeg(backend, this.#order, this.#legListener(this.#legs.current));
		if (isSystemError(leg)) this.#unopened(leg);
		else this.#legs.add(this.#legs.current, leg);
	}

	/** Throws RangeError for an order that contradicts itself. */
	#newClient(backend: Backend): TurnClient {
		const { server, transport, authorities: _a, serverName: _n, source: _s, sourcePort: _p, ...config } = this.#order;
		const { address, port } = server;
		this.#legs.current = this.#legs.number();
		this.#asked.push(server);
		this.#begun = false;
		const { secret } = drawSecrets(backend);
		return new TurnClient({ ...config, server: { address, port }, leg: transport, local: this.#legs.current, secret });
	}

	#unopened(cause: RelayCause | null): void {
		const elsewhere = { alternate: null, alternateDomain: null, mayFollow: false };
		const known = { error: null, ...elsewhere, unknownAttributes: [] };
		this.#finish({ kind: "failed", why: "unreachable", ...known, cause });
	}

	#legListener(local: number): LegListener {
		return {
			connected: () => {
				if (local === this.#legs.current && !this.#over) this.#tell({ kind: "handshaking" });
			},
			opened: () => {
				this.#legs.opened(local);
				if (local !== this.#legs.current) this.step({ type: "move", local });
				else {
					this.#begun = true;
					this.#tell({ kind: "opened", at: this.now(), local: this.leg?.local ?? null });
					this.step({ type: "allocate" });
				}
			},
			received: (message) => this.#hear(message, local),
			failed: (error, to) => this.#unsent(error, to, local),
			closed: (cause) => this.#legClosed(cause, local),
		};
	}

	#hear({ bytes, from, at, stamp }: LegMessage, local: number): void {
		this.#counters.received++;
		const { address, port } = from;
		this.step({ type: "received", bytes, from: { address, port }, local, at }, { at, stamp });
	}

	#unsent(error: SystemError, to: TransportAddress | null, local: number): void {
		this.#cause = error;
		if (to === null || !isHopeless(error)) return;
		const { address, port } = to;
		this.step({ type: "unreachable", to: { address, port }, local, code: error.errnoName });
	}

	#legClosed(cause: RelayCause | null, local: number): void {
		const was = this.#legs.lost(local);
		if (was === "unknown") return;
		this.#cause = cause ?? this.#cause;
		// The machine does not know of it yet: it was to be moved to.
		if (was === "unopened") this.#moveFailed(cause, local);
		else if (this.#begun) this.step({ type: "closed", local });
		else this.#unopened(cause);
	}

	#moveFailed(cause: RelayCause | null, local: number): void {
		this.#cause = cause ?? this.#cause;
		if (!this.#over) this.#tell({ kind: "moveFailed", local, why: "unreachable", error: null });
	}

	#overdue(): void {
		this.#legs.dropFormer();
		this.step({ type: "timer" });
	}

	#take(event: TurnClientEvent, arrival: Arrival | null): void {
		if (this.#over) return;
		switch (event.kind) {
			case "data":
				this.#receive(event, arrival);
				return;
			case "connectionBound":
				this.#legs.connection(event.local)?.bind();
				return;
			case "connectionLost":
				this.#legs.connection(event.local)?.refuse(event.why);
				return;
			case "failed":
				this.#failed(event);
				return;
			case "lost":
				this.#finish({ ...event, cause: this.#cause });
				return;
			case "closed":
				this.#finish(event);
				return;
			default:
				this.#follow(event);
				this.#tell(event);
		}
	}

	/** Which leg is of use after a move, and where the server is after a redirection. */
	#follow(event: RelayEvent): void {
		if (event.kind === "redirected") this.#order = { ...this.#order, server: { ...this.#order.server, ...event.to } };
		else if (event.kind === "moveFailed") this.#legs.drop(event.local);
		else if (event.kind === "moved") this.#legs.moveTo(event.local);
	}

	#receive(event: Extract<TurnClientEvent, { readonly kind: "data" }>, arrival: Arrival | null): void {
		const { from, bytes, channel } = event;
		const { at, stamp } = arrival ?? { at: 0, stamp: "user" };
		shielded(() => this.#listener.received({ from, bytes, channel, at, stamp }));
	}

	/** From another port or at another server it may go better. */
	#failed(event: Extract<TurnClientEvent, { readonly kind: "failed" }>): void {
		const next = this.#closing ? null : placeAfter(event, this.#order, this.#asked);
		if (next === null) {
			this.#finish({ ...event, cause: this.#cause });
			return;
		}
		this.#legs.closeAll(this.#cause);
		this.#client = null;
		this.#cause = null;
		this.#timer.arm(null);
		this.#order = orderAt(next, event, this.#order);
		if (event.why === "redirected") this.#tell({ kind: "redirected", to: { address: next.address, port: next.port } });
		this.#begin();
	}

	#finish(event: RelayEvent): void {
		if (this.#over) return;
		this.end();
		shielded(() => this.#listener.event(event));
	}

	#tell(event: RelayEvent): void {
		shielded(() => this.#listener.event(event));
	}
}
