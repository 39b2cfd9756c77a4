/**
 * The messages of NFQUEUE (include/uapi/linux/netfilter/nfnetlink_queue.h): a program binds a queue, gets packets and
 * gives each exactly one verdict. Contents are in network order, only netlink's own headers in host order. Pure.
 *
 *     body: +--------+---------+--------------+------------
 *           | family | version | queue number | attributes     nfgenmsg, version 0
 *           +--------+---------+--------------+------------
 */
import { decodeAttributes, encodeBody, encodeNetlink, NETLINK, type NetlinkAttribute } from "../netlink/messages.ts";

/** NFNL_SUBSYS_QUEUE << 8 and the message's number in it. */
export const QUEUE_MESSAGE = { packet: 0x0300, verdict: 0x0301, config: 0x0302, verdictBatch: 0x0303 } as const;
/** Attributes of a CONFIG message (enum nfqnl_attr_config). */
const CONFIG = { command: 1, parameters: 2, maxLength: 3, mask: 4, flags: 5 } as const;
/** Attributes of packets and verdicts (enum nfqnl_attr_type). */
const ATTRIBUTE = {
	header: 1,
	verdict: 2,
	mark: 3,
	inputInterface: 5,
	payload: 10,
	wholeLength: 13,
	packetInfo: 14,
} as const;
const BIND = 1;
const COPY_PACKET = 2;
/** NFQA_CFG_F_FAIL_OPEN: what finds the queue or our buffer full goes on instead of being dropped. */
const FAIL_OPEN = 1;
/** NFQA_SKB_CSUMNOTREADY and NFQA_SKB_GSO. */
const CHECKSUM_NOT_READY = 1;
const IS_GSO = 2;
/** NF_DROP and NF_ACCEPT (include/uapi/linux/netfilter.h). */
const VERDICTS = { drop: 0, accept: 1 } as const;
/** Ethernet protocol numbers of the packets we know. */
const ETHERTYPES: ReadonlyMap<number, 4 | 6> = new Map([
	[0x0800, 4],
	[0x86dd, 6],
]);

/** A packet that waits for its verdict. */
export interface QueuedPacket {
	readonly id: number;
	/** Null: neither IPv4 nor IPv6. */
	readonly family: 4 | 6 | null;
	/** 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting. */
	readonly hook: number;
	/** Index of the interface that it came in by; null for a packet of this machine's own. */
	readonly inputInterface: number | null;
	/** The firewall mark that earlier rules gave it; 0: none. */
	readonly mark: number;
	/** From the IP header on; shorter than `wholeLength` where the copy range cut it off. A view. */
	readonly payload: Uint8Array;
	readonly wholeLength: number;
	/** False: the transport checksum is still to be filled in by hardware. */
	readonly checksumReady: boolean;
	/** Several segments in one, which must not be rewritten. */
	readonly isGso: boolean;
}

/** What is decided about one packet; `payload` replaces the packet from its IP header on. */
export interface QueueVerdict {
	readonly id: number;
	readonly verdict: keyof typeof VERDICTS;
	readonly payload?: Uint8Array;
}

/** What `encodeQueueSetUp` is told. */
export interface QueueSettings {
	readonly queue: number;
	/** Bytes of each packet that are copied to us. */
	readonly copyRange: number;
	/** Packets that may wait for a verdict. */
	readonly maxLength: number;
}

/** BIND, copy mode, FAIL_OPEN and length as one datagram of four messages, numbered from 1, each to be acknowledged. */
export function encodeQueueSetUp({ queue, copyRange, maxLength }: QueueSettings): readonly Uint8Array[] {
	const parameters = new Uint8Array(5);
	viewOf(parameters).setUint32(0, copyRange);
	parameters[4] = COPY_PACKET;
	const steps: readonly (readonly NetlinkAttribute[])[] = [
		[{ type: CONFIG.command, value: Uint8Array.of(BIND, 0, 0, 0) }],
		[{ type: CONFIG.parameters, value: parameters }],
		[
			{ type: CONFIG.flags, value: uint32(FAIL_OPEN) },
			{ type: CONFIG.mask, value: uint32(FAIL_OPEN) },
		],
		[{ type: CONFIG.maxLength, value: uint32(maxLength) }],
	];
	const flags = NETLINK.request | NETLINK.acknowledge;
	return steps.map((attributes, index) =>
		encodeNetlink({
			type: QUEUE_MESSAGE.config,
			flags,
			sequence: index + 1,
			body: encodeBody(queueHeader(queue), attributes),
		}),
	);
}

const NOTHING = new Uint8Array(0);
const HEADER = 4;

/** The body of a PACKET message; null without a packet header, for then no verdict can be given either. */
export function decodeQueuedPacket(body: Uint8Array): QueuedPacket | null {
	const attributes = decodeAttributes(body, HEADER);
	const header = attributes.get(ATTRIBUTE.header);
	if (header === undefined || header.length < 7) return null;
	const view = viewOf(header);
	const payload = attributes.get(ATTRIBUTE.payload) ?? NOTHING;
	const info = readUint32(attributes.get(ATTRIBUTE.packetInfo)) ?? 0;
	return {
		id: view.getUint32(0),
		family: ETHERTYPES.get(view.getUint16(4)) ?? null,
		hook: view.getUint8(6),
		inputInterface: readUint32(attributes.get(ATTRIBUTE.inputInterface)),
		mark: readUint32(attributes.get(ATTRIBUTE.mark)) ?? 0,
		payload,
		wholeLength: readUint32(attributes.get(ATTRIBUTE.wholeLength)) ?? payload.length,
		checksumReady: (info & CHECKSUM_NOT_READY) === 0,
		isGso: (info & IS_GSO) !== 0,
	};
}

/**
 * The messages for verdicts in the order of their packets: a row of packets that go on unchanged takes one message, which
 * accepts all up to an id. So every packet that was handed out before the last one must be among them.
 */
export function encodeVerdicts(queue: number, verdicts: readonly QueueVerdict[]): readonly Uint8Array[] {
	const messages: Uint8Array[] = [];
	for (const [index, verdict] of verdicts.entries()) {
		const next = verdicts[index + 1];
		const plain = isPlain(verdict);
		if (plain && next !== undefined && isPlain(next)) continue;
		messages.push(encodeVerdict(queue, verdict, plain ? QUEUE_MESSAGE.verdictBatch : QUEUE_MESSAGE.verdict));
	}
	return messages;
}

function isPlain({ verdict, payload }: QueueVerdict): boolean {
	return verdict === "accept" && payload === undefined;
}

function encodeVerdict(queue: number, { id, verdict, payload }: QueueVerdict, type: number): Uint8Array {
	const header = new Uint8Array(8);
	viewOf(header).setUint32(0, VERDICTS[verdict]);
	viewOf(header).setUint32(4, id);
	const attributes: NetlinkAttribute[] = [{ type: ATTRIBUTE.verdict, value: header }];
	if (payload !== undefined) attributes.push({ type: ATTRIBUTE.payload, value: payload });
	const body = encodeBody(queueHeader(queue), attributes);
	return encodeNetlink({ type, flags: NETLINK.request, sequence: 0, body });
}

function queueHeader(queue: number): Uint8Array {
	return Uint8Array.of(0, 0, queue >> 8, queue & 0xff);
}

function uint32(value: number): Uint8Array {
	const bytes = new Uint8Array(4);
	viewOf(bytes).setUint32(0, value);
	return bytes;
}

function readUint32(bytes: Uint8Array | undefined): number | null {
	return bytes === undefined || bytes.length < 4 ? null : viewOf(bytes).getUint32(0);
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
