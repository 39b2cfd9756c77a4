/** What a rendezvous server answers, read with suspicion. Pure. */
import { RENDEZVOUS_PROTOCOL, ROOM_NAME } from "./rendezvous-protocol.ts";
import type { Offered, OfferedRelay } from "./signalling.ts";

/** An entered room; `share` null where none was told. */
export interface ReadRoom {
	readonly room: string;
	readonly share: string | null;
	readonly expiresAt: string;
	readonly offered: Offered;
}

type Fields = Readonly<Record<string, unknown>>;

const MOST_PLACES = 16;
const TRANSPORTS: ReadonlySet<unknown> = new Set(["udp", "tcp", "tls"]);

/** The answer about a room; `host`: by which the server was reached. Null: it is none. */
export function readRoomJson(json: unknown, host: string): ReadRoom | null {
	const { protocol, room, share = null, expiresAt, offered } = fieldsOf(json);
	if (protocol !== RENDEZVOUS_PROTOCOL || !isText(room) || !ROOM_NAME.test(room)) return null;
	if (share !== null && !isText(share)) return null;
	const read = readOffered(offered, host);
	return isTime(expiresAt) && read !== null ? { room, share, expiresAt, offered: read } : null;
}

/** The answer to `POST /meet/offers`. */
export function readOffersJson(json: unknown, host: string): Offered | null {
	const { protocol, offered } = fieldsOf(json);
	return protocol === RENDEZVOUS_PROTOCOL ? readOffered(offered, host) : null;
}

function readOffered(json: unknown, host: string): Offered | null {
	const { stun, turn } = fieldsOf(json);
	const places = listOf(stun).map((place) => readPlace(place, host));
	const relays = listOf(turn).map((relay) => readRelay(relay, host));
	const wrong = [...places, ...relays].includes(null) || !Array.isArray(stun) || !Array.isArray(turn);
	return wrong
		? null
		: { stun: places.filter((place) => place !== null), turn: relays.filter((relay) => relay !== null) };
}

function readPlace(json: unknown, own: string): { readonly host: string; readonly port: number } | null {
	const { host, port } = fieldsOf(json);
	const name = hostOf(host, own);
	return name !== null && isPort(port) ? { host: name, port } : null;
}

function readRelay(json: unknown, own: string): OfferedRelay | null {
	const { host, legs, username, password, expiresAt } = fieldsOf(json);
	const name = hostOf(host, own);
	const read = listOf(legs).flatMap((leg) => {
		const { transport, port } = fieldsOf(leg);
		return TRANSPORTS.has(transport) && isPort(port) ? [{ transport: transport as "udp" | "tcp" | "tls", port }] : [];
	});
	if (name === null || read.length === 0 || !isText(username) || !isText(password) || !isTime(expiresAt)) return null;
	return { host: name, legs: read, username, password, expiresAt };
}

/** Null stands for the server's own. */
function hostOf(host: unknown, own: string): string | null {
	if (host === null) return own;
	return isText(host) && /^[A-Za-z0-9._:%-]+$/.test(host) ? host : null;
}

function fieldsOf(json: unknown): Fields {
	return typeof json === "object" && json !== null ? (json as Fields) : {};
}

function listOf(json: unknown): readonly unknown[] {
	return Array.isArray(json) ? json.slice(0, MOST_PLACES) : [];
}

function isText(value: unknown): value is string {
	return typeof value === "string" && value.length > 0 && value.length <= 512;
}

function isTime(value: unknown): value is string {
	return isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value);
}

function isPort(value: unknown): value is number {
	return Number.isInteger(value) && (value as number) > 0 && (value as number) <= 0xffff;
}
