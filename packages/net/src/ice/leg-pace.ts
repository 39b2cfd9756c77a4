/** When each of several ways to one server is tried, and in which order (RFC 8305, "happy eyeballs"). Pure. */
import { type Instant, MILLISECOND } from "@whither/core";
import { addressFamily } from "@whither/wire";
import type { IceRelayLeg } from "./ice-io.ts";

/** RFC 8305 section 5: how long an attempt is alone before the next begins. */
export const ATTEMPT_DELAY_MS = 250;

/**
 * The order in which legs are tried: transports as they come, and of one transport the families in turns, beginning with
 * that of its first (RFC 8305 section 4), so that a family that leads nowhere costs one attempt.
 */
export function interleaved(legs: readonly IceRelayLeg[]): readonly IceRelayLeg[] {
	const groups: IceRelayLeg[][] = [];
	for (const leg of legs) {
		const group = groups.at(-1);
		if (group?.[0]?.transport === leg.transport) group.push(leg);
		else groups.push([leg]);
	}
	return groups.flatMap(alternating);
}

function alternating(legs: readonly IceRelayLeg[]): readonly IceRelayLeg[] {
	const familyOf = ({ server }: IceRelayLeg) => addressFamily(server.address);
	const first = legs[0] === undefined ? null : familyOf(legs[0]);
	const [one, other] = [legs.filter((leg) => familyOf(leg) === first), legs.filter((leg) => familyOf(leg) !== first)];
	return Array.from({ length: Math.max(one.length, other.length) }, (_, index) => [one[index], other[index]])
		.flat()
		.filter((leg) => leg !== undefined);
}

/** Which attempt begins when: the next one after a delay, or as soon as the one before it has failed. */
export class LegPace {
	readonly #count: number;
	readonly #delay: number;
	#next = 0;
	#nextAt: Instant | null = null;
	#running = 0;

	constructor(count: number, delayMs: number) {
		this.#count = count;
		this.#delay = delayMs * MILLISECOND;
	}

	/** When the next begins, unless one fails before; null: none is left, or none has begun. */
	get deadline(): Instant | null {
		return this.#nextAt;
	}

	/** Nothing is under way, and nothing is left to try. */
	get isOver(): boolean {
		return this.#running === 0 && this.#next === this.#count;
	}

	/** The number of the attempt that is to begin now, the first time or when the deadline has come; null: none yet. */
	begin(now: Instant): number | null {
		if (this.#next === this.#count || (this.#nextAt !== null && now < this.#nextAt)) return null;
		const number = this.#next++;
		this.#running++;
		this.#nextAt = this.#next === this.#count ? null : now + this.#delay;
		return number;
	}

	/** An attempt has come to nothing; the next is due at once if that was the last that began. */
	failed(number: number, now: Instant): void {
		this.#running--;
		if (this.#nextAt !== null && (number === this.#next - 1 || this.#running === 0)) this.#nextAt = now;
	}
}
