/** What a rendezvous server and its clients say over HTTP; `docs/signalling.md` has it in words. Pure. */

/** Said in every answer that begins something; another number is another protocol. */
export const RENDEZVOUS_PROTOCOL = "whither.rendezvous/1";

/** Before every path below. */
export const RENDEZVOUS_PATH = "/meet";

/** The header that proves who is who in a room. */
export const SEAT_HEADER = "whither-seat";

/** A seat: made up by its client, at least 128 bits. */
export const SEAT = /^[A-Za-z0-9_-]{22,64}$/;

/** A room's name. */
export const ROOM_NAME = /^[a-z0-9]{1,32}$/;

/** A payload: base 64 of URLs. */
export const PAYLOAD = /^[A-Za-z0-9_-]{1,32768}$/;

/** Bytes of a body that is posted. */
export const LONGEST_BODY = 65_536;

/** Bytes of payloads in one post, of which a room takes more than one. */
export const FULLEST_POST = 49_152;

/** Why a room ends, in the words of event streams. */
export type RoomEnd =
	/** The other one has left. */
	| "left"
	/** The other one says that the code was another. */
	| "wrongPassword"
	/** Nobody came in time, or the room is as old as one may be. */
	| "expired"
	/** The other one has not been heard of for too long. */
	| "lost"
	/** The server takes no more meetings, or ends. */
	| "closing";

/** Why a request is refused, in the words of the body's `error`. */
export type RoomRefusal =
	/** Used up, over, or never made. */
	| "noSuchRoom"
	/** There is a room of this name already. */
	| "roomTaken"
	/** Two have joined. */
	| "roomFull"
	/** The seat is not one of that room. */
	| "noSuchSeat"
	/** Messages before these are missing. */
	| "gap"
	/** More, or longer, than one may say in a room. */
	| "tooMuch"
	/** More rooms, streams or requests than there are for one client or for all. */
	| "busy"
	/** The server takes no more meetings. */
	| "closing"
	| "badRequest";

/** The status of each. */
export const REFUSAL_STATUS: Readonly<Record<RoomRefusal, number>> = {
	badRequest: 400,
	noSuchSeat: 403,
	noSuchRoom: 404,
	roomTaken: 409,
	roomFull: 409,
	gap: 409,
	tooMuch: 413,
	busy: 429,
	closing: 503,
};

/** An `Offered` as it stands in an answer: a host of null is the one that the client reached the server by. */
export interface OfferedJson {
	readonly stun: readonly { readonly host: string | null; readonly port: number }[];
	readonly turn: readonly {
		readonly host: string | null;
		readonly legs: readonly { readonly transport: "udp" | "tcp" | "tls"; readonly port: number }[];
		readonly username: string;
		readonly password: string;
		readonly expiresAt: string;
	}[];
}

/** The answer to `POST /meet/rooms` and, with `share`, to `POST /meet/rooms/ROOM/join`. */
export interface RoomJson {
	readonly protocol: typeof RENDEZVOUS_PROTOCOL;
	readonly room: string;
	/** What the one who made the room left for whoever joins. */
	readonly share?: string;
	/** ISO 8601. */
	readonly expiresAt: string;
	readonly offered: OfferedJson;
}
