/**
 * Bases that are gone while data is sent on them, or that were the last. An agent has failed when the last way is lost, and a
 * machine that changes networks loses the one before it has the other, or has tried it: so it is told a little later, or as
 * soon as there is another way (while nothing is selected: another base).
 */
import { type IceBase, type IcePairReport, type Instant, MILLISECOND } from "@whither/core";
import type { Alarm } from "../exact-call.ts";
import type { IceSurroundings } from "./surroundings.ts";

/** How long the loss of a base is held back while another way is looked for. */
const PATIENCE_NS = 1000 * MILLISECOND;

/** What remains of a connection when a base is lost. */
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
	/** What each base was, and when its loss is told at the latest. */
	readonly #leaving = new Map<number, { readonly at: IceBase; readonly until: Instant }>();
	#alarm: Alarm | null = null;

	/** `gone` is called when the agent is to hear of a loss. */
	constructor(machine: Pick<IceSurroundings, "clock" | "alarm">, gone: (base: number) => void) {
		this.#machine = machine;
		this.#gone = gone;
	}

	/** A base is gone. */
	leave(base: number, at: IceBase, left: WaysLeft): void {
		this.#leaving.set(base, { at, until: this.#machine.clock.now() + PATIENCE_NS });
		this.review(left);
	}

	/** Called after anything that may have made or ended a way. */
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
