/** What clients of a rendezvous post, read with suspicion. Pure. */
import { FULLEST_POST, PAYLOAD, ROOM_NAME, SEAT } from "../../api/meet/signalling/rendezvous-protocol.ts";

/** A room to make; `room` null: of a number. */
export interface PostedRoom {
	readonly room: string | null;
	readonly seat: string;
	readonly share: string;
}

/** What a seat says, from the payload of this number. */
export interface PostedPayloads {
	readonly first: number;
	readonly messages: readonly string[];
}

/** Of `POST /meet/rooms`; null: it is none. */
export function readRoom(body: unknown): PostedRoom | null {
	const { room = null, seat, share } = fieldsOf(body);
	if (room !== null && !matches(room, ROOM_NAME)) return null;
	// A share is a point; what its bytes are is between the two who meet.
	return matches(seat, SEAT) && matches(share, PAYLOAD) && share.length <= 64 ? { room, seat, share } : null;
}

/** Of `POST /meet/rooms/ROOM/join`. */
export function readJoin(body: unknown): { readonly seat: string } | null {
	const { seat } = fieldsOf(body);
	return matches(seat, SEAT) ? { seat } : null;
}

/** Of `POST /meet/rooms/ROOM/messages`. */
export function readPayloads(body: unknown): PostedPayloads | null {
	const { first, messages } = fieldsOf(body);
	if (!Number.isSafeInteger(first) || (first as number) < 0 || !Array.isArray(messages)) return null;
	if (messages.length > FULLEST_POST || !messages.every((message) => matches(message, PAYLOAD))) return null;
	return { first: first as number, messages };
}

/** Of `POST /meet/rooms/ROOM/leave`. */
export function readLeave(body: unknown): { readonly why: "left" | "wrongPassword" } | null {
	const { why } = fieldsOf(body);
	return why === "left" || why === "wrongPassword" ? { why } : null;
}

/** `Last-Event-ID`; 0 where there is none, null where it is no number. */
export function readLastId(header: unknown): number | null {
	if (header === undefined || header === "") return 0;
	return matches(header, /^[0-9]{1,9}$/) ? Number(header) : null;
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
	return typeof body === "object" && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
}

function matches(value: unknown, pattern: RegExp): value is string {
	return typeof value === "string" && pattern.test(value);
}
