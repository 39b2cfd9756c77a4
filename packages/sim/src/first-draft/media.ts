/** What the two of a call send each other: numbered datagrams that look like RTP, so that nobody takes them for STUN. */
import type { CallSide } from "./call-scenario.ts";

/** Version 2 (RFC 3550 §5.1). */
const RTP_VERSION = 0x80;
/** An RTP header without contributors. */
const LENGTH = 12;

/** The datagram of one side with a number; RTP's sequence number and source hold both. */
export function mediaBytes(side: CallSide, number: number): Uint8Array {
	const bytes = new Uint8Array(LENGTH);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, RTP_VERSION);
	view.setUint16(2, number);
	view.setUint32(8, side.charCodeAt(0));
	return bytes;
}

/** The number of a datagram of that side's; null: it is none. */
export function mediaNumber(bytes: Uint8Array, side: CallSide): number | null {
	if (bytes.length !== LENGTH) return null;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const isOurs = view.getUint8(0) === RTP_VERSION && view.getUint32(8) === side.charCodeAt(0);
	return isOurs ? view.getUint16(2) : null;
}
