import { addressRow, type StunAddress, type StunAttributeRow, uint16At, uint32Row, uintAt } from "./attribute-row.ts";

/**
 * Which port a relay is to have (draft-rosenberg-midcom-turn-01 §9.2.5): any, an odd one, an even one, or the one that an
 * allocation before it had set aside (`preallocated`, with its address). `next`: the port above is to be set aside too.
 */
export type TransportPreferences =
	| { readonly port: "any" | "odd" | "even"; readonly next: boolean }
	| { readonly port: "preallocated"; readonly at: StunAddress };

const PORTS = ["any", "odd", "even"] as const;
const PREALLOCATED = 3;

/** An address as RFC 3489 has it, in the eight bytes behind the preferences. */
const PLACE = addressRow(0, "", "plain");

/** Later messages have CHANNEL-NUMBER on its number. */
const TRANSPORT_PREFERENCES: StunAttributeRow<TransportPreferences> = {
	type: 0x000c,
	meaning: "TRANSPORT-PREFERENCES",
	decode(bytes, head) {
		if (bytes.length !== 4 && bytes.length !== 12) return null;
		const flags = uintAt(bytes, 0, 4);
		const next = (flags & 4) !== 0;
		const port = PORTS[flags & 3];
		if (port !== undefined) return bytes.length === 4 ? { port, next } : null;
		const at = bytes.length === 12 && !next ? PLACE.decode(bytes.subarray(4), head) : null;
		return at === null ? null : { port: "preallocated", at };
	},
	write(writer, value, head) {
		if (value.port === "preallocated") {
			writer.uint32("preferences", PREALLOCATED);
			PLACE.write(writer, value.at, head);
		} else writer.uint32("preferences", PORTS.indexOf(value.port) | (value.next ? 4 : 0));
	},
};

/** A row that fits classic messages and no others: what it says is reserved there, or something else. */
function classicAlone<Value>(row: StunAttributeRow<Value>): StunAttributeRow<Value> {
	const { type, meaning } = row;
	return {
		type,
		meaning,
		classicAlone: true,
		decode: (bytes, head) => (head.classic ? row.decode(bytes, head) : null),
		write(writer, value, head) {
			if (!head.classic) throw new RangeError(`${meaning} is of classic messages alone`);
			row.write(writer, value, head);
		},
	};
}

/** What MAGIC-COOKIE holds, so that requests to a relay are told from data (draft-rosenberg-midcom-turn-01 §9.2.4). */
export const EARLY_TURN_COOKIE = 0x72c64bc6;

/** Bytes of the header, of the cookie's head and of the cookie: what is shorter is data. */
const COOKIE_END = 28;

/** Whether a datagram on a relay's own socket is a request to it: the cookie is its first attribute. */
export function isEarlyTurnControl(bytes: Uint8Array): boolean {
	return bytes.length >= COOKIE_END && uint16At(bytes, 20) === 0x000f && uintAt(bytes, 24, 4) === EARLY_TURN_COOKIE;
}

/** Relays before TURN had its name on the standards' track: draft-rosenberg-midcom-turn-01, MORE-AVAILABLE of -02. */
export const EARLY_TURN_ATTRIBUTES = {
	transportPreferences: classicAlone(TRANSPORT_PREFERENCES),
	magicCookie: classicAlone(uint32Row(0x000f, "MAGIC-COOKIE")),
	/** Kilobits a second, both ways together. */
	bandwidth: classicAlone(uint32Row(0x0010, "BANDWIDTH")),
	/** One more address that the relay can be sent to. */
	moreAvailable: classicAlone(addressRow(0x0011, "MORE-AVAILABLE", "plain")),
	/** ALTERNATE-SERVER of an early relay, on the number that it had before it was an optional attribute. */
	earlyAlternateServer: classicAlone(addressRow(0x000e, "ALTERNATE-SERVER of drafts", "plain")),
} as const;
