/** Signalling between two ends of one process, for programs that have both and for the simulated internet. Pure. */
import type { IceRole } from "@whither/core";
import type { MeetMessage } from "./message.ts";
import type { Signalling, SignallingListener } from "./signalling.ts";

/** How what one end says comes to the other: at once, or whenever `carry` calls it. */
export type Carry = (deliver: () => void) => void;

/**
 * Two ends: the first controls. Each is begun with its listener; they have met when both are.
 *
 *     const [first, second] = signallingPair(queueMicrotask);
 *     const signalling = first(listener);
 */
export function signallingPair(
	carry: Carry,
): readonly [(listener: SignallingListener) => Signalling, (listener: SignallingListener) => Signalling] {
	const ends = [new PairEnd(carry), new PairEnd(carry)] as const;
	const begin =
		(end: PairEnd, role: IceRole, other: PairEnd) =>
		(listener: SignallingListener): Signalling =>
			end.begin(listener, role, other);
	return [begin(ends[0], "controlling", ends[1]), begin(ends[1], "controlled", ends[0])];
}

class PairEnd {
	readonly #carry: Carry;
	#listener: SignallingListener | null = null;
	#met = false;
	/** What was sent before the other end came. */
	readonly #waiting: MeetMessage[] = [];

	constructor(carry: Carry) {
		this.#carry = carry;
	}

	begin(listener: SignallingListener, role: IceRole, other: PairEnd): Signalling {
		this.#listener = listener;
		if (other.#listener !== null) {
			this.#carry(() => this.#meet(other));
			this.#carry(() => other.#meet(this));
		}
		return {
			role,
			send: (message) => {
				if (this.#listener === null) return;
				if (this.#met) this.#carry(() => other.#listener?.message(message));
				else this.#waiting.push(message);
			},
			close: () => {
				if (this.#listener !== null) this.#carry(() => other.#end());
				this.#listener = null;
				return Promise.resolve();
			},
		};
	}

	#meet(other: PairEnd): void {
		this.#met = true;
		this.#listener?.met();
		for (const message of this.#waiting.splice(0)) this.#carry(() => other.#listener?.message(message));
	}

	#end(): void {
		const listener = this.#listener;
		this.#listener = null;
		listener?.closed(null);
	}
}
