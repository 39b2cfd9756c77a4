/**
 * How a STUN request is named: its transaction id bears the trace's key, the sequence number that the request first left
 * with, and bytes that nobody else knows. All retransmissions of a request bear the same (RFC 8489 section 6.2.1).
 *
 * ```
 *  0                   1                   2                   3
 * |              key (32)             |         sequence (16)        | secret (48) ...
 * ```
 */
import { STUN_COOKIE, STUN_HEADER_LENGTH } from "@whither/wire";
import type { ProbeContext } from "../method.ts";

/** Bytes of a transaction id, which ends the message header (RFC 8489 section 5). */
const ID_LENGTH = 12;
const KEY_LENGTH = 4;
const SEQUENCE_LENGTH = 2;
const NAME_LENGTH = KEY_LENGTH + SEQUENCE_LENGTH;
const ID_OFFSET = STUN_HEADER_LENGTH - ID_LENGTH;
/** As much of a request as must be quoted for its name to be whole. */
const NAMED_LENGTH = ID_OFFSET + NAME_LENGTH;
/** A Binding request. */
const TYPE = 0x0001;
const TYPE_LENGTH = 2;

/** The transaction id of the request that first left with this sequence number. */
export function transactionId({ key, secret }: ProbeContext, sequence: number): Uint8Array {
	const id = new Uint8Array(ID_LENGTH);
	const view = new DataView(id.buffer);
	view.setUint32(0, key);
	view.setUint16(KEY_LENGTH, sequence & 0xffff);
	id.set(secret.subarray(0, ID_LENGTH - NAME_LENGTH), NAME_LENGTH);
	return id;
}

/** The sequence that a transaction id names; null: it is none of ours. */
export function namedSequence(context: ProbeContext, id: Uint8Array): number | null {
	if (id.length !== ID_LENGTH) return null;
	const sequence = new DataView(id.buffer, id.byteOffset).getUint16(KEY_LENGTH);
	return isStart(id, transactionId(context, sequence)) ? sequence : null;
}

/** The sequence that the quoted beginning of a request names; null: it is none of ours, undefined: too little is quoted. */
export function quotedName(context: ProbeContext, payload: Uint8Array): number | null | undefined {
	const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
	const isWhole = payload.length >= NAMED_LENGTH;
	const sequence = isWhole ? view.getUint16(ID_OFFSET + KEY_LENGTH) : 0;
	const header = requestHeader(context, sequence);
	const end = isWhole ? STUN_HEADER_LENGTH : ID_OFFSET + KEY_LENGTH;
	const isOurs =
		isStart(payload.subarray(0, TYPE_LENGTH), header) && isStart(payload.subarray(4, end), header.subarray(4));
	if (!isOurs) return null;
	return isWhole ? sequence : undefined;
}

/** Without its length. */
function requestHeader(context: ProbeContext, sequence: number): Uint8Array {
	const header = new Uint8Array(STUN_HEADER_LENGTH);
	const view = new DataView(header.buffer);
	view.setUint16(0, TYPE);
	view.setUint32(4, STUN_COOKIE);
	header.set(transactionId(context, sequence), ID_OFFSET);
	return header;
}

/** Whether the first bytes begin the second; none begin anything. */
function isStart(start: Uint8Array, whole: Uint8Array): boolean {
	return start.every((byte, index) => byte === whole[index]);
}
