import type { Instant } from "@whither/core";
import { dialogKey } from "../dialogs/dialog.ts";
import type { RequestEnvelope } from "../transactions/envelope.ts";
import { NEVER } from "../transactions/timers.ts";
import type { Leg } from "./leg.ts";
import type { Call } from "./parts.ts";

/** Calls at once, and dialogs, those that end included; ours. */
const MOST_CALLS = 32;
const MOST_LEGS = 256;

/** All calls by the owner's numbers, and all dialogs by what messages name them. */
export class Calls {
	readonly #calls = new Map<number, Call>();
	readonly #legs = new Map<string, Leg>();
	#lastNumber = 0;

	get isFull(): boolean {
		return this.#calls.size >= MOST_CALLS || this.#legs.size >= MOST_LEGS;
	}

	/** Dialogs that have not come to their end. */
	get legCount(): number {
		return this.#legs.size;
	}

	get all(): readonly Call[] {
		return [...this.#calls.values()];
	}

	get dueAt(): Instant {
		let dueAt = NEVER;
		for (const call of this.#calls.values()) dueAt = Math.min(dueAt, call.dueAt);
		for (const leg of this.#legs.values()) dueAt = Math.min(dueAt, leg.dueAt);
		return dueAt;
	}

	/** A number for a call that comes in: below zero, so that none of the owner's own is like it. */
	nextNumber(): number {
		return --this.#lastNumber;
	}

	get(number: number): Call | null {
		return this.#calls.get(number) ?? null;
	}

	add(call: Call): void {
		this.#calls.set(call.number, call);
	}

	forget(call: Call): void {
		if (this.#calls.get(call.number) === call) this.#calls.delete(call.number);
	}

	/** The dialog that a request is within (RFC 3261 §12.2.2). */
	legOf({ callId, toTag, fromTag }: RequestEnvelope): Leg | null {
		return this.#legs.get(dialogKey(callId, toTag, fromTag)) ?? null;
	}

	addLeg(leg: Leg): void {
		const { callId, localTag, remoteTag } = leg.dialog;
		this.#legs.set(dialogKey(callId, localTag, remoteTag), leg);
	}

	dropLeg({ dialog: { callId, localTag, remoteTag } }: Leg): void {
		this.#legs.delete(dialogKey(callId, localTag, remoteTag));
	}

	tick(now: Instant): void {
		for (const call of this.all) if (now >= call.dueAt) call.tick(now);
		for (const leg of [...this.#legs.values()]) if (now >= leg.dueAt) leg.tick(now);
	}
}
