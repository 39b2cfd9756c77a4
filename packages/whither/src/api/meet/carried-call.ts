import type { MeetOutcome } from "./result.ts";
import type { MeetCall } from "./signalling/call.ts";
import type { SignallingFailure } from "./signalling/signalling.ts";

/** The call that carries a meeting, if one does: what is known of it, and what follows. */
export class CarriedCall {
	/** As it stands; null: there is none. */
	told: MeetCall | null = null;
	/** The other end has acknowledged it. */
	stands = false;
	/** What the other end said as it went; null: it has not gone. */
	bye: string | null = null;
	/** Why signalling ended; null: it did not, or in order. */
	failure: SignallingFailure | null = null;

	/** Anybody may call in another's name, so that nothing goes where it says alone before it stands. */
	get mayBeForged(): boolean {
		return this.told?.direction === "in" && !this.stands;
	}

	/** Somebody has picked up, or nobody has to. */
	get isTaken(): boolean {
		const { status } = this.told ?? { status: 200 };
		return status !== null && status < 300;
	}

	/** What came of one that nobody has taken by now; null: it was taken, or there is none. */
	get untaken(): MeetOutcome | null {
		if (this.isTaken) return null;
		const { bye, failure } = this;
		const nothing = { failure: null, signalling: null, about: null };
		if (bye !== null) return { ...nothing, code: "peerLeft", about: bye };
		return failure === null
			? { ...nothing, code: "nobodyCame" }
			: { ...nothing, code: "signalling", signalling: failure };
	}
}
