/** An internet in memory, both families of it, whose time passes while somebody waits for something in it. */
import type { Family, Instant } from "@whither/core";
import { type AttachedProgram, type DatagramProgram, Internet, type Scenario } from "@whither/sim";

/** One scenario's. Nothing happens in the turn of the event loop in which it is asked for. */
export class VirtualNetwork {
	readonly scenario: Scenario;
	readonly #internets: Readonly<Record<Family, Internet>>;
	readonly #timers = new Map<() => void, Instant>();
	#now: Instant = 0;
	/** Programs of whoever waits; servers alone let no time pass. */
	#users = 0;
	#running = false;
	#nextPort = 50_000;

	constructor(scenario: Scenario, seed?: number) {
		this.scenario = scenario;
		const order = seed === undefined ? { scenario } : { scenario, seed };
		this.#internets = { 4: new Internet({ ...order, family: 4 }), 6: new Internet({ ...order, family: 6 }) };
	}

	get now(): Instant {
		return this.#now;
	}

	/** A port of the tracing host that nobody has yet. */
	takePort(): number {
		return this.#nextPort++;
	}

	/** The tracing host's address. */
	ownAddress(family: Family): string {
		return this.#internets[family].address(this.scenario.trace.from);
	}

	/** Puts a server on a host. */
	serve(node: string, family: Family, program: DatagramProgram): void {
		this.#internets[family].attach(node, program);
	}

	/** Puts a program of somebody who waits on the tracing host; time passes until it is detached. */
	attach(family: Family, program: DatagramProgram): AttachedProgram {
		const attached = this.#internets[family].attach(this.scenario.trace.from, program, this.#now);
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
		setImmediate(() => this.#turn());
	}

	/** What is due next, and then a turn for whoever heard of it. */
	#turn(): void {
		this.#running = false;
		if (this.#users === 0 && this.#timers.size === 0) return;
		const times = [this.#internets[4].nextAt, this.#internets[6].nextAt, ...this.#timers.values()];
		const next = Math.min(...times.map((at) => at ?? Number.POSITIVE_INFINITY));
		if (next === Number.POSITIVE_INFINITY) return;
		this.#now = Math.max(this.#now, next);
		for (const internet of Object.values(this.#internets)) internet.advance(this.#now);
		for (const [timer, at] of [...this.#timers]) {
			if (at > this.#now || !this.#timers.delete(timer)) continue;
			timer();
		}
		this.#run();
	}
}
