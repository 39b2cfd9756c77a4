/** Browsers that connect to this server itself, each a session: from its offer until it goes. */
import type { MeetEvent } from "../../api/meet/events.ts";
import type { Visit, VisitOrder } from "../../api/meet/visit/visit.ts";
import type { CourseEvent, StartCourse } from "../sessions/course.ts";

/** Opens a visit; rejects where the offer is none. */
export type OpenVisit = (order: Pick<VisitOrder, "offer" | "tool" | "tell" | "ice">) => Promise<Visit>;

/** A visit that is a session's to begin. */
export interface Guest {
	readonly visit: Visit;
	/** Begins the session's course; what happened before is told first. */
	readonly start: StartCourse;
}

/** Visits of one client that there may be at a time, and of all: each has a few sockets. */
export interface GuestLimits {
	readonly guests: number;
	readonly guestsPerClient: number;
}

const LIMITS: GuestLimits = { guests: 64, guestsPerClient: 4 };

/** Those who are here. */
export class Guests {
	readonly #open: OpenVisit;
	readonly #limits: GuestLimits;
	readonly #now: () => number;
	readonly #visits = new Map<string, Visit>();
	/** Of each client, those that are about to come too. */
	readonly #clients = new Map<string, number>();
	#count = 0;

	/** `now`: milliseconds of a clock that only goes forward. */
	constructor(open: OpenVisit, now: () => number, limits: Partial<GuestLimits> = {}) {
		this.#open = open;
		this.#now = now;
		this.#limits = { ...LIMITS, ...limits };
	}

	get count(): number {
		return this.#count;
	}

	/** Why there is no place for one more; null: there is one. */
	refusal(client: string): "full" | "fullForClient" | null {
		if ((this.#clients.get(client) ?? 0) >= this.#limits.guestsPerClient) return "fullForClient";
		return this.#count >= this.#limits.guests ? "full" : null;
	}

	/** Opens a visit, which holds its place until it is over. Rejects where the offer is none. */
	async receive(client: string, order: Pick<VisitOrder, "offer" | "tool" | "ice">): Promise<Guest> {
		this.#charge(client, 1);
		const began = this.#now();
		const early: CourseEvent[] = [];
		let tellOn: ((event: CourseEvent) => void) | null = null;
		const tell = (event: MeetEvent): void => {
			const timed: CourseEvent = { kind: "meet", atNs: Math.round((this.#now() - began) * 1e6), event };
			if (tellOn === null) early.push(timed);
			else tellOn(timed);
		};
		try {
			const visit = await this.#open({ ...order, tell });
			void visit.result.finally(() => this.#charge(client, -1));
			const start: StartCourse = (told) => {
				tellOn = told;
				for (const event of early.splice(0)) told(event);
				const ended = visit.result.then((result) => ({ outcome: "result", result }) as const);
				return { ended, stop: () => void visit.close() };
			};
			return { visit, start };
		} catch (thrown) {
			this.#charge(client, -1);
			throw thrown;
		}
	}

	/** The visit is known by its session's name from now on, as long as it lasts. */
	name(id: string, visit: Visit): void {
		this.#visits.set(id, visit);
		void visit.result.finally(() => this.#visits.delete(id));
	}

	/** Null: there is none of this name. */
	find(id: string): Visit | null {
		return this.#visits.get(id) ?? null;
	}

	#charge(client: string, change: 1 | -1): void {
		this.#count += change;
		const left = (this.#clients.get(client) ?? 0) + change;
		if (left > 0) this.#clients.set(client, left);
		else this.#clients.delete(client);
	}
}
