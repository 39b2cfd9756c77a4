/** What every run has, whatever it asks for: events that readers follow, an end that can be asked for, and how it fails. */
import { setMaxListeners } from "node:events";
import { asWhitherError, WhitherError } from "./error.ts";
import { EventLog } from "./event-log.ts";

/** How a course is made. */
export interface CourseOrder {
	/** What it is called where it is stopped before it began, such as `trace`. */
	readonly what: string;
	/** Events that are kept; default all. */
	readonly eventsKept?: number;
}

/** From the call to the result. */
export class Course<Event> {
	readonly events: EventLog<Event>;
	readonly #what: string;
	readonly #stopping = new AbortController();

	constructor({ what, eventsKept }: CourseOrder) {
		this.#what = what;
		this.events = new EventLog(eventsKept);
		// Every hop that waits for its names listens: those are more than ten, and no leak.
		setMaxListeners(0, this.#stopping.signal);
	}

	/** Aborted once an early end is asked for. */
	get stopped(): AbortSignal {
		return this.#stopping.signal;
	}

	/** Asks for an early end. */
	stop(): void {
		this.#stopping.abort();
	}

	/**
	 * Does the work, which the caller's signal may stop. Rejects with a `WhitherError`, and so do the readers of the events;
	 * where nobody awaits it, that does not end the program.
	 */
	run<Result>(work: () => Promise<Result>, caller: AbortSignal | undefined): Promise<Result> {
		const result = this.#do(work, caller);
		result.then(
			() => this.events.close(),
			(failure) => this.events.close(failure),
		);
		return result;
	}

	async #do<Result>(work: () => Promise<Result>, caller: AbortSignal | undefined): Promise<Result> {
		const stop = () => this.stop();
		if (caller?.aborted) stop();
		caller?.addEventListener("abort", stop, { once: true });
		try {
			return await work();
		} catch (thrown) {
			throw asWhitherError(thrown);
		} finally {
			caller?.removeEventListener("abort", stop);
		}
	}

	/** What the promise gives, or a rejection with code `aborted` as soon as an early end is asked for. */
	unlessStopped<T>(promise: Promise<T>): Promise<T> {
		const { stopped } = this;
		return new Promise((resolve, reject) => {
			const refuse = () => reject(new WhitherError("aborted", `The ${this.#what} was stopped before it began`));
			if (stopped.aborted) refuse();
			stopped.addEventListener("abort", refuse, { once: true });
			promise.then(resolve, reject).finally(() => stopped.removeEventListener("abort", refuse));
		});
	}
}
