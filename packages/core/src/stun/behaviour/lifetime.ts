import type { StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { mappedBy } from "../answers.ts";
import type { TransmitSchedule } from "../schedule.ts";
import type { Inquiry, Outcome } from "./inquiry.ts";

/** Bindings that are waited for at a time: each wait has a socket of its own. */
export const LIFETIME_BINDINGS = 8;

/** The shortest wait tried, in seconds. */
const SHORTEST_SECONDS = 2;

/** It is told to the second, or to a twentieth of what it is. */
const RESOLUTION = 0.05;

/** One wait: a binding made at its beginning must still be there at its end. */
interface Trial {
	readonly seconds: number;
	/** The socket whose binding it is. */
	readonly local: number;
	/** The port outside. */
	port: number | null;
	/** When to look; null before the binding is made and once it is looked at. */
	lookAt: Instant | null;
	alive: boolean | null;
}

/** What the trials need. */
export interface LifetimeParts {
	readonly inquiry: Inquiry;
	readonly server: StunAddress;
	readonly schedule: TransmitSchedule;
	readonly maximumSeconds: number;
	/** The socket that asks; those of the bindings follow it. */
	readonly asking: number;
	readonly tell: (seconds: number, alive: boolean) => void;
}

/**
 * How long a binding lasts that nothing uses (RFC 5780 §4.6): after a wait another socket asks the server to answer to the
 * binding's port outside. Several waits run at once, each on a socket of its own; then again, between the longest that
 * was survived and the shortest that was not, until they are close.
 */
export class LifetimeTest {
	readonly #parts: LifetimeParts;
	#trials: readonly Trial[] = [];
	/** Waits that were survived and not, the longest and the shortest. */
	longestAlive: number | null = null;
	shortestGone: number | null = null;
	/** It has ended, with a result or without. */
	finished = false;

	constructor(parts: LifetimeParts) {
		this.#parts = parts;
	}

	/** A wait of nothing first: a server that does not heed RESPONSE-PORT shows it there. */
	begin(now: Instant): void {
		this.#round([0], now);
	}

	/** When the next wait ends. */
	get dueAt(): Instant | null {
		const waits = this.#trials.flatMap(({ lookAt }) => lookAt ?? []);
		return this.finished || waits.length === 0 ? null : Math.min(...waits);
	}

	/** Looks at the bindings whose wait is over. */
	overdue(now: Instant): void {
		for (const trial of this.#trials) if (trial.lookAt !== null && trial.lookAt <= now) this.#look(trial, now);
	}

	#round(waits: readonly number[], now: Instant): void {
		const { asking } = this.#parts;
		this.#trials = waits.map((seconds, index) => ({
			seconds,
			local: asking + 1 + index,
			port: null,
			lookAt: null,
			alive: null,
		}));
		for (const trial of this.#trials) this.#bind(trial, now);
	}

	#bind(trial: Trial, now: Instant): void {
		const { inquiry, server, schedule } = this.#parts;
		inquiry.ask({ to: server, local: trial.local, schedule }, now, (outcome, at) => {
			const mapped = outcome.kind === "success" ? mappedBy(server, outcome.message) : null;
			if (mapped === null) this.#giveUp();
			else {
				trial.port = mapped.port;
				trial.lookAt = at + trial.seconds * SECOND;
			}
		});
	}

	#look(trial: Trial, now: Instant): void {
		trial.lookAt = null;
		const { inquiry, server, schedule, asking } = this.#parts;
		const attributes = [{ name: "responsePort" as const, value: trial.port ?? 0 }];
		const question = { to: server, local: asking, answersTo: trial.local, attributes, schedule };
		inquiry.ask(question, now, (outcome, at) => this.#looked(trial, outcome, at));
	}

	#looked(trial: Trial, outcome: Outcome, now: Instant): void {
		trial.alive = outcome.kind === "success";
		if (trial.seconds === 0) {
			if (trial.alive) this.#round(waitsBetween(SHORTEST_SECONDS, this.#parts.maximumSeconds), now);
			else this.#giveUp();
			return;
		}
		this.#parts.tell(trial.seconds, trial.alive);
		if (this.#trials.every(({ alive }) => alive !== null)) this.#settle(now);
	}

	#settle(now: Instant): void {
		const ends = this.#trials.map(({ seconds, alive }) => ({ seconds, alive }));
		const gone = ends.filter(({ alive }) => alive === false).map(({ seconds }) => seconds);
		this.shortestGone = Math.min(this.shortestGone ?? Number.POSITIVE_INFINITY, ...gone);
		if (this.shortestGone === Number.POSITIVE_INFINITY) this.shortestGone = null;
		const limit = this.shortestGone ?? Number.POSITIVE_INFINITY;
		const alive = ends.filter((end) => end.alive === true && end.seconds < limit).map(({ seconds }) => seconds);
		this.longestAlive = Math.max(this.longestAlive ?? 0, ...alive);
		const gap = limit - this.longestAlive;
		if (this.shortestGone === null || gap <= Math.max(1, RESOLUTION * this.longestAlive)) this.finished = true;
		else this.#round(waitsBetween(this.longestAlive + 1, limit - 1), now);
	}

	#giveUp(): void {
		this.finished = true;
	}
}

/** Up to eight different waits in whole seconds, both ends among them, further apart the longer they are. */
export function waitsBetween(first: number, last: number): readonly number[] {
	const waits = new Set<number>();
	const steps = LIFETIME_BINDINGS - 1;
	const from = Math.max(1, first);
	for (let step = 0; step <= steps; step++)
		waits.add(Math.round(from * (Math.max(last, from) / from) ** (step / steps)));
	return [...waits];
}
