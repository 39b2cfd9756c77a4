import { addressRow, bytesRow, type StunAttributeRow, shortRow, uint32Row, uintAt } from "./attribute-row.ts";

/** What the answer is to be sent from instead of where the request arrived (RFC 5780 §7.2, RFC 3489 §11.2.4). */
const CHANGE_REQUEST: StunAttributeRow<{ readonly ip: boolean; readonly port: boolean }> = {
	type: 0x0003,
	meaning: "CHANGE-REQUEST",
	decode: (bytes) =>
		bytes.length === 4 ? { ip: ((bytes[3] ?? 0) & 4) !== 0, port: ((bytes[3] ?? 0) & 2) !== 0 } : null,
	write: (writer, { ip, port }) => writer.uint32("CHANGE-REQUEST", (ip ? 4 : 0) | (port ? 2 : 0)),
};

/** Which port of the sender's address to answer to (RFC 5780 §7.5); read without its two bytes of filling too. */
const RESPONSE_PORT: StunAttributeRow<number> = {
	...shortRow(0x0027, "RESPONSE-PORT", 2),
	decode: (bytes) => (bytes.length === 2 || bytes.length === 4 ? uintAt(bytes, 0, 2) : null),
};

/** How often a request and its response have been sent so far (RFC 7982 §3.1): what tells loss there from loss back. */
const TRANSACTION_TRANSMIT_COUNTER: StunAttributeRow<{ readonly request: number; readonly response: number }> = {
	type: 0x8025,
	meaning: "TRANSACTION_TRANSMIT_COUNTER",
	decode: (bytes) => (bytes.length === 4 ? { request: bytes[2] ?? 0, response: bytes[3] ?? 0 } : null),
	write(writer, { request, response }) {
		writer.zeros(2);
		writer.uint8("requests", request);
		writer.uint8("responses", response);
	},
};

/** The ECN field that a check arrived with, and whether that is known (RFC 6679 §7.2.2). */
const ECN_CHECK: StunAttributeRow<{ readonly ecn: number; readonly valid: boolean }> = {
	type: 0x802d,
	meaning: "ECN-CHECK STUN",
	decode: (bytes) =>
		bytes.length === 4 ? { ecn: ((bytes[3] ?? 0) >> 1) & 3, valid: ((bytes[3] ?? 0) & 1) !== 0 } : null,
	write(writer, { ecn, valid }) {
		writer.zeros(3);
		writer.uint8("ECN-CHECK", ((ecn & 3) << 1) | (valid ? 1 : 0));
	},
};

/**
 * The TTL that a probe left with (draft-martinsen-tram-stuntrace-01 §3), in the first byte. The draft's text and figure
 * disagree about the length: four bytes are written, one to eight are read.
 */
const PATH_NODE_PROBE: StunAttributeRow<{ readonly hop: number }> = {
	type: 0x8055,
	meaning: "PATH-NODE-PROBE",
	decode: (bytes) => (bytes.length >= 1 && bytes.length <= 8 ? { hop: bytes[0] ?? 0 } : null),
	write(writer, { hop }) {
		writer.uint8("hop", hop);
		writer.zeros(3);
	},
};

/** What tells of the path: RFC 5780, RFC 7982, RFC 6679 and STUN traceroute. */
export const PATH_ATTRIBUTES = {
	changeRequest: CHANGE_REQUEST,
	padding: bytesRow(0x0026, "PADDING"),
	responsePort: RESPONSE_PORT,
	transactionTransmitCounter: TRANSACTION_TRANSMIT_COUNTER,
	/** Seconds. */
	cacheTimeout: uint32Row(0x8027, "CACHE-TIMEOUT"),
	responseOrigin: addressRow(0x802b, "RESPONSE-ORIGIN", "plain"),
	otherAddress: addressRow(0x802c, "OTHER-ADDRESS", "plain"),
	ecnCheck: ECN_CHECK,
	pathNodeProbe: PATH_NODE_PROBE,
	/** Filling that anybody may ignore, unlike `padding`: the code point that the draft's authors used for a note. */
	probePadding: bytesRow(0x8056, "(probe padding)"),
} as const;
