/** Control messages (cmsg(3)) of a received packet or error-queue entry, as values. Pure: bytes in, facts out. */
import { formatAddress } from "@whither/wire";
import {
	IP_PKTINFO,
	IP_RECVERR,
	IP_TOS,
	IP_TTL,
	IPV6_HOPLIMIT,
	IPV6_PKTINFO,
	IPV6_RECVERR,
	IPV6_TCLASS,
	SO_RXQ_OVFL,
	SO_TIMESTAMPING,
	SOL_IP,
	SOL_IPV6,
	SOL_SOCKET,
} from "./constants.ts";
import { decodeSockaddr } from "./sockaddr.ts";
import { CMSGHDR, EXTENDED_ERROR, readSize, TIMESPEC } from "./structs.ts";

/** struct sock_extended_err with its offender; `offender` is null where the kernel names nobody. */
export interface ExtendedError {
	readonly errno: number;
	readonly origin: number;
	readonly type: number;
	readonly code: number;
	readonly info: number;
	/** The whole of ee_data; of a transmit stamp, its id. */
	readonly data: number;
	/** Where in the data the RFC 4884 extension header stands, 0 when the kernel found none, and the kernel's verdict. */
	readonly extensionOffset: number;
	readonly extensionFlags: number;
	readonly offender: string | null;
}

/** Everything that the control messages said; null for what they did not. */
export interface ControlFacts {
	/** Kernel time on the real-time clock. */
	readonly stamp: { readonly seconds: number; readonly nanoseconds: number } | null;
	readonly error: ExtendedError | null;
	readonly ttl: number | null;
	readonly tos: number | null;
	/** Packets dropped on this socket since it was opened (SO_RXQ_OVFL). */
	readonly dropped: number | null;
	/** Our address that the packet came to (packet info, where the socket asks for it). */
	readonly destination: string | null;
}

type Facts = { -readonly [Key in keyof ControlFacts]: ControlFacts[Key] };

/** Reads all control messages in `bytes`; stops without complaint where they are cut off (MSG_CTRUNC). */
export function decodeControl(bytes: Uint8Array): ControlFacts {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const facts: Facts = { stamp: null, error: null, ttl: null, tos: null, dropped: null, destination: null };
	let offset = 0;
	while (offset + CMSGHDR.bytes <= bytes.length) {
		const length = readSize(view, offset + CMSGHDR.length);
		if (length < CMSGHDR.bytes || offset + length > bytes.length) break;
		decodeOne(facts, view, { at: offset + CMSGHDR.bytes, bytes: length - CMSGHDR.bytes });
		offset += (length + 7) & ~7;
	}
	return facts;
}

/** Where one message's data stand; its header is before them. */
interface Extent {
	readonly at: number;
	readonly bytes: number;
}

function decodeOne(facts: Facts, view: DataView, data: Extent): void {
	const level = view.getUint32(data.at - CMSGHDR.bytes + CMSGHDR.level, true);
	const type = view.getUint32(data.at - CMSGHDR.bytes + CMSGHDR.type, true);
	if (level === SOL_SOCKET) decodeSocketLevel(facts, type, view, data);
	else if (level === SOL_IP) {
		if (type === IP_TTL) facts.ttl = integer(view, data);
		else if (type === IP_TOS) facts.tos = integer(view, data);
		else if (type === IP_RECVERR) facts.error = decodeExtendedError(view, data);
		// struct in_pktinfo: interface, the address to answer from, the packet's own destination.
		else if (type === IP_PKTINFO && data.bytes >= 12) facts.destination = formatAddress(bytesOf(view, data.at + 4, 4));
	} else if (level === SOL_IPV6) {
		if (type === IPV6_HOPLIMIT) facts.ttl = integer(view, data);
		else if (type === IPV6_TCLASS) facts.tos = integer(view, data);
		else if (type === IPV6_RECVERR) facts.error = decodeExtendedError(view, data);
		else if (type === IPV6_PKTINFO && data.bytes >= 16) facts.destination = formatAddress(bytesOf(view, data.at, 16));
	}
}

function decodeSocketLevel(facts: Facts, type: number, view: DataView, data: Extent): void {
	if (type === SO_RXQ_OVFL && data.bytes >= 4) facts.dropped = view.getUint32(data.at, true);
	if (type !== SO_TIMESTAMPING || data.bytes < TIMESPEC.bytes) return;
	const seconds = readSize(view, data.at + TIMESPEC.seconds);
	// A packet that nobody stamped has zeros here.
	if (seconds !== 0) facts.stamp = { seconds, nanoseconds: view.getUint32(data.at + TIMESPEC.nanoseconds, true) };
}

function bytesOf(view: DataView, at: number, length: number): Uint8Array {
	return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

/** IP_TOS comes as one byte, the others as an int. */
function integer(view: DataView, { at, bytes }: Extent): number | null {
	if (bytes >= 4) return view.getInt32(at, true);
	return bytes > 0 ? view.getUint8(at) : null;
}

function decodeExtendedError(view: DataView, { at, bytes }: Extent): ExtendedError | null {
	if (bytes < EXTENDED_ERROR.bytes) return null;
	const offenderAt = at + EXTENDED_ERROR.bytes;
	const family = bytes >= EXTENDED_ERROR.bytes + 2 ? view.getUint16(offenderAt, true) : 0;
	const offender = family === 0 ? null : decodeSockaddr(bytesOf(view, offenderAt, bytes - EXTENDED_ERROR.bytes));
	return {
		errno: view.getUint32(at + EXTENDED_ERROR.errno, true),
		origin: view.getUint8(at + EXTENDED_ERROR.origin),
		type: view.getUint8(at + EXTENDED_ERROR.type),
		code: view.getUint8(at + EXTENDED_ERROR.code),
		info: view.getUint32(at + EXTENDED_ERROR.info, true),
		data: view.getUint32(at + EXTENDED_ERROR.data, true),
		extensionOffset: view.getUint16(at + EXTENDED_ERROR.extensionOffset, true),
		extensionFlags: view.getUint8(at + EXTENDED_ERROR.extensionFlags),
		offender: offender?.address ?? null,
	};
}
