/**
 * The payload of every UDP probe: our key, the sequence number, and two bytes that make the UDP checksum name the
 * sequence as well. So a quote of the payload names the probe, and so does one of the bare 8-byte UDP header.
 *
 * ```
 *  0                   1                   2                   3
 * |              key (32)             |  sequence (16) | balance (16) |  filler ...
 * ```
 */
import {
	encodeUdp,
	IP_HEADER_LENGTH,
	internetChecksum,
	parseAddress,
	UDP_HEADER_LENGTH,
	type UdpFields,
} from "@whither/wire";
import type { PacketReply, QuotedProbe } from "../channel.ts";
import type { Match, ProbeContext, ReplyMeaning } from "../method.ts";
import { filler } from "./filler.ts";

/** Bytes of a payload that the key, sequence and balance take. */
export const UDP_PAYLOAD_MINIMUM = 8;
const BALANCE_OFFSET = 6;
/** Checksums 0 (none) and 0xffff (zero in the other form) are not used, which leaves so many. */
const CHECKSUMS = 0xfffe;

/** The payload for a segment that `encode` makes, UDP's unless told. */
export function udpPayload(
	context: ProbeContext,
	sequence: number,
	sourcePort: number,
	destinationPort: number,
	encode: (fields: UdpFields, payload: Uint8Array) => Uint8Array = encodeUdp,
): Uint8Array {
	const length = Math.max(UDP_PAYLOAD_MINIMUM, context.length - IP_HEADER_LENGTH[context.family] - UDP_HEADER_LENGTH);
	const payload = filler(length);
	const view = new DataView(payload.buffer);
	view.setUint32(0, context.key);
	view.setUint16(4, sequence & 0xffff);
	view.setUint16(BALANCE_OFFSET, 0);
	const { family, source, target: destination } = context;
	const segment = encode({ family, source, destination, sourcePort, destinationPort }, payload);
	const unbalanced = new DataView(segment.buffer, segment.byteOffset).getUint16(6);
	view.setUint16(BALANCE_OFFSET, onesSum(~sequenceChecksum(context, sequence) & 0xffff, unbalanced));
	return payload;
}

/** Which probe a quoted UDP packet is, told by its payload, else by its checksum; null: not ours, undefined: can't be told. */
export function quotedSequence(context: ProbeContext, quoted: QuotedProbe): number | null | undefined {
	const fromPayload = payloadSequence(context, quoted.payload);
	if (fromPayload !== undefined) return fromPayload;
	const { segment } = quoted;
	if (segment === null || segment.length < UDP_HEADER_LENGTH) return undefined;
	const checksum = new DataView(segment.buffer, segment.byteOffset).getUint16(6);
	return checksumSequence(context, sentChecksum(context, quoted, checksum));
}

/**
 * The checksum that a quoted packet left us with: a NAT that changed addresses on the way has adjusted it (RFC 1624
 * section 3), and what was added is known. 0 stands for none (RFC 768), and stays.
 */
export function sentChecksum(
	{ source, target }: ProbeContext,
	quoted: Pick<QuotedProbe, "source" | "destination">,
	checksum: number,
): number {
	if (checksum === 0 || quoted.source === null) return checksum;
	const added = addressSum(quoted.source) + addressSum(quoted.destination) - addressSum(source) - addressSum(target);
	return added === 0 ? checksum : (checksum + added + 2 * 0xffff) % 0xffff;
}

/** An address as a part of one's complement sums. */
function addressSum(address: string): number {
	const bytes = parseAddress(address);
	return bytes instanceof Uint8Array ? 0xffff - internetChecksum(bytes) : 0;
}

/** What an answer of the target itself means: one that echoes our payload names its probe, any other only our flow. */
export function matchDatagram(context: ProbeContext, reply: PacketReply, meaning: ReplyMeaning): Match {
	const sequence = payloadSequence(context, reply.payload);
	if (typeof sequence === "number") return { type: "probe", sequence, meaning };
	if (reply.from !== context.target || reply.sourcePort !== context.port)
		return { type: "foreign", reason: "otherKey" };
	return { type: "flow", meaning };
}

function payloadSequence(context: ProbeContext, payload: Uint8Array): number | null | undefined {
	if (payload.length < BALANCE_OFFSET) return undefined;
	const view = new DataView(payload.buffer, payload.byteOffset);
	return view.getUint32(0) === context.key ? view.getUint16(4) : null;
}

function sequenceChecksum(context: ProbeContext, sequence: number): number {
	return 1 + ((sequence + (context.key & 0xffff)) % CHECKSUMS);
}

function checksumSequence(context: ProbeContext, checksum: number): number | null {
	if (checksum === 0 || checksum === 0xffff) return null;
	return (checksum - 1 - ((context.key & 0xffff) % CHECKSUMS) + 2 * CHECKSUMS) % CHECKSUMS;
}

/** One's-complement sum of two 16-bit words. */
function onesSum(a: number, b: number): number {
	const sum = a + b;
	return (sum & 0xffff) + (sum >>> 16);
}
