/** A timer that is set to an instant of a clock and keeps it better than Node's timers, which know milliseconds only. */
import type { Instant } from "@whither/core";
import type { Backend } from "./backend.ts";
import type { Clock } from "./clock.ts";
import { DelayedCall } from "./delayed-call.ts";
import { isSystemError } from "./errors.ts";
import { Timer } from "./native/timer.ts";
import { unwatchSocket, watchSocket } from "./transport/poller.ts";

/** A call that is to come. */
export interface Alarm {
	/** When it comes; null: not at all. Never before, and where the backend is native some ten microseconds after. */
	arm(at: Instant | null): void;
	/** It does not come any more. */
	close(): void;
}

/** A timerfd in this thread's epoll set; Node's timers on the portable backend, and where there is no descriptor left. */
export function openAlarm(backend: Backend, call: () => void): Alarm {
	if (backend.name === "native") {
		const timer = Timer.open(backend.workspace);
		if (!isSystemError(timer)) {
			const alarm = new ExactCall(backend.clock, timer, call);
			if (watchSocket(backend.workspace, timer.fd, () => alarm.ring()) === null) return alarm;
			timer.close();
		}
	}
	const delayed = new DelayedCall(backend.clock, call);
	return { arm: (at) => delayed.arm(at), close: () => delayed.arm(null) };
}

class ExactCall implements Alarm {
	readonly #clock: Clock;
	readonly #timer: Timer;
	readonly #call: () => void;
	#at: Instant | null = null;
	#closed = false;

	constructor(clock: Clock, timer: Timer, call: () => void) {
		this.#clock = clock;
		this.#timer = timer;
		this.#call = call;
	}

	arm(at: Instant | null): void {
		if (at === this.#at || this.#closed) return;
		this.#at = at;
		this.#timer.arm(at === null ? null : at - this.#clock.now());
	}

	/** The descriptor is readable. */
	ring(): void {
		if (this.#closed) return;
		this.#timer.settle();
		const at = this.#at;
		if (at === null) return;
		const early = at - this.#clock.now();
		// Fractions of a nanosecond are lost on the way to the kernel.
		if (early > 0) this.#timer.arm(early);
		else {
			this.#at = null;
			this.#call();
		}
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		unwatchSocket(this.#timer.fd);
		this.#timer.close();
	}
}
