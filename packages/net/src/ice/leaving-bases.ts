/**
 * Bases that are gone while data is sent on them. An agent has failed when the last way is lost, and a machine that changes
 * networks loses the one before it has tried the other: so it is told a little later, or as soon as there is another way.
 */
import { type IcePairReport, type Instant, MILLISECOND } from "@whither/core";
import type { Alarm } from "../exact-call.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** How long another way may take to be found. */
const PATIENCE_NS = 1000 * MILLISECOND;

/** Those of one connection. */
export class LeavingBases {
	readonly #machine: Pick<IceSurroundings, "clock" | "alarm">;
	readonly #gone: (base: number) => void;
	/** Until when each is waited with. */
	readonly #leaving = new Map<number, Instant>();
	#alarm: Alarm | null = null;

	/** `gone`: the agent is to hear of it now. */
	constructor(machine: Pick<IceSurroundings, "clock" | "alarm">, gone: (base: number) => void) {
		this.#machine = machine;
		this.#gone = gone;
	}

	/** One is gone, and so many selected pairs are its. */
	leave(base: number, selected: readonly IcePairReport[], pairs: () => readonly IcePairReport[]): void {
		if (!selected.some((pair) => pair.base === base)) {
			this.#gone(base);
			return;
		}
		this.#leaving.set(base, this.#machine.clock.now() + PATIENCE_NS);
		this.#alarm ??= this.#machine.alarm(() => this.#overdue());
		this.#arm();
		this.review(selected, pairs);
	}

	/** After anything that may have changed what pairs are good for. */
	review(selected: readonly IcePairReport[], pairs: () => readonly IcePairReport[]): void {
		if (this.#leaving.size === 0) return;
		const ways = pairs().filter(({ writable, base }) => writable && !this.#leaving.has(base));
		const hasWay = ({ stream, component }: IcePairReport) =>
			ways.some((pair) => pair.stream === stream && pair.component === component);
		for (const base of [...this.#leaving.keys()])
			if (selected.every((pair) => pair.base !== base || hasWay(pair))) this.#tell(base);
		this.#arm();
	}

	/** Nobody is told any more. */
	close(): void {
		this.#leaving.clear();
		this.#alarm?.close();
	}

	#overdue(): void {
		const now = this.#machine.clock.now();
		for (const [base, until] of [...this.#leaving]) if (until <= now) this.#tell(base);
		this.#arm();
	}

	#tell(base: number): void {
		if (this.#leaving.delete(base)) this.#gone(base);
	}

	#arm(): void {
		const first = Math.min(...this.#leaving.values());
		this.#alarm?.arm(first === Number.POSITIVE_INFINITY ? null : first);
	}
}
