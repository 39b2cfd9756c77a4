/** Writes down how a call goes, for whoever is told of it. Pure. */
import type { CallPrecondition, MeetCall } from "../../api/meet/signalling/call.ts";

/** Where a log begins. */
export interface CallLogOrder {
	readonly own: string;
	/** Milliseconds, of any beginning. */
	readonly now: () => number;
	readonly tell: (call: MeetCall) => void;
}

/** Of one call. Nothing is told before there is one. */
export class CallLog {
	readonly #order: CallLogOrder;
	#call: MeetCall | null = null;
	#beganAt = 0;

	constructor(order: CallLogOrder) {
		this.#order = order;
	}

	/** INVITE has left or come. */
	begun(said: Pick<MeetCall, "direction" | "peer" | "userAgent" | "precondition">): void {
		this.#beganAt = this.#order.now();
		const nothing = { status: null, ringMs: null, answeredMs: null } as const;
		this.#change({ own: this.#order.own, ...said, ...nothing });
	}

	rang(): void {
		if (this.#call?.ringMs === null) this.#set({ ringMs: this.#sinceMs() });
	}

	/** A final answer. */
	answered(status: number): void {
		if (this.#call?.status === null) this.#set({ status, answeredMs: this.#sinceMs() });
	}

	precondition(precondition: CallPrecondition): void {
		if (this.#call !== null && this.#call.precondition !== precondition) this.#set({ precondition });
	}

	userAgent(userAgent: string | null): void {
		if (userAgent !== null && this.#call !== null && this.#call.userAgent !== userAgent) this.#set({ userAgent });
	}

	#sinceMs(): number {
		return Math.round((this.#order.now() - this.#beganAt) * 1000) / 1000;
	}

	#set(what: Partial<MeetCall>): void {
		if (this.#call !== null) this.#change({ ...this.#call, ...what });
	}

	#change(call: MeetCall): void {
		this.#call = call;
		this.#order.tell(call);
	}
}
