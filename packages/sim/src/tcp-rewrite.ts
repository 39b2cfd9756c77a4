/** TCP options rewritten on the way, with the checksums and lengths that go with it. */
import { IP_PROTOCOL, TCP_FLAGS, TCP_HEADER_LENGTH, transportChecksum } from "@whither/wire";
import { hasGoodChecksum, type IpPacket } from "./packet.ts";
import { withIpLength } from "./packet-fields.ts";

const END_OF_LIST = 0;
const NO_OPERATION = 1;
/** Where a TCP header has its data offset (upper four bits), its flags and its checksum (RFC 9293 section 3.1). */
const DATA_OFFSET = 12;
const FLAGS = 13;
const CHECKSUM = 16;

/** What an option becomes; the same bytes: it is left alone, none: it is cut out. */
export type OptionRewrite = (option: Uint8Array) => Uint8Array;

/** The lower eight flags of a TCP segment; 0 for anything else. */
export function tcpFlags({ protocol, payload, fragmentOffset }: IpPacket): number {
	const isSegment = protocol === IP_PROTOCOL.tcp && fragmentOffset === 0 && payload.length >= TCP_HEADER_LENGTH;
	return isSegment ? (payload[FLAGS] ?? 0) : 0;
}

/** A SYN or SYN/ACK with its options rewritten one by one; anything else as it is. */
export function rewriteSynOptions(packet: IpPacket, rewrite: OptionRewrite): Uint8Array {
	return (tcpFlags(packet) & TCP_FLAGS.syn) === 0 ? packet.bytes : rewriteOptions(packet, rewrite);
}

/** A TCP segment with its options rewritten one by one; anything else, and what has a wrong checksum, as it is. */
export function rewriteOptions(packet: IpPacket, rewrite: OptionRewrite): Uint8Array {
	const { bytes, payload, family, source, destination, protocol } = packet;
	if (tcpFlags(packet) === 0 || !hasGoodChecksum(packet)) return bytes;
	const dataOffset = ((payload[DATA_OFFSET] ?? 0) >> 4) * 4;
	const options = payload.subarray(TCP_HEADER_LENGTH, dataOffset);
	const rewritten = padded(optionSpans(options).flatMap((option) => [...rewrite(option)]));
	if (sameBytes(options, rewritten)) return bytes;
	const headers = bytes.length - payload.length;
	const data = payload.subarray(dataOffset);
	const changed = new Uint8Array(headers + TCP_HEADER_LENGTH + rewritten.length + data.length);
	changed.set(bytes.subarray(0, headers + TCP_HEADER_LENGTH));
	changed.set(rewritten, headers + TCP_HEADER_LENGTH);
	changed.set(data, headers + TCP_HEADER_LENGTH + rewritten.length);
	const segment = changed.subarray(headers);
	segment[DATA_OFFSET] = (((TCP_HEADER_LENGTH + rewritten.length) / 4) << 4) | ((payload[DATA_OFFSET] ?? 0) & 0x0f);
	const view = new DataView(changed.buffer, headers);
	view.setUint16(CHECKSUM, 0);
	view.setUint16(CHECKSUM, transportChecksum(family, source, destination, protocol, segment));
	return withIpLength(changed, family);
}

/** Each option with its kind and length; padding one by one; what makes no sense as one piece. */
function optionSpans(options: Uint8Array): Uint8Array[] {
	const spans: Uint8Array[] = [];
	for (let offset = 0; offset < options.length; ) {
		const kind = options[offset] ?? END_OF_LIST;
		const claimed = kind === END_OF_LIST || kind === NO_OPERATION ? 1 : (options[offset + 1] ?? 0);
		const length = claimed === 0 || offset + claimed > options.length ? options.length - offset : claimed;
		spans.push(options.subarray(offset, offset + length));
		offset += length;
	}
	return spans;
}

function padded(bytes: readonly number[]): Uint8Array {
	const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
	whole.set(bytes);
	return whole;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
