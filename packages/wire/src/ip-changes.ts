/** What became of a packet on its way: the one that we sent against the part of it that an ICMP error quotes. */
import { isDecodeError } from "./error.ts";
import { formatHex } from "./hex.ts";
import { decodeIpv4Header, type Ipv4Header } from "./ipv4.ts";
import { decodeIpv6Header, type Ipv6Header } from "./ipv6.ts";
import { walkExtensionHeaders } from "./ipv6-extensions.ts";
import { IP_HEADER_LENGTH } from "./protocol.ts";
import { type TransportView, transportChanges } from "./transport-changes.ts";

/** ECN codepoints (RFC 3168 §5). */
const ECN_NAMES = ["not-ect", "ect1", "ect0", "ce"] as const;

/** The marks that an entry may end in: a difference that needs no one on the way to explain it. */
const BYTE_SWAPPED = " (byte-swapped)";
const LESS_HEADER = " (less header)";

/**
 * Every difference between a packet that we sent and what was quoted of it, one short text each: the field's name and,
 * where it has a value worth reading, `sent -> quoted`; TCP options as `option sackPermitted removed`. Nothing that the
 * quote does not reach is compared. The TTL is listed only where it grew, IPv4's header checksum never, and an
 * identification of 0 in `sent` means that the kernel chose one. Marks behind an entry: `(byte-swapped)` and
 * `(less header)` for the total length as some systems quote it, `(follows)` for a checksum that was adjusted to the
 * other changes. A quote without a whole IP header gives nothing; a `sent` without one throws RangeError.
 */
export function packetChanges(sent: Uint8Array, quoted: Uint8Array, family: 4 | 6): readonly string[] {
	const before = family === 4 ? viewIpv4(sent) : viewIpv6(sent);
	if (before === null) throw new RangeError(`not an IPv${family} packet`);
	const after = family === 4 ? viewIpv4(quoted) : viewIpv6(quoted);
	if (after === null) return [];
	const length = compareLength(before, after);
	const changes = [...compareTos(before, after), ...length.changes, ...compareIp(before, after)];
	if (before.protocol !== after.protocol || !after.whole) return changes;
	const expected = length.believed ? after.length : before.length;
	return [...changes, ...transportChanges(clip(before, before.length), clip(after, expected))];
}

/** An IP header in the terms that both families share, and what follows it. */
interface IpView {
	readonly family: 4 | 6;
	readonly header: Ipv4Header | Ipv6Header;
	readonly tos: number;
	readonly ttl: number;
	/** IP total length, header included. */
	readonly length: number;
	readonly protocol: number;
	readonly source: string;
	readonly destination: string;
	/** Length of the IP header with options or extension headers. */
	readonly headerLength: number;
	/** Types of the extension headers, or IPv4 options as hexadecimal digits. */
	readonly extras: string;
	/** From the transport header to the end of the bytes. */
	readonly segment: Uint8Array;
	/** The segment begins with a transport header. */
	readonly whole: boolean;
}

function viewIpv4(bytes: Uint8Array): IpView | null {
	const header = decodeIpv4Header(bytes);
	if (isDecodeError(header)) return null;
	const { tos, ttl, protocol, source, destination, headerLength } = header;
	return {
		family: 4,
		header,
		tos,
		ttl,
		length: header.totalLength,
		protocol,
		source,
		destination,
		headerLength,
		extras: formatHex(header.options),
		segment: bytes.subarray(headerLength),
		// Don't Fragment with its bytes exchanged looks like an offset of 0x40 units.
		whole: header.fragmentOffset === 0 || header.fragmentOffset === 0x40 * 8,
	};
}

function viewIpv6(bytes: Uint8Array): IpView | null {
	const header = decodeIpv6Header(bytes);
	if (isDecodeError(header)) return null;
	const walk = walkExtensionHeaders(header.nextHeader, bytes.subarray(IP_HEADER_LENGTH[6]));
	return {
		family: 6,
		header,
		tos: header.trafficClass,
		ttl: header.hopLimit,
		length: IP_HEADER_LENGTH[6] + header.payloadLength,
		protocol: walk.protocol,
		source: header.source,
		destination: header.destination,
		headerLength: bytes.length - walk.payload.length,
		extras: walk.extensionHeaders.map(({ type }) => type).join(","),
		segment: walk.payload,
		whole: !walk.truncated && (walk.fragment === null || walk.fragment.offset === 0),
	};
}

/** The transport part of a packet whose length is `length`; bytes behind that are padding of the ICMP message. */
function clip(view: IpView, length: number): TransportView {
	const { family, protocol, source, destination } = view;
	const segmentLength = Math.max(0, length - view.headerLength);
	return { family, protocol, source, destination, segmentLength, segment: view.segment.subarray(0, segmentLength) };
}

function compareTos(before: IpView, after: IpView): string[] {
	const changes: string[] = [];
	if (before.tos === after.tos) return changes;
	changes.push(`tos ${hex(before.tos, 2)} -> ${hex(after.tos, 2)}`);
	if (before.tos >> 2 !== after.tos >> 2) changes.push(`dscp ${before.tos >> 2} -> ${after.tos >> 2}`);
	if ((before.tos & 3) !== (after.tos & 3))
		changes.push(`ecn ${ECN_NAMES[before.tos & 3]} -> ${ECN_NAMES[after.tos & 3]}`);
	return changes;
}

/** Old systems quote the total length in their own byte order, or without the header: such a one is not believed. */
function compareLength(before: IpView, after: IpView): { readonly changes: string[]; readonly believed: boolean } {
	if (before.length === after.length) return { changes: [], believed: true };
	const swapped = after.family === 4 && after.length === swapBytes(before.length);
	const less = after.family === 4 && after.length === before.length - after.headerLength;
	const mark = swapped ? BYTE_SWAPPED : less ? LESS_HEADER : "";
	return { changes: [`length ${before.length} -> ${after.length}${mark}`], believed: mark === "" };
}

function swapBytes(value: number): number {
	return ((value & 0xff) << 8) | (value >> 8);
}

function compareIp(before: IpView, after: IpView): string[] {
	const changes: string[] = [];
	const compare = (name: string, from: string | number, to: string | number) => {
		if (from !== to) changes.push(`${name} ${from} -> ${to}`);
	};
	if (before.header.version === 4 && after.header.version === 4)
		changes.push(...compareIpv4(before.header, after.header));
	if (before.header.version === 6 && after.header.version === 6)
		compare("flowLabel", hex(before.header.flowLabel, 5), hex(after.header.flowLabel, 5));
	if (after.ttl > before.ttl) changes.push(`ttl ${before.ttl} -> ${after.ttl}`);
	compare("protocol", before.protocol, after.protocol);
	compare("source", before.source, after.source);
	compare("destination", before.destination, after.destination);
	const name = before.family === 4 ? "ipOptions" : "extensionHeaders";
	compare(name, before.extras || "none", after.extras || "none");
	return changes;
}

function compareIpv4(before: Ipv4Header, after: Ipv4Header): string[] {
	const changes: string[] = [];
	const { identification } = before;
	if (identification !== 0 && identification !== after.identification) {
		const mark = after.identification === swapBytes(identification) ? BYTE_SWAPPED : "";
		changes.push(`identification ${identification} -> ${after.identification}${mark}`);
	}
	if (swapBytes(fragmentWord(before)) === fragmentWord(after) && fragmentWord(before) !== fragmentWord(after))
		return [...changes, `fragment ${hex(fragmentWord(before), 4)} -> ${hex(fragmentWord(after), 4)}${BYTE_SWAPPED}`];
	const flags = ["dontFragment", "moreFragments"] as const;
	for (const flag of flags)
		if (before[flag] !== after[flag])
			changes.push(`${flag} ${before[flag] ? "set" : "clear"} -> ${after[flag] ? "set" : "clear"}`);
	if (before.fragmentOffset !== after.fragmentOffset)
		changes.push(`fragmentOffset ${before.fragmentOffset} -> ${after.fragmentOffset}`);
	return changes;
}

/** Bytes 6 and 7 of the header, without the bit that nobody uses. */
function fragmentWord(header: Ipv4Header): number {
	return (header.dontFragment ? 0x4000 : 0) | (header.moreFragments ? 0x2000 : 0) | (header.fragmentOffset / 8);
}

function hex(value: number, digits: number): string {
	return `0x${value.toString(16).padStart(digits, "0")}`;
}
