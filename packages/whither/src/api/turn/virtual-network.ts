/** An internet in memory, both families of it, whose time passes while somebody waits for something in it. */
import type { Family, Instant } from "@whither/core";
import { type AttachedProgram, BothFamilies, type DatagramProgram, type Internet, type Scenario } from "@whither/sim";

/** How its time passes. */
export interface NetworkTime {
	/** That many times slower than life, for people to watch; 0, the default: as fast as it can. */
	readonly slowedBy?: number;
}

/** Between two turns where time is slowed: as often as a screen shows anything new. */
const SLOW_TURN_MS = 15;
/** A turn that came late is not made up for at once. */
const MOST_SLOW_MS = 100;

/** One scenario's. Nothing happens in the turn of the event loop in which it is asked for. */
export class VirtualNetwork {
	readonly scenario: Scenario;
	readonly #internets: BothFamilies;
	readonly #slowedBy: number;
	/** By the clock of `performance.now`, where time is slowed: when it last went on. */
	#wentOnMs: number | null = null;
	readonly #timers = new Map<() => void, Instant>();
	#now: Instant = 0;
	/** Programs of whoever waits; servers alone let no time pass. */
	#users = 0;
	#running = false;
	#nextPort = 50_000;

	constructor(scenario: Scenario, seed?: number, { slowedBy = 0 }: NetworkTime = {}) {
		this.scenario = scenario;
		this.#slowedBy = slowedBy;
		const order = seed === undefined ? { scenario } : { scenario, seed };
		this.#internets = new BothFamilies([4, 6], () => order);
	}

	get now(): Instant {
		return this.#now;
	}

	/** What there is of one family. */
	internet(family: Family): Internet {
		return this.#internets.of(family);
	}

	/** A port that nobody has yet on any host. */
	takePort(): number {
		return this.#nextPort++;
	}

	/** A host's address; default the tracing host's. */
	ownAddress(family: Family, host = this.scenario.trace.from): string {
		return this.internet(family).address(host);
	}

	/** Puts a server on a host. */
	serve(node: string, family: Family, program: DatagramProgram): void {
		this.internet(family).attach(node, program);
	}

	/** Puts a program of somebody who waits on the tracing host; time passes until it is detached. */
	attach(family: Family, program: DatagramProgram): AttachedProgram {
		return this.#use(this.internet(family).attach(this.scenario.trace.from, program, this.#now));
	}

	/** The same on any host, for a program that speaks both families. */
	attachToBoth(host: string, program: DatagramProgram): AttachedProgram {
		return this.#use(this.#internets.attach(host, program, this.#now));
	}

	#use(attached: AttachedProgram): AttachedProgram {
		this.#users++;
		let left = false;
		this.#run();
		return {
			...attached,
			detach: () => {
				if (!left) this.#users--;
				left = true;
				attached.detach();
			},
		};
	}

	/** Calls back after so long of its time. */
	after(delayMs: number, call: () => void): () => void {
		const timer = () => call();
		this.#timers.set(timer, this.#now + delayMs * 1e6);
		this.#run();
		return () => this.#timers.delete(timer);
	}

	#run(): void {
		if (this.#running) return;
		this.#running = true;
		if (this.#slowedBy === 0) setImmediate(() => this.#turn());
		else setTimeout(() => this.#turn(), SLOW_TURN_MS);
	}

	/** What is due next, and then a turn for whoever heard of it. */
	#turn(): void {
		this.#running = false;
		if (this.#users === 0 && this.#timers.size === 0) return;
		const next = Math.min(this.#internets.nextAt ?? Number.POSITIVE_INFINITY, ...this.#timers.values());
		if (next === Number.POSITIVE_INFINITY) return;
		this.#now = this.#slowedBy === 0 ? Math.max(this.#now, next) : this.#slowNow();
		this.#internets.advance(this.#now);
		for (const [timer, at] of [...this.#timers]) {
			if (at > this.#now || !this.#timers.delete(timer)) continue;
			timer();
		}
		this.#run();
	}

	/** As much further as the clock on the wall has gone since the last turn, that many times slower. */
	#slowNow(): Instant {
		const nowMs = performance.now();
		const goneMs = Math.min(nowMs - (this.#wentOnMs ?? nowMs), MOST_SLOW_MS);
		this.#wentOnMs = nowMs;
		return this.#now + Math.round((goneMs * 1e6) / this.#slowedBy);
	}
}
