/** One room: two seats, and what each has said to the other. Pure. */
import type { RoomEnd } from "../../api/meet/signalling/rendezvous-protocol.ts";

/** What a seat hears; ids count from 1, one by one. */
export type RoomEvent =
	| { readonly id: number; readonly type: "message"; readonly payload: string }
	/** Nothing follows. */
	| { readonly id: number; readonly type: "end"; readonly why: RoomEnd };

/** Who hears a seat's events as they come; never called after it has been told to end. */
export interface RoomReader {
	event(event: RoomEvent): void;
	/** Another has taken its place, or there is nothing more to read. */
	end(): void;
}

/** One of two in a room. */
export interface Seat {
	/** What its secret is known by: nobody is to learn one from how long a comparison takes. */
	readonly secret: string;
	readonly client: string;
	readonly events: RoomEvent[];
	/** Payloads taken from it, and the bytes of these. */
	said: number;
	saidBytes: number;
	reader: RoomReader | null;
	/** Since when nobody reads. */
	absentSince: number;
	left: boolean;
}

/** A room; what may be done with it is `rooms.ts`. */
export interface Room {
	readonly name: string;
	readonly share: string;
	/** Whoever made it, and whoever joined. */
	readonly seats: Seat[];
	/** When it ends by itself. */
	endsAt: number;
	/** When and why it ended; its seats may read on for a while. */
	ended: { readonly at: number; readonly why: RoomEnd } | null;
}

/** A seat that nobody reads yet. */
export function newSeat(secret: string, client: string, now: number): Seat {
	return {
		...{ secret, client, events: [], said: 0, saidBytes: 0 },
		...{ reader: null, absentSince: now, left: false },
	};
}

/** The next event of a seat, which its reader hears at once. */
export function tellSeat(
	seat: Seat,
	event: { readonly type: "message"; readonly payload: string } | { readonly type: "end"; readonly why: RoomEnd },
): void {
	const numbered = { id: seat.events.length + 1, ...event };
	seat.events.push(numbered);
	seat.reader?.event(numbered);
}

/** Nobody reads this seat any more. */
export function dismissReader(seat: Seat, now: number): void {
	const { reader } = seat;
	seat.reader = null;
	seat.absentSince = now;
	reader?.end();
}

/** When the seat will have been absent for `absentMs`; infinity while it is not. */
export function lostAt(seat: Seat, absentMs: number): number {
	return seat.reader === null && !seat.left ? seat.absentSince + absentMs : Number.POSITIVE_INFINITY;
}
