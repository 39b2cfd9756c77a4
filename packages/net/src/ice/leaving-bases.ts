/**
 * Bases that are gone while data is sent on them, or that were the last. An agent has failed when the last way is lost, and a
 * machine that changes networks loses the one before it has the other, or has tried it: so it is told a little later, or as
 * soon as there is another way (while nothing is selected: another base).
 */
import { type IceBase, type IcePairReport, type Instant, MILLISECOND } from "@whither/core";
import type { Alarm } from "../exact-call.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** How long another way may take to be found. */
const PATIENCE_NS = 1000 * MILLISECOND;

/** What is left of a connection. */
export interface WaysLeft {
	readonly selected: readonly IcePairReport[];
	pairs(): readonly IcePairReport[];
	/** Sockets and relays that there are. */
	bases(): readonly IceBase[];
}

/** Those of one connection. */
export class LeavingBases {
	readonly #machine: Pick<IceSurroundings, "clock" | "alarm">;
	readonly #gone: (base: number) => void;
	/** What each was, and until when it is waited with. */
	readonly #leaving = new Map<number, { readonly at: IceBase; readonly until: Instant }>();
	#alarm: Alarm | null = null;

	/** `gone`: the agent is to hear of it now. */
	constructor(machine: Pick<IceSurroundings, "clock" | "alarm">, gone: (base: number) => void) {
		this.#machine = machine;
		this.#gone = gone;
	}

	/** One is gone. */
	leave(base: number, at: IceBase, left: WaysLeft): void {
		this.#leaving.set(base, { at, until: this.#machine.clock.now() + PATIENCE_NS });
		this.review(left);
	}

	/** After anything that may have changed what pairs are good for. */
	review({ selected, pairs, bases }: WaysLeft): void {
		if (this.#leaving.size === 0) return;
		const ways = pairs().filter(({ writable, base }) => writable && !this.#leaving.has(base));
		const hasWay = ({ stream, component }: IcePairReport) =>
			ways.some((pair) => pair.stream === stream && pair.component === component);
		const there = bases();
		for (const [base, { at }] of [...this.#leaving]) {
			const own = selected.filter((pair) => pair.base === base);
			const isReplaced = own.length > 0 ? own.every(hasWay) : there.some((other) => isOneComponent(at, other));
			if (isReplaced) this.#tell(base);
		}
		this.#arm();
	}

	/** Nobody is told any more. */
	close(): void {
		this.#leaving.clear();
		this.#alarm?.close();
	}

	#overdue(): void {
		const now = this.#machine.clock.now();
		for (const [base, { until }] of [...this.#leaving]) if (until <= now) this.#tell(base);
		this.#arm();
	}

	#tell(base: number): void {
		if (this.#leaving.delete(base)) this.#gone(base);
	}

	#arm(): void {
		const first = Math.min(...[...this.#leaving.values()].map(({ until }) => until));
		if (this.#leaving.size > 0) this.#alarm ??= this.#machine.alarm(() => this.#overdue());
		this.#alarm?.arm(first === Number.POSITIVE_INFINITY ? null : first);
	}
}

function isOneComponent(one: IceBase, other: IceBase): boolean {
	return (one.stream ?? 0) === (other.stream ?? 0) && (one.component ?? 1) === (other.component ?? 1);
}
