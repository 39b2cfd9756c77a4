/** What the kernel says beside a packet, as functions of bytes, for whoever throws inputs at them. */
import { decodeErrorEntry, type EntryContext } from "../channel/error-entry.ts";
import { decodeControl } from "../native/control.ts";
import { decodeSockaddr } from "../native/sockaddr.ts";
import { decodeNetlink, netlinkErrno } from "../netlink/messages.ts";
import { decodeLink, decodeLinkQueue, decodeRoute } from "../netlink/routing.ts";
import { decodeQueuedPacket } from "../nfqueue/queue-messages.ts";
import { STAMP_V4, TIME_EXCEEDED_V4, TIME_EXCEEDED_V6 } from "./captured.ts";
import { LINK_QUEUE, QUEUED_V4, QUEUED_V6, ROUTE_V4 } from "./captured-netlink.ts";

/** Something that answers for any bytes at all and never throws, with inputs that reach its depths. */
export interface KernelFuzzTarget {
	readonly name: string;
	readonly decode: (bytes: Uint8Array) => unknown;
	readonly seeds: readonly Uint8Array[];
}

const ENTRIES = { 4: TIME_EXCEEDED_V4, 6: TIME_EXCEEDED_V6 } as const;
/** UDP, whose header the kernel strips, TCP and ICMP. */
const PROTOCOLS = [17, 6, 1] as const;
const CONTROLS = [STAMP_V4.control, TIME_EXCEEDED_V4.control, TIME_EXCEEDED_V6.control];

/** Every decoder of what the kernel writes, with what it did write. */
export const KERNEL_FUZZ_TARGETS: readonly KernelFuzzTarget[] = [
	{ name: "decodeControl", decode: decodeControl, seeds: CONTROLS },
	{ name: "decodeSockaddr", decode: decodeSockaddr, seeds: [TIME_EXCEEDED_V4.name, TIME_EXCEEDED_V6.name] },
	{ name: "decodeNetlink", decode: decodeMessages, seeds: [QUEUED_V4, QUEUED_V6, ROUTE_V4, LINK_QUEUE] },
	...([4, 6] as const).flatMap((family) => PROTOCOLS.map((protocol) => entryTarget(family, protocol))),
];

/** Whatever the messages of a datagram may be taken for. */
function decodeMessages(bytes: Uint8Array): unknown {
	return decodeNetlink(bytes).map((message) => [
		netlinkErrno(message),
		decodeQueuedPacket(message.body),
		decodeLink(message),
		decodeLinkQueue(message),
		decodeRoute(message),
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
