/** Bytes of the header (RFC 8489 §5). */
export const STUN_HEADER_LENGTH = 20;

/** What bytes 4 to 7 of every message hold since RFC 5389 (RFC 8489 §5). */
export const STUN_COOKIE = 0x2112a442;

/** What a message is in its transaction (RFC 8489 §5). */
export type StunClass = "request" | "indication" | "success" | "error";

/** Every class with its bits in the message type. */
export const STUN_CLASSES: Readonly<Record<StunClass, number>> = {
	request: 0x000,
	indication: 0x010,
	success: 0x100,
	error: 0x110,
};

/** One method of IANA's STUN Methods. */
interface StunMethodRow {
	readonly method: number;
	/** The registry's name. */
	readonly meaning: string;
}

/** Every method: of RFC 8489, RFC 8656, RFC 6062, RFC 3489 (sharedSecret) and libwebrtc's short check. */
export const STUN_METHODS = {
	binding: { method: 0x001, meaning: "Binding" },
	sharedSecret: { method: 0x002, meaning: "SharedSecret" },
	allocate: { method: 0x003, meaning: "Allocate" },
	refresh: { method: 0x004, meaning: "Refresh" },
	send: { method: 0x006, meaning: "Send" },
	data: { method: 0x007, meaning: "Data" },
	createPermission: { method: 0x008, meaning: "CreatePermission" },
	channelBind: { method: 0x009, meaning: "ChannelBind" },
	connect: { method: 0x00a, meaning: "Connect" },
	connectionBind: { method: 0x00b, meaning: "ConnectionBind" },
	connectionAttempt: { method: 0x00c, meaning: "ConnectionAttempt" },
	googPing: { method: 0x080, meaning: "GOOG-PING" },
} as const satisfies Readonly<Record<string, StunMethodRow>>;

/** A method by its name in our values. */
export type StunMethod = keyof typeof STUN_METHODS;

const METHOD_BY_NUMBER: ReadonlyMap<number, StunMethod> = new Map(
	(Object.keys(STUN_METHODS) as StunMethod[]).map((name) => [STUN_METHODS[name].method, name]),
);

/** Error codes of IANA's STUN Error Codes, and those that only RFC 3489 and the drafts of relays have. */
export const STUN_ERRORS: Readonly<Record<number, string>> = {
	300: "Try Alternate",
	400: "Bad Request",
	401: "Unauthenticated",
	403: "Forbidden",
	405: "Mobility Forbidden",
	420: "Unknown Attribute",
	430: "Stale Credentials",
	431: "Integrity Check Failure",
	432: "Missing Username",
	433: "Use TLS",
	434: "Missing Realm",
	435: "Missing Nonce",
	436: "Unknown User",
	437: "Allocation Mismatch",
	438: "Stale Nonce",
	440: "Address Family not Supported",
	441: "Wrong Credentials",
	442: "Unsupported Transport Protocol",
	443: "Peer Address Family Mismatch",
	446: "Connection Already Exists",
	447: "Connection Timeout or Failure",
	486: "Allocation Quota Reached",
	487: "Role Conflict",
	500: "Server Error",
	508: "Insufficient Capacity",
	600: "Global Failure",
};

/** The class bits of a message type: C1 is 0x0100, C0 is 0x0010 (RFC 8489 §5). */
const CLASS_MASK = 0x0110;

/** The class in a message type. */
export function stunClassOf(type: number): StunClass {
	const bits = type & CLASS_MASK;
	if (bits === STUN_CLASSES.request) return "request";
	if (bits === STUN_CLASSES.success) return "success";
	return bits === STUN_CLASSES.error ? "error" : "indication";
}

/** The method in a message type: by name where it has one, as a number of 12 bits otherwise. */
export function stunMethodOf(type: number): StunMethod | number {
	const method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);
	return METHOD_BY_NUMBER.get(method) ?? method;
}

/** The 14 bits of a message type. Throws RangeError for a method beyond 12 bits. */
export function stunType(stunClass: StunClass, method: StunMethod | number): number {
	const number = typeof method === "number" ? method : STUN_METHODS[method].method;
	if (!Number.isInteger(number) || number < 0 || number > 0xfff)
		throw new RangeError(`a STUN method has 12 bits, not ${method}`);
	return STUN_CLASSES[stunClass] | (number & 0x000f) | ((number & 0x0070) << 1) | ((number & 0x0f80) << 2);
}
