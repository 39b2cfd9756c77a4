/** Packets beside the hops, from being asked for to being answered or given up. They end no path and hold up no hop. */
import type { Instant } from "../machine.ts";
import type { Companion, CompanionMoment } from "./method.ts";
import { type Answer, emptySlot, isSettled, type Slot } from "./probe-book.ts";
import type { TracerConfig } from "./tracer-io.ts";

/** Largest number of companions in one trace, whatever is asked for. */
const MOST_COMPANIONS = 4096;

/** The companions of one trace, in the order in which they were asked for. */
export class Companions {
	readonly #slots: Slot[] = [];
	#sent = 0;
	#asked: CompanionMoment["when"] | null = null;

	/** Asks a method for those of a moment, once; true when there are some to be sent. */
	ask({ method, context }: TracerConfig, moment: CompanionMoment): boolean {
		if (this.#asked === moment.when) return false;
		this.#asked = moment.when;
		this.add(method.companions?.(context, moment) ?? []);
		return this.unsent;
	}

	/** Asks for more. */
	add(companions: readonly Companion[]): void {
		for (const companion of companions.slice(0, MOST_COMPANIONS - this.#slots.length)) {
			this.#slots.push(emptySlot(companion.ttl, companion.query, companion));
		}
	}

	/** All that were asked for, the unsent included. */
	get slots(): readonly Slot[] {
		return this.#slots;
	}

	/** Those that can be sent now. */
	take(): readonly Slot[] {
		const unsent = this.#slots.slice(this.#sent);
		this.#sent = this.#slots.length;
		return unsent;
	}

	get unsent(): boolean {
		return this.#sent < this.#slots.length;
	}

	/** Nothing is left to send or to wait for. */
	get settled(): boolean {
		return !this.unsent && this.#slots.every(isSettled);
	}

	/** Takes an answer for a companion; false: it has one. */
	answer(answer: Answer): boolean {
		const { slot } = answer.transmission;
		if (slot.answer !== null) {
			slot.duplicates++;
			return false;
		}
		slot.answer = { ...answer, late: slot.state === "expired" };
		slot.state = "answered";
		return true;
	}

	/** Gives up those that have waited for as long as `limitNs` says. */
	expire(limitNs: (slot: Slot) => number, now: Instant): void {
		for (const slot of this.#waiting()) if (now >= sentAt(slot) + limitNs(slot)) slot.state = "expired";
	}

	/** When the next one will have waited so long; null: none waits. */
	expiresAt(limitNs: (slot: Slot) => number): Instant | null {
		const waiting = this.#waiting();
		return waiting.length === 0 ? null : Math.min(...waiting.map((slot) => sentAt(slot) + limitNs(slot)));
	}

	/** Waits for nothing any more. */
	giveUp(): void {
		for (const slot of this.#slots) if (!isSettled(slot)) slot.state = "expired";
	}

	#waiting(): Slot[] {
		return this.#slots.filter(({ state }) => state === "waiting");
	}
}

function sentAt(slot: Slot): Instant {
	return slot.transmission?.sentAt ?? 0;
}
