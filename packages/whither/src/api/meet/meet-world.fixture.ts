/** Two ends of a meeting without a network: agents that do as they are told, one clock that runs as fast as it can. */
import type { IceFailure, IcePairReport, IceState } from "@whither/core";
import type { IceConnectionEvent, IceFlow, IceListener, IceOrder } from "@whither/net/ice";
import type { IceCandidateLine } from "@whither/wire";
import { WhitherError } from "../error.ts";
import type { TracedPath } from "./events.ts";
import type { Rendezvous, SignallingFailure } from "./signalling/signalling.ts";
import type { MeetIce, MeetWorld } from "./world.ts";

/** Time that passes while somebody waits for it, a turn of the event loop at a time. */
export class FakeTime {
	now = 0;
	readonly #timers = new Map<() => void, number>();
	#running = false;

	after(delayMs: number, call: () => void): () => void {
		const timer = () => call();
		this.#timers.set(timer, this.now + delayMs * 1e6);
		this.#run();
		return () => this.#timers.delete(timer);
	}

	/** How far ahead anybody waits. */
	get furthestMs(): number {
		return Math.max(0, ...[...this.#timers.values()].map((at) => (at - this.now) / 1e6));
	}

	#run(): void {
		if (this.#running) return;
		this.#running = true;
		setImmediate(() => {
			this.#running = false;
			const next = Math.min(...this.#timers.values());
			if (next === Number.POSITIVE_INFINITY) return;
			this.now = Math.max(this.now, next);
			for (const [timer, at] of [...this.#timers]) if (at <= this.now && this.#timers.delete(timer)) timer();
			if (this.#timers.size > 0) this.#run();
		});
	}
}

/** What comes between two agents. */
export interface FakeLink {
	readonly time: FakeTime;
	/** False: no check is ever answered. */
	readonly passes?: boolean;
	readonly delayMs?: number;
	/** Data that arrives; all when absent. */
	readonly carries?: (from: string, bytes: Uint8Array) => boolean;
	readonly ends: FakeIce[];
}

/** How long the agent of an end that hears nothing tries (RFC 8863). */
const PATIENCE_MS = 39_500;

/** An agent that does what a test says. */
export class FakeIce implements MeetIce {
	readonly own = { ufrag: "", pwd: "", options: ["ice2", "trickle"], lite: false, pacingMs: 5 };
	readonly role: IceOrder["role"];
	readonly name: string;
	readonly order: IceOrder;
	state: IceState = "new";
	isClosed = false;
	/** Of every pair. */
	failure: string | null = null;
	#peered = false;
	readonly #link: FakeLink;
	readonly #listener: IceListener;
	readonly #remote: IceCandidateLine[] = [];

	constructor(name: string, link: FakeLink, order: IceOrder, listener: IceListener) {
		this.name = name;
		this.#link = link;
		this.order = order;
		this.role = order.role;
		this.#listener = listener;
		this.own = { ...this.own, ufrag: name.repeat(4).slice(0, 4), pwd: `${name}${"x".repeat(22)}`.slice(0, 22) };
		link.ends.push(this);
		queueMicrotask(() => {
			const at = { address: `192.168.0.${name.length}`, port: 5000 };
			this.tell({ kind: "base", base: 1, at });
			this.tell({ kind: "candidate", ...{ stream: 0, base: 1, line: this.line }, server: null, interface: "eth0" });
			this.tell({ kind: "gathered" });
		});
	}

	get line(): IceCandidateLine {
		const at = { address: `192.168.0.${this.name.length}`, port: 5000 };
		const line = { foundation: "1", component: 1, transport: "udp", priority: 2_130_706_431, ...at } as const;
		return { ...line, type: "host", related: null, tcpType: null, extensions: [] };
	}

	get pairs(): readonly IcePairReport[] {
		return this.#remote.map((remote) => this.#pair(remote));
	}

	#pair(remote: IceCandidateLine): IcePairReport {
		const works = this.state === "completed";
		const used = { writable: works, readable: works, nominated: works, selected: works };
		return {
			...{ id: 1, stream: 0, component: 1, base: 1, local: this.line, remote, ...used, backup: false },
			state: works ? "succeeded" : this.state === "failed" ? "failed" : "inProgress",
			...{ priority: "9151314442783293438", rttNs: works ? 2e6 : null, requestsSent: 1, retransmissions: 0 },
			...{ responsesReceived: 1, requestsReceived: 1, responsesSent: 1, consentRequestsSent: 0, icmpErrors: 0 },
			failure: this.failure,
		};
	}

	now(): number {
		return this.#link.time.now;
	}

	tell(event: IceConnectionEvent): void {
		if (!this.isClosed) this.#listener.event(event, this.now());
	}

	peer(): void {
		this.#peered = true;
		this.#check();
	}

	addRemote(candidates: Parameters<MeetIce["addRemote"]>[0]): void {
		for (const { line } of candidates) {
			this.#remote.push(line);
			this.tell({ kind: "remoteCandidate", stream: 0, line });
		}
		this.#check();
	}

	endOfRemote(): void {}

	withoutIce({ to }: Parameters<MeetIce["withoutIce"]>[0]): void {
		this.#remote.push({ ...this.line, ...to });
		this.#select("noIce");
	}

	#check(): void {
		if (!this.#peered || this.#remote.length === 0 || this.state !== "new") return;
		this.#become("checking");
		const { passes = true, delayMs = 1, time } = this.#link;
		if (passes) time.after(2 * delayMs, () => this.#select());
		else time.after(PATIENCE_MS, () => this.#become("failed", "allPairsFailed"));
	}

	#select(why: "best" | "noIce" = "best"): void {
		this.state = "completed";
		const [pair] = this.pairs;
		if (pair === undefined || this.isClosed) return;
		this.tell({ kind: "pair", pair });
		this.tell({ kind: "selected", pair, why });
		this.tell({ kind: "state", state: "completed", failure: null });
	}

	#become(state: IceState, failure: IceFailure | null = null): void {
		this.state = state;
		this.tell({ kind: "state", state, failure });
	}

	/** The way is lost. */
	fail(failure: IceFailure): void {
		this.#become("failed", failure);
	}

	send(bytes: Uint8Array): void {
		const { time, delayMs = 1, carries = () => true } = this.#link;
		const copy = bytes.slice();
		if (this.isClosed || !carries(this.name, copy)) return;
		time.after(delayMs, () => {
			for (const other of this.#link.ends) if (other !== this) other.hear(copy);
		});
	}

	hear(bytes: Uint8Array): void {
		const from = { address: "192.168.0.9", port: 5000 };
		const about = { stream: 0, component: 1, base: 1, from, kind: "unknown", at: this.now(), stamp: "user" } as const;
		if (!this.isClosed) this.#listener.data({ ...about, bytes });
	}

	flow(): IceFlow | null {
		const [pair] = this.pairs;
		if (pair === undefined || this.state !== "completed") return null;
		const { address, port } = pair.remote;
		return { pair, socket: null, remote: { address, port }, relay: null, stun: null };
	}

	close(): Promise<void> {
		this.isClosed = true;
		return Promise.resolve();
	}
}

/** One end's world; what is told of it is its own. */
export function fakeWorld(
	name: string,
	link: FakeLink,
	more: Partial<MeetWorld> = {},
	traced: TracedPath = NO_TRACE,
): MeetWorld {
	return {
		backend: "simulated",
		resolve: (host) => Promise.reject(new WhitherError("nameNotFound", `${host} has no address`, { name: host })),
		services: () => Promise.resolve([]),
		openIce: (order, listener) => new FakeIce(name, link, order, listener),
		tracePath: (_, { signal }) =>
			new Promise((resolve) => {
				signal.addEventListener("abort", () => resolve(traced), { once: true });
				link.time.after(300, () => resolve(traced));
			}),
		rendezvous: () => Promise.resolve({ code: "unreachable", url: "http://meet.example", why: "ECONNREFUSED" }),
		after: (delayMs, call) => link.time.after(delayMs, call),
		...more,
	};
}

const NO_TRACE: TracedPath = { by: "flow", result: null, error: { code: "noRoute", message: "There is no route" } };

/** A room, of which the test keeps both ends. */
export function fakeRendezvous(
	begin: Rendezvous["signalling"],
	role: Rendezvous["role"],
	offered: Rendezvous["offered"] = { stun: [], turn: [] },
): (order: unknown) => Promise<Rendezvous | SignallingFailure> {
	const expiresAt = "2026-01-01T00:10:00Z";
	return () =>
		Promise.resolve({
			code: "7-otter-velvet",
			...{ role, offered, expiresAt, signalling: begin },
			close: async () => {},
		});
}
