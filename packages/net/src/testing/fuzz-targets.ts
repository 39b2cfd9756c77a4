/** What the kernel says beside a packet, as functions of bytes, for whoever throws inputs at them. */
import { decodeFramedPacket, encodeChannelData, encodeStun, equalBytes, isDecodeError } from "@whither/wire";
import { decodeErrorEntry, type EntryContext } from "../channel/error-entry.ts";
import { PacketCutter } from "../ice/packet-cutter.ts";
import { decodeControl } from "../native/control.ts";
import { decodeSockaddr } from "../native/sockaddr.ts";
import { decodeInterface, decodeInterfaceAddress } from "../netlink/interfaces.ts";
import { decodeNetlink, netlinkErrno } from "../netlink/messages.ts";
import { decodeLink, decodeLinkQueue, decodeRoute } from "../netlink/routing.ts";
import { decodeQueuedPacket } from "../nfqueue/queue-messages.ts";
import { StreamMessages } from "../serving/stream-messages.ts";
import { STAMP_V4, TIME_EXCEEDED_V4, TIME_EXCEEDED_V6 } from "./captured.ts";
import { ADDRESS_V4, ADDRESS_V6, LINK_QUEUE, LINK_VETH, QUEUED_V4, QUEUED_V6, ROUTE_V4 } from "./captured-netlink.ts";

/** Something that answers for any bytes at all and never throws, with inputs that reach its depths. */
export interface KernelFuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
}

/** A stream's messages and channel data, one behind the other. */
const STREAM = [[...streamMessage(0), ...streamMessage(9), ...channelOf(5), ...streamMessage(60), ...channelOf(0)]].map(
	(bytes) => Uint8Array.from(bytes),
);

function streamMessage(padding: number): Uint8Array {
	const attributes = [{ name: "padding", value: new Uint8Array(padding) } as const];
	return encodeStun({ class: "request", method: "allocate", transactionId: new Uint8Array(12), attributes });
}

function channelOf(length: number): Uint8Array {
	return encodeChannelData({ channel: 0x4000, data: new Uint8Array(length).fill(7) }, "stream");
}

const ENTRIES = { 4: TIME_EXCEEDED_V4, 6: TIME_EXCEEDED_V6 } as const;
/** UDP, whose header the kernel strips, TCP and ICMP. */
const PROTOCOLS = [17, 6, 1] as const;
const CONTROLS = [STAMP_V4.control, TIME_EXCEEDED_V4.control, TIME_EXCEEDED_V6.control];
/** Packets on a stream (RFC 4571), an empty one among them. */
const PACKETS = [Uint8Array.of(0, 3, 1, 2, 3, 0, 0, 0, 1, 9, 1, 4, ...new Uint8Array(260).fill(5), 0, 2, 7)];
const NETLINK_MESSAGES = [QUEUED_V4, QUEUED_V6, ROUTE_V4, LINK_QUEUE, LINK_VETH, ADDRESS_V4, ADDRESS_V6];

/** Every decoder of what the kernel writes, with what it did write. */
export const KERNEL_FUZZ_TARGETS: readonly KernelFuzzTarget[] = [
	{ name: "decodeControl", decode: decodeControl, seeds: CONTROLS },
	{ name: "decodeSockaddr", decode: decodeSockaddr, seeds: [TIME_EXCEEDED_V4.name, TIME_EXCEEDED_V6.name] },
	{ name: "decodeNetlink", decode: decodeMessages, seeds: NETLINK_MESSAGES },
	...([4, 6] as const).flatMap((family) => PROTOCOLS.map((protocol) => entryTarget(family, protocol))),
	{ name: "StreamMessages", decode: inPieces, seeds: STREAM },
	{ name: "PacketCutter", decode: packetsInPieces, seeds: PACKETS },
];

/** What a stream brings is the same messages however it is cut; how, follows from the bytes themselves. */
function inPieces(bytes: Uint8Array): unknown {
	const whole = new StreamMessages({ channelData: true });
	const cut = new StreamMessages({ channelData: true });
	const expected = whole.push(bytes);
	const messages: Uint8Array[] = [];
	for (const piece of pieces(bytes)) messages.push(...cut.push(piece));
	const same = messages.length === expected.length && messages.every((one, at) => equalBytes(one, expected[at] ?? one));
	if (!same || cut.broken !== whole.broken) throw new Error("the pieces of a stream are other messages than the whole");
	return messages;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
	let from = 0;
	for (let index = 0; from < bytes.length; index++) {
		const length = 1 + ((bytes[(index * 7) % bytes.length] ?? 0) % 40);
		yield bytes.slice(from, from + length);
		from += length;
	}
}

/** The packets of a stream are those that wire's codec finds in the whole. */
function packetsInPieces(bytes: Uint8Array): unknown {
	const cutter = new PacketCutter();
	const packets = [...pieces(bytes)].flatMap((piece) => cutter.push(piece));
	let from = 0;
	for (const packet of packets) {
		let frame = decodeFramedPacket(bytes.subarray(from));
		for (; !isDecodeError(frame) && frame.packet.length === 0; frame = decodeFramedPacket(bytes.subarray(from)))
			from += frame.length;
		if (isDecodeError(frame) || !equalBytes(frame.packet, packet))
			throw new Error("a packet that is not in the stream");
		from += frame.length;
	}
	return packets;
}

/** Whatever the messages of a datagram may be taken for. */
function decodeMessages(bytes: Uint8Array): unknown {
	return decodeNetlink(bytes).map((message) => [
		netlinkErrno(message),
		decodeQueuedPacket(message.body),
		decodeLink(message),
		decodeLinkQueue(message),
		decodeRoute(message),
		decodeInterface(message),
		decodeInterfaceAddress(message),
	]);
}

/** The input is cut as the captured entry is: control messages, then the name, then the data. */
function entryTarget(family: 4 | 6, protocol: number): KernelFuzzTarget {
	const { control, name, data } = ENTRIES[family];
	const nameAt = control.length;
	const dataAt = nameAt + name.length;
	const context: EntryContext = { family, protocol, sourcePort: 5000, socket: null, at: 7, stamp: "kernel" };
	const decode = (bytes: Uint8Array) => {
		const message = { name: bytes.subarray(nameAt, dataAt), data: bytes.subarray(dataAt) };
		return decodeErrorEntry(message, decodeControl(bytes.subarray(0, nameAt)), context);
	};
	return {
		name: `decodeErrorEntry ${family} ${protocol}`,
		decode,
		seeds: [Uint8Array.of(...control, ...name, ...data)],
	};
}
