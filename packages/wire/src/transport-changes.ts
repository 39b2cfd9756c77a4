/** The transport half of `packetChanges`: ports, fields, checksum, options and payload, as far as the quote goes. */
import { requireAddress } from "./address.ts";
import { equalBytes, viewOf } from "./bytes.ts";
import { checksumSum, internetChecksum } from "./checksum.ts";
import { isDecodeError } from "./error.ts";
import { IP_PROTOCOL } from "./protocol.ts";
import { decodeSctp } from "./sctp/packet.ts";
import { TCP_FLAGS } from "./tcp.ts";
import { tcpOptionChanges } from "./tcp-option-changes.ts";

/** One packet's transport part. */
export interface TransportView {
	readonly family: 4 | 6;
	readonly protocol: number;
	readonly source: string;
	readonly destination: string;
	/** From the transport header on, as much as is there. */
	readonly segment: Uint8Array;
	/** How long the segment is said to be. */
	readonly segmentLength: number;
}

/** A field to compare: its place in the transport header, and how to show it. */
interface Field {
	readonly name: string;
	readonly offset: number;
	readonly size: 1 | 2 | 4;
	readonly mask?: number;
	readonly format?: (value: number) => string;
}

/** One transport protocol's header. */
interface Protocol {
	readonly fields: readonly Field[];
	/** Where the checksum is, in bytes; null for none that we know how to check. */
	readonly checksum: number | null;
	readonly headerLength: (segment: Uint8Array) => number;
}

const PORTS: readonly Field[] = [
	{ name: "sourcePort", offset: 0, size: 2 },
	{ name: "destinationPort", offset: 2, size: 2 },
];

const UDP: Protocol = {
	fields: [...PORTS, { name: "udpLength", offset: 4, size: 2 }],
	checksum: 6,
	headerLength: () => 8,
};

const ICMP: Protocol = {
	fields: [
		{ name: "icmpType", offset: 0, size: 1 },
		{ name: "icmpCode", offset: 1, size: 1 },
		{ name: "icmpId", offset: 4, size: 2 },
		{ name: "icmpSequence", offset: 6, size: 2 },
	],
	checksum: 2,
	headerLength: () => 8,
};

const PROTOCOLS: ReadonlyMap<number, Protocol> = new Map([
	[
		IP_PROTOCOL.tcp,
		{
			fields: [
				...PORTS,
				{ name: "sequence", offset: 4, size: 4 },
				{ name: "acknowledgment", offset: 8, size: 4 },
				{ name: "headerLength", offset: 12, size: 1, format: (value) => String((value >> 4) * 4), mask: 0xf0 },
				{ name: "flags", offset: 12, size: 2, format: formatFlags, mask: 0x0fff },
				{ name: "window", offset: 14, size: 2 },
				{ name: "urgentPointer", offset: 18, size: 2 },
			],
			checksum: 16,
			headerLength: (segment) => (segment.length < 13 ? 20 : Math.max(20, ((segment[12] ?? 0) >> 4) * 4)),
		},
	],
	[IP_PROTOCOL.udp, UDP],
	[IP_PROTOCOL.udpLite, { ...UDP, fields: [...PORTS, { name: "coverage", offset: 4, size: 2 }] }],
	[IP_PROTOCOL.icmp, ICMP],
	[IP_PROTOCOL.icmpv6, ICMP],
	[
		IP_PROTOCOL.sctp,
		{
			fields: [...PORTS, { name: "verificationTag", offset: 4, size: 4, format: (value) => hex(value, 8) }],
			checksum: null,
			headerLength: () => 12,
		},
	],
	[
		IP_PROTOCOL.dccp,
		{
			fields: PORTS,
			checksum: 6,
			headerLength: (segment) => (segment.length < 5 ? 12 : Math.max(12, (segment[4] ?? 0) * 4)),
		},
	],
]);

/** A protocol that we do not know is all payload. */
const OPAQUE: Protocol = { fields: [], checksum: null, headerLength: () => 0 };

/** The differences of two segments of one protocol, in the words of `packetChanges`. */
export function transportChanges(before: TransportView, after: TransportView): readonly string[] {
	const protocol = PROTOCOLS.get(before.protocol) ?? OPAQUE;
	const changes = protocol.fields.flatMap((field) => compareField(field, before.segment, after.segment));
	changes.push(...compareChecksum(protocol, before, after));
	if (before.protocol === IP_PROTOCOL.tcp) changes.push(...tcpOptionChanges(before.segment, after.segment));
	if (payloadDiffers(protocol, before.segment, after.segment)) changes.push("payload");
	return changes;
}

function compareField(field: Field, before: Uint8Array, after: Uint8Array): string[] {
	const from = readField(field, before);
	const to = readField(field, after);
	if (from === null || to === null || from === to) return [];
	const format = field.format ?? String;
	return [`${field.name} ${format(from)} -> ${format(to)}`];
}

function readField({ offset, size, mask }: Field, segment: Uint8Array): number | null {
	if (segment.length < offset + size) return null;
	const view = viewOf(segment);
	const value = size === 1 ? view.getUint8(offset) : size === 2 ? view.getUint16(offset) : view.getUint32(offset);
	return mask === undefined ? value : value & mask;
}

function formatFlags(flags: number): string {
	const names = Object.entries(TCP_FLAGS).filter(([, bit]) => (flags & bit) !== 0);
	const reserved = flags & 0xe00;
	return [...names.map(([name]) => name), ...(reserved === 0 ? [] : [hex(reserved, 3)])].join("|") || "none";
}

const FOLLOWS = " (follows)";

function compareChecksum(protocol: Protocol, before: TransportView, after: TransportView): string[] {
	if (before.protocol === IP_PROTOCOL.sctp) return compareCrc(before, after);
	const offset = protocol.checksum;
	if (offset === null) return [];
	const from = readField({ name: "", offset, size: 2 }, before.segment);
	const to = readField({ name: "", offset, size: 2 }, after.segment);
	if (from === null || to === null || from === to) return [];
	const follows = from !== 0 && sameChecksum(adjustChecksum(from, before, after, offset), to);
	return [`checksum ${hex(from, 4)} -> ${hex(to, 4)}${follows ? FOLLOWS : ""}`];
}

/** 0 and 0xFFFF are one number in one's complement. */
function sameChecksum(a: number, b: number): boolean {
	return a % 0xffff === b % 0xffff;
}

/**
 * What a checksum becomes when it is adjusted to the changes that we see (RFC 1624 §3): the old sum, less everything
 * old, plus everything new. Beyond a truncated quote nothing is taken to have changed.
 */
function adjustChecksum(checksum: number, before: TransportView, after: TransportView, offset: number): number {
	const complete = after.segment.length >= after.segmentLength;
	const end = complete ? Math.max(before.segment.length, after.segment.length) : after.segment.length;
	const old = coveredSum(before, end, offset);
	const now = coveredSum(after, end, offset);
	// Multiples of 0xFFFF do not change a one's complement sum: they keep the difference from going below 0.
	return internetChecksum(new Uint8Array(0), (~checksum & 0xffff) + now + 0xffff * 0x20000 - old);
}

/** Pseudo-header and segment up to `end`, but for the checksum itself and whatever the coverage leaves out. */
function coveredSum(view: TransportView, end: number, checksumOffset: number): number {
	const segment = view.segment.slice(0, Math.min(end, coverage(view)));
	segment.fill(0, checksumOffset, checksumOffset + 2);
	if (view.protocol === IP_PROTOCOL.icmp) return checksumSum(segment);
	const { family, segmentLength } = view;
	const addresses = checksumSum(
		requireAddress(view.source, family),
		checksumSum(requireAddress(view.destination, family)),
	);
	// UDP's pseudo-header has the length that its header says (RFC 768), the others' what IP says.
	const length = view.protocol === IP_PROTOCOL.udp ? viewOf(segment).getUint16(4) : segmentLength;
	return checksumSum(segment, addresses + length);
}

function coverage({ protocol, segment }: TransportView): number {
	if (protocol !== IP_PROTOCOL.udpLite) return segment.length;
	return viewOf(segment).getUint16(4) || segment.length;
}

function compareCrc(before: TransportView, after: TransportView): string[] {
	const field: Field = { name: "checksum", offset: 8, size: 4, format: (value) => hex(value, 8) };
	const changes = compareField(field, before.segment, after.segment);
	if (changes.length === 0 || after.segment.length < after.segmentLength) return changes;
	const packet = decodeSctp(after.segment);
	return !isDecodeError(packet) && packet.checksumValid ? changes.map((change) => change + FOLLOWS) : changes;
}

function payloadDiffers(protocol: Protocol, before: Uint8Array, after: Uint8Array): boolean {
	const from = before.subarray(protocol.headerLength(before));
	const to = after.subarray(protocol.headerLength(after));
	const length = Math.min(from.length, to.length);
	return !equalBytes(from.subarray(0, length), to.subarray(0, length));
}

function hex(value: number, digits: number): string {
	return `0x${value.toString(16).padStart(digits, "0")}`;
}
