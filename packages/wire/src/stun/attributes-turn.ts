import { requireRange } from "../bytes.ts";
import {
	addressRow,
	bytesRow,
	familyRow,
	presenceRow,
	STUN_FAMILIES,
	type StunAttributeRow,
	shortRow,
	textRow,
	uint32Row,
	uintAt,
} from "./attribute-row.ts";
import { errorCodeOf, type StunErrorCode, writeErrorCode } from "./attributes-base.ts";

/** True: the next higher port is to be kept for a later allocation (RFC 8656 §18.7). */
const EVEN_PORT: StunAttributeRow<boolean> = {
	type: 0x0018,
	meaning: "EVEN-PORT",
	decode: (bytes) => (bytes.length === 1 ? ((bytes[0] ?? 0) & 0x80) !== 0 : null),
	write: (writer, value) => writer.uint8("EVEN-PORT", value ? 0x80 : 0),
};

/** Why an address of this family was not allocated beside one of the other (RFC 8656 §18.12). */
const ADDRESS_ERROR_CODE: StunAttributeRow<StunErrorCode & { readonly family: 4 | 6 }> = {
	type: 0x8001,
	meaning: "ADDRESS-ERROR-CODE",
	decode(bytes, head) {
		const family = STUN_FAMILIES[(bytes[0] ?? 0) as 1 | 2];
		const error = errorCodeOf(bytes, head.classic);
		return family === undefined || error === null ? null : { family, ...error };
	},
	write(writer, value, head) {
		writer.uint8("family", value.family === 4 ? 1 : 2);
		writer.zeros(1);
		writeErrorCode(writer, value, head);
	},
};

/** An ICMP error that a relay received about a peer (RFC 8656 §18.13): type of 7 bits, code of 9, and four bytes of data. */
const ICMP: StunAttributeRow<{ readonly type: number; readonly code: number; readonly data: number }> = {
	type: 0x8004,
	meaning: "ICMP",
	decode(bytes) {
		if (bytes.length !== 8) return null;
		const both = uintAt(bytes, 2, 2);
		return { type: both >> 9, code: both & 0x1ff, data: uintAt(bytes, 4, 4) };
	},
	write(writer, { type, code, data }) {
		requireRange("ICMP type", type, 0x7f);
		requireRange("ICMP code", code, 0x1ff);
		writer.zeros(2);
		writer.uint16("ICMP type and code", (type << 9) | code);
		writer.uint32("ICMP error data", data);
	},
};

/** TURN: RFC 8656, RFC 6062, RFC 8016, RFC 7635. */
export const TURN_ATTRIBUTES = {
	channelNumber: shortRow(0x000c, "CHANNEL-NUMBER", 2),
	/** Seconds. */
	lifetime: uint32Row(0x000d, "LIFETIME"),
	xorPeerAddress: addressRow(0x0012, "XOR-PEER-ADDRESS", "xor"),
	data: bytesRow(0x0013, "DATA"),
	xorRelayedAddress: addressRow(0x0016, "XOR-RELAYED-ADDRESS", "xor"),
	requestedAddressFamily: familyRow(0x0017, "REQUESTED-ADDRESS-FAMILY"),
	evenPort: EVEN_PORT,
	/** An IP protocol number: 17 for UDP, 6 for TCP. */
	requestedTransport: shortRow(0x0019, "REQUESTED-TRANSPORT", 1),
	dontFragment: presenceRow(0x001a, "DONT-FRAGMENT"),
	accessToken: bytesRow(0x001b, "ACCESS-TOKEN"),
	reservationToken: bytesRow(0x0022, "RESERVATION-TOKEN", { minimum: 8, maximum: 8 }),
	connectionId: uint32Row(0x002a, "CONNECTION-ID"),
	additionalAddressFamily: familyRow(0x8000, "ADDITIONAL-ADDRESS-FAMILY"),
	/** The same on the number that coturn, server and client, has had for it since the drafts (draft-ietf-tram-turnbis). */
	draftAdditionalAddressFamily: familyRow(0x8032, "ADDITIONAL-ADDRESS-FAMILY of drafts"),
	addressErrorCode: ADDRESS_ERROR_CODE,
	icmp: ICMP,
	thirdPartyAuthorization: textRow(0x802e, "THIRD-PARTY-AUTHORIZATION", 763),
	mobilityTicket: bytesRow(0x8030, "MOBILITY-TICKET"),
} as const;
