/** One entry of a socket's error queue, as a reply. Pure: bytes in, value out. */
import type { Family, IcmpErrorReply, QuotedProbe } from "@whither/core";
import {
	decodeExtensions,
	hasPorts,
	type IcmpExtension,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	transportHeaderLength,
	UDP_HEADER_LENGTH,
} from "@whither/wire";
import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, SO_EE_RFC4884_FLAG_INVALID } from "../native/constants.ts";
import type { ControlFacts, ExtendedError } from "../native/control.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import { decodeSockaddr } from "../native/sockaddr.ts";

/** What is known of the socket and the moment beside the entry itself. */
export interface EntryContext {
	readonly family: Family;
	readonly protocol: number;
	readonly sourcePort: number | null;
	/** Sequence of the only probe that used this socket, or null. */
	readonly socket: number | null;
	readonly at: number;
	readonly stamp: "kernel" | "user";
}

/** Protocols whose header the kernel leaves out of what it puts into the queue. */
const STRIPPED: ReadonlySet<number> = new Set([IP_PROTOCOL.udp, IP_PROTOCOL.udpLite]);
/** RFC 4884 section 5.5: senders before it put the extension after exactly this much of the original datagram. */
const LEGACY_ORIGINAL_BYTES = 128;
/** Extension header, and the smallest object. */
const SMALLEST_EXTENSION_BYTES = 8;

/** The ICMP error that an entry tells of; null for other entries (our own kernel's refusals, transmit stamps). */
export function decodeErrorEntry(
	message: Pick<IncomingMessage, "name" | "data">,
	facts: ControlFacts,
	context: EntryContext,
): IcmpErrorReply | null {
	const { error } = facts;
	if (error === null || error.offender === null) return null;
	if (error.origin !== SO_EE_ORIGIN_ICMP && error.origin !== SO_EE_ORIGIN_ICMP6) return null;
	const original = decodeSockaddr(message.name);
	if (original === null) return null;
	const data = message.data.slice();
	const { at, extensions } = splitExtensions(data, error, context);
	const destinationPort = hasPorts(context.protocol) ? original.port : null;
	return {
		type: "icmpError",
		at: context.at,
		stamp: context.stamp,
		from: error.offender,
		ttl: facts.ttl,
		tos: facts.tos,
		socket: context.socket,
		icmp: { type: error.type, code: error.code },
		mtu: mtuOf(error, context.family),
		quoted: quotedProbe(data.subarray(0, at), { ...context, destination: original.address, destinationPort }),
		extensions,
	};
}

/** Fragmentation Needed (RFC 1191) and Packet Too Big (RFC 4443 section 3.2) carry the next hop's MTU. */
function mtuOf(error: ExtendedError, family: Family): number | null {
	const tells = family === 4 ? error.type === 3 && error.code === 4 : error.type === 2;
	return tells && error.info > 0 ? error.info : null;
}

/** How many bytes of transport header the kernel strips from what it puts into the queue. */
function strippedBytes(protocol: number): number {
	return STRIPPED.has(protocol) ? UDP_HEADER_LENGTH : 0;
}

function splitExtensions(
	data: Uint8Array,
	error: ExtendedError,
	context: EntryContext,
): { readonly at: number; readonly extensions: readonly IcmpExtension[] } {
	const none = { at: data.length, extensions: [] };
	const told = error.extensionOffset;
	if (told > 0 && told <= data.length) {
		if ((error.extensionFlags & SO_EE_RFC4884_FLAG_INVALID) !== 0) return { at: told, extensions: [] };
		return { at: told, extensions: extensionsAt(data, told) ?? [] };
	}
	if (!mayExtend(error, context.family)) return none;
	const legacy = LEGACY_ORIGINAL_BYTES - IP_HEADER_LENGTH[context.family] - strippedBytes(context.protocol);
	if (data.length < legacy + SMALLEST_EXTENSION_BYTES || !checksummed(data, legacy)) return none;
	const extensions = extensionsAt(data, legacy);
	return extensions === null ? none : { at: legacy, extensions };
}

/** RFC 4884 section 4: which messages can be extended. */
function mayExtend(error: ExtendedError, family: Family): boolean {
	return family === 4
		? error.type === 3 || error.type === 11 || error.type === 12
		: error.type === 1 || error.type === 3;
}

/** Without a length field only version 2 and a checksum that was really sent tell an extension from quoted payload. */
function checksummed(data: Uint8Array, at: number): boolean {
	return (data[at] ?? 0) >> 4 === 2 && ((data[at + 2] ?? 0) !== 0 || (data[at + 3] ?? 0) !== 0);
}

function extensionsAt(data: Uint8Array, at: number): readonly IcmpExtension[] | null {
	const decoded = decodeExtensions(data.subarray(at));
	return isDecodeError(decoded) ? null : decoded.extensions;
}

function quotedProbe(
	original: Uint8Array,
	about: EntryContext & { readonly destination: string; readonly destinationPort: number | null },
): QuotedProbe {
	const { protocol, sourcePort, destination, destinationPort } = about;
	const flow = { protocol, source: null, destination, sourcePort, destinationPort, bytes: null, ip: null };
	if (STRIPPED.has(protocol)) return { ...flow, segment: null, payload: original };
	const payload = original.subarray(transportHeaderLength(protocol, original) ?? original.length);
	return { ...flow, segment: original, payload };
}
