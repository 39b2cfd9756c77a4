/** Runs core's discovery of NAT behaviour on real sockets, one for each of its tests. */
import {
	behaviourSockets,
	type Instant,
	type NatBehaviour,
	NatBehaviourDiscovery,
	type NatBehaviourInput,
	type NatBehaviourOutput,
	type SystemError,
} from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import { DelayedCall } from "../delayed-call.ts";
import { defectText, isHopeless, isSystemError } from "../errors.ts";
import { drawSecrets } from "../probe-secrets.ts";
import { openDatagram } from "../transport/open.ts";
import { sourceAddressFor } from "../transport/source-address.ts";
import type { DatagramTransport, ReceivedDatagram, TransportAddress } from "../transport/transport.ts";
import type { RunningStun, StunFindings, StunOrder, StunRunMessage } from "./discovery-io.ts";
import { runStreamBinding } from "./stream-binding.ts";

/** Starts a discovery; messages begin after this has returned. Sockets are closed by the time of the last one. */
export function runStun(order: StunOrder, on: (message: StunRunMessage) => void): RunningStun {
	const backend = openBackend();
	if (isSystemError(backend)) {
		queueMicrotask(() => on({ type: "failed", error: backend }));
		return { stop: () => {} };
	}
	if (order.transport !== "udp") return runStreamBinding(backend, order, on);
	const run = new DatagramRun(backend, order, on);
	queueMicrotask(() => run.start());
	return { stop: () => run.stop("interrupted") };
}

/** Sends whose time the kernel has yet to tell. */
const MOST_UNSTAMPED = 256;

class DatagramRun {
	readonly #backend: Backend;
	readonly #order: StunOrder;
	readonly #on: (message: StunRunMessage) => void;
	readonly #timer: DelayedCall;
	readonly #limit: DelayedCall;
	readonly #unstamped = new Map<number, Extract<NatBehaviourOutput, { type: "send" }>>();
	readonly #counters = { sent: 0, received: 0, foreign: 0 };
	#sockets: readonly DatagramTransport[] = [];
	#machine: NatBehaviourDiscovery | null = null;
	#error: SystemError | null = null;
	#kernelStamps = true;
	#ended: StunFindings["ended"] = "complete";
	#nextId = 0;
	#stopped = false;
	#over = false;

	constructor(backend: Backend, order: StunOrder, on: (message: StunRunMessage) => void) {
		this.#backend = backend;
		this.#order = order;
		this.#on = on;
		this.#timer = new DelayedCall(backend.clock, () => this.#step({ type: "timer" }));
		this.#limit = new DelayedCall(backend.clock, () => this.stop("timeout"));
	}

	start(): void {
		const sockets = this.#open();
		if (isSystemError(sockets)) {
			this.#finish({ type: "failed", error: sockets });
			return;
		}
		this.#sockets = sockets;
		const { server, lifetime, classic = false, timeoutMs } = this.#order;
		this.#machine = new NatBehaviourDiscovery({
			secret: drawSecrets(this.#backend).secret,
			server: { address: server.address, port: server.port },
			sockets: sockets.map(({ local: { address, port } }) => ({ address, port })),
			classic,
			...(lifetime === undefined ? {} : { lifetime }),
		});
		if (timeoutMs !== null) this.#limit.arm(this.#backend.clock.now() + timeoutMs * 1e6);
		this.#step(this.#stopped ? { type: "stop" } : { type: "start" });
	}

	stop(why: "timeout" | "interrupted"): void {
		if (this.#stopped || this.#over) return;
		this.#stopped = true;
		this.#ended = why;
		if (this.#machine !== null) this.#step({ type: "stop" });
	}

	/** Bound to the address that packets to the server leave from: it is what the mapped address is compared with. */
	#open(): readonly DatagramTransport[] | SystemError {
		const { family, server, source, lifetime } = this.#order;
		const address = source ?? sourceAddressFor(this.#backend, { family, ...server });
		if (isSystemError(address)) return address;
		const sockets: DatagramTransport[] = [];
		const zone = server.zone === undefined ? {} : { zone: server.zone };
		for (let local = 0; local < behaviourSockets({ lifetime: lifetime !== undefined }); local++) {
			const request = { family, address, port: 0, use: "client", ...zone } as const;
			const socket = openDatagram(this.#backend, request, {
				received: (datagrams) => this.#received(local, datagrams),
				failed: (error, to) => this.#failed(local, error, to),
				sent: (id, at) => this.#left(id, at),
			});
			if (isSystemError(socket)) {
				for (const open of sockets) open.close();
				return socket;
			}
			sockets.push(socket);
		}
		return sockets;
	}

	#received(local: number, datagrams: readonly ReceivedDatagram[]): void {
		for (const { bytes, from, at, stamp } of datagrams) {
			this.#counters.received++;
			if (stamp !== "kernel") this.#kernelStamps = false;
			const { address, port } = from;
			this.#step({ type: "received", bytes, from: { address, port }, local, at });
		}
	}

	#failed(local: number, error: SystemError, to: TransportAddress | null): void {
		this.#error = error;
		if (to === null || !isHopeless(error)) return;
		const { address, port } = to;
		this.#step({ type: "unreachable", to: { address, port }, local, code: error.errnoName });
	}

	#left(id: number, at: Instant): void {
		const sent = this.#unstamped.get(id);
		this.#unstamped.delete(id);
		if (sent?.transmission == null) return;
		this.#step({ type: "sent", bytes: sent.bytes, transmission: sent.transmission, at });
	}

	#step(input: NatBehaviourInput): void {
		if (this.#over || this.#machine === null) return;
		try {
			for (const output of this.#machine.step(input, this.#backend.clock.now())) this.#take(output);
			if (!this.#over) this.#timer.arm(this.#machine.deadline?.at ?? null);
		} catch (defect) {
			this.#finish({ type: "failed", error: { code: "internal", where: "stun", about: defectText(defect) } });
		}
	}

	#take(output: NatBehaviourOutput): void {
		if (output.type === "send") this.#send(output);
		else if (output.type === "ignored") this.#counters.foreign++;
		else if (output.event.kind === "end") this.#end(output.event.behaviour);
		else this.#on({ type: "event", event: output.event });
	}

	#send(output: Extract<NatBehaviourOutput, { type: "send" }>): void {
		const { server } = this.#order;
		const { to, bytes, local } = output;
		this.#counters.sent++;
		const id = this.#nextId++;
		if (this.#unstamped.size < MOST_UNSTAMPED) this.#unstamped.set(id, output);
		const zone = server.zone === undefined ? {} : { zone: server.zone };
		this.#sockets[local]?.send([{ to: { ...to, ...zone }, bytes, id }]);
	}

	#end(behaviour: NatBehaviour): void {
		const findings: StunFindings = {
			behaviour,
			ended: this.#ended,
			error: this.#error,
			stamps: this.#kernelStamps && this.#backend.name === "native" ? "kernel" : "user",
			backend: this.#backend.name,
			counters: { ...this.#counters },
		};
		this.#finish({ type: "result", findings });
	}

	#finish(message: StunRunMessage): void {
		if (this.#over) return;
		this.#over = true;
		this.#timer.arm(null);
		this.#limit.arm(null);
		for (const socket of this.#sockets) socket.close();
		this.#on(message);
	}
}
