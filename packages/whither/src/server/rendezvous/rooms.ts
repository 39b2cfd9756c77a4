/** The rooms of a rendezvous: who may enter, what is kept, when it ends. Pure: times in milliseconds are handed in. */
import type { RoomEnd, RoomRefusal } from "../../api/meet/signalling/rendezvous-protocol.ts";
import { dismissReader, lostAt, newSeat, type Room, type RoomReader, type Seat, tellSeat } from "./room.ts";

/** Bounds of all that clients can make grow. */
export interface RoomLimits {
	/** Rooms at a time, of all and of one client. */
	readonly rooms: number;
	readonly roomsOfClient: number;
	/** How long a room waits for somebody to join, and how long two may use it. */
	readonly unmetMs: number;
	readonly metMs: number;
	/** How long a seat may go unread, and how long an ended room can be read on. */
	readonly absentMs: number;
	readonly lingerMs: number;
	/** What one seat may say. */
	readonly messages: number;
	readonly bytes: number;
}

/** Ten minutes to come, an hour to stay. */
export const ROOM_LIMITS: RoomLimits = {
	rooms: 256,
	roomsOfClient: 32,
	unmetMs: 600_000,
	metMs: 3_600_000,
	absentMs: 60_000,
	lingerMs: 30_000,
	messages: 512,
	bytes: 131_072,
};

/** Whether what was asked for was refused. */
export interface Refused {
	readonly refused: RoomRefusal;
}

/** Running totals, and how many there are. */
export interface RoomCounts {
	readonly open: number;
	readonly opened: number;
	readonly met: number;
	readonly ended: Readonly<Record<RoomEnd, number>>;
}

type Entered = { readonly room: Room } | Refused;
/** A number in front of a code is drawn from the smallest of these ranges that is not half full. */
const RANGES = [10, 100, 1_000, 10_000] as const;

/** Ended rooms that can still be read. */
const MOST_ENDED = 64;

/** All rooms; call `tick` at `deadline`. */
export class Rooms {
	readonly #limits: RoomLimits;
	/** A fraction from 0 up to 1. */
	readonly #random: () => number;
	/** Those that may be entered or used, by name. */
	readonly #open = new Map<string, Room>();
	readonly #ended = new Set<Room>();
	readonly #counts = { opened: 0, met: 0, ended: { left: 0, wrongPassword: 0, expired: 0, lost: 0, closing: 0 } };
	#closing = false;

	constructor(limits: RoomLimits, random: () => number) {
		this.#limits = limits;
		this.#random = random;
	}

	/** A running total. */
	get counts(): RoomCounts {
		return { open: this.#open.size, ...this.#counts, ended: { ...this.#counts.ended } };
	}

	/** When something ends by itself; infinity: nothing will. */
	get deadline(): number {
		let next = Number.POSITIVE_INFINITY;
		for (const room of this.#open.values()) next = Math.min(next, this.#dueOf(room).at);
		for (const { ended } of this.#ended) next = Math.min(next, (ended?.at ?? 0) + this.#limits.lingerMs);
		return next;
	}

	/** A new room, of this name or of a number; asked again with the same secret it is the same room. */
	create(
		order: { readonly name: string | null; readonly secret: string; readonly share: string; readonly client: string },
		now: number,
	): Entered {
		const { name, secret, share, client } = order;
		const own = [...this.#open.values()].find(({ seats }) => seats[0]?.secret === secret);
		if (own !== undefined) return { room: own };
		if (this.#closing) return { refused: "closing" };
		if (name !== null && this.#open.has(name)) return { refused: "roomTaken" };
		if (this.#open.size >= this.#limits.rooms || this.#roomsOf(client) >= this.#limits.roomsOfClient)
			return { refused: "busy" };
		const seats = [newSeat(secret, client, now)];
		const room: Room = {
			name: name ?? this.#freeNumber(),
			share,
			seats,
			endsAt: now + this.#limits.unmetMs,
			ended: null,
		};
		this.#open.set(room.name, room);
		this.#counts.opened++;
		return { room };
	}

	/** The second seat, once; asked again with the same secret it is the same seat. */
	join(order: { readonly name: string; readonly secret: string; readonly client: string }, now: number): Entered {
		const { name, secret, client } = order;
		const room = this.#open.get(name);
		if (room === undefined) return { refused: "noSuchRoom" };
		if (room.seats[1]?.secret === secret) return { room };
		if (room.seats.length > 1 || room.seats[0]?.secret === secret) return { refused: "roomFull" };
		room.seats.push(newSeat(secret, client, now));
		room.endsAt = now + this.#limits.metMs;
		this.#counts.met++;
		return { room };
	}

	/**
	 * Takes what a seat says; `first` is the number of the first payload among all of that seat's, from 0. What has come
	 * before is not told again. The number of the next.
	 */
	say(order: {
		readonly name: string;
		readonly secret: string;
		readonly first: number;
		readonly payloads: readonly string[];
	}): { readonly next: number } | Refused {
		const { name, secret, first, payloads } = order;
		const found = this.#find(name, secret);
		if ("refused" in found) return found;
		const { room, seat, other } = found;
		if (room.ended !== null || other === null) return { refused: "noSuchRoom" };
		if (first > seat.said) return { refused: "gap" };
		const fresh = payloads.slice(seat.said - first);
		const bytes = fresh.reduce((sum, { length }) => sum + length, seat.saidBytes);
		if (seat.said + fresh.length > this.#limits.messages || bytes > this.#limits.bytes) return { refused: "tooMuch" };
		seat.said += fresh.length;
		seat.saidBytes = bytes;
		for (const payload of fresh) tellSeat(other, { type: "message", payload });
		return { next: seat.said };
	}

	/** Tells a seat's events to this reader, those behind the id `after` at once; the one before has to go. */
	read(
		order: { readonly name: string; readonly secret: string; readonly after: number },
		reader: RoomReader,
		now: number,
	): Refused | null {
		const found = this.#find(order.name, order.secret);
		if ("refused" in found) return found;
		const { room, seat } = found;
		if (order.after > seat.events.length) return { refused: "badRequest" };
		dismissReader(seat, now);
		seat.reader = reader;
		for (const event of seat.events.slice(order.after)) reader.event(event);
		if (room.ended !== null) dismissReader(seat, now);
		return null;
	}

	/** A reader has gone by itself. */
	unread(order: { readonly name: string; readonly secret: string }, reader: RoomReader, now: number): void {
		const found = this.#find(order.name, order.secret);
		if ("refused" in found || found.seat.reader !== reader) return;
		found.seat.reader = null;
		found.seat.absentSince = now;
	}

	/** A seat goes; the room ends for both. */
	leave(
		order: { readonly name: string; readonly secret: string; readonly why: "left" | "wrongPassword" },
		now: number,
	): Refused | null {
		const found = this.#find(order.name, order.secret);
		if ("refused" in found) return found;
		found.seat.left = true;
		if (found.room.ended === null) this.#end(found.room, order.why, now);
		return null;
	}

	/** Ends what is over. */
	tick(now: number): void {
		for (const room of [...this.#open.values()]) {
			const { at, why } = this.#dueOf(room);
			if (at <= now) this.#end(room, why, now);
		}
		for (const room of [...this.#ended])
			if ((room.ended?.at ?? 0) + this.#limits.lingerMs <= now) this.#ended.delete(room);
	}

	/** No new ones, and those where nobody has come end; two who have met may go on. */
	drain(now: number): void {
		this.#closing = true;
		for (const room of [...this.#open.values()]) if (room.seats.length < 2) this.#end(room, "closing", now);
	}

	/** All end. */
	close(now: number): void {
		this.#closing = true;
		for (const room of [...this.#open.values()]) this.#end(room, "closing", now);
	}

	#end(room: Room, why: RoomEnd, now: number): void {
		room.ended = { at: now, why };
		this.#counts.ended[why]++;
		this.#open.delete(room.name);
		this.#ended.add(room);
		const [oldest] = this.#ended;
		if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
		for (const seat of room.seats) {
			if (!seat.left) tellSeat(seat, { type: "end", why });
			dismissReader(seat, now);
		}
	}

	/** When a room ends by itself, and why. */
	#dueOf({ endsAt, seats }: Room): { readonly at: number; readonly why: RoomEnd } {
		const lost = Math.min(...seats.map((seat) => lostAt(seat, this.#limits.absentMs)));
		return lost < endsAt ? { at: lost, why: "lost" } : { at: endsAt, why: "expired" };
	}

	/** Of rooms of one name the one whose seat it is: another may have the name by now. */
	#find(
		name: string,
		secret: string,
	): { readonly room: Room; readonly seat: Seat; readonly other: Seat | null } | Refused {
		const open = this.#open.get(name);
		const rooms = [...(open === undefined ? [] : [open]), ...this.#ended].filter((room) => room.name === name);
		for (const room of rooms) {
			const index = room.seats.findIndex((seat) => seat.secret === secret && !seat.left);
			const seat = room.seats[index];
			if (seat !== undefined) return { room, seat, other: room.seats[1 - index] ?? null };
		}
		return { refused: rooms.length === 0 ? "noSuchRoom" : "noSuchSeat" };
	}

	#roomsOf(client: string): number {
		return [...this.#open.values()].filter(({ seats }) => seats[0]?.client === client).length;
	}

	#freeNumber(): string {
		const range = RANGES.find((below) => this.#numbersBelow(below) < below / 2) ?? RANGES[RANGES.length - 1] ?? 0;
		const first = Math.floor(this.#random() * (range - 1));
		for (let step = 0; step < range - 1; step++) {
			const name = String(1 + ((first + step) % (range - 1)));
			if (!this.#open.has(name)) return name;
		}
		throw new Error("there are fewer rooms than numbers");
	}

	#numbersBelow(below: number): number {
		return [...this.#open.keys()].filter((name) => /^[1-9][0-9]{0,4}$/.test(name) && Number(name) < below).length;
	}
}
