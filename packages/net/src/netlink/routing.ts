/**
 * What the kernel's routing netlink says of links, their queues and routes (rtnetlink(7); include/uapi/linux/rtnetlink.h,
 * if_link.h, gen_stats.h). All numbers are in host order but addresses. Pure.
 */
import type { Family } from "@whither/core";
import { parseAddress } from "@whither/wire";
import { AF_INET, AF_INET6 } from "../native/constants.ts";
import { decodeAttributes, encodeBody, encodeNetlink, NETLINK, type NetlinkMessage } from "./messages.ts";

/** RTM_NEW... answers to RTM_GET... questions. */
const MESSAGE = { newLink: 16, getLink: 18, newRoute: 24, getRoute: 26, newQdisc: 36, getQdisc: 38 } as const;
/** Lengths of struct ifinfomsg, rtmsg and tcmsg. */
const HEADER = { link: 16, route: 12, qdisc: 20 } as const;
const LINK = { name: 3, mtu: 4, stats64: 23 } as const;
const ROUTE = { destination: 1, source: 2, inputInterface: 3, outputInterface: 4, mark: 16 } as const;
/** TCA_STATS2 holds TCA_STATS_QUEUE: qlen, backlog, drops. */
const QDISC = { stats: 7, queue: 3 } as const;
/** TC_H_ROOT: the qdisc that a device's packets all go through. */
const ROOT = 0xffffffff;
/** struct rtnl_link_stats64: places of the 64-bit counters that we read. */
const STATS = {
	receivedPackets: 0,
	sentPackets: 1,
	receivedBytes: 2,
	sentBytes: 3,
	receivedDropped: 6,
	sentDropped: 7,
	receivedMissed: 15,
} as const;

/** A link's own counters since it was made. */
export interface LinkCounters {
	readonly receivedPackets: number;
	readonly sentPackets: number;
	readonly receivedBytes: number;
	readonly sentBytes: number;
	/** Dropped on the way in, by the stack or by the device. */
	readonly receivedDropped: number;
	readonly sentDropped: number;
}

/** One network interface. */
export interface Link {
	readonly index: number;
	readonly name: string;
	readonly mtu: number;
	readonly counters: LinkCounters;
}

/** The queue in front of a link: what waits there now, and what it has dropped since it was made. */
export interface LinkQueue {
	readonly index: number;
	readonly backlogBytes: number;
	readonly dropped: number;
}

/** Where packets like the one asked about go. `forward`: to another machine, by the interface `output`. */
export interface RouteDecision {
	readonly kind: "forward" | "local" | "refused";
	readonly output: number | null;
}

/** Which packet a route is asked for: one that came in by the interface `input`. */
export interface RouteQuestion {
	readonly family: Family;
	readonly source: string;
	readonly destination: string;
	readonly input: number;
	/** TOS byte or traffic class: policy routing may heed it. */
	readonly tos: number;
	/** Firewall mark, which it may heed too; 0: none. */
	readonly mark: number;
}

/** RTM_GETLINK for all links. */
export function encodeLinkQuestion(sequence: number): Uint8Array {
	return question(MESSAGE.getLink, sequence, encodeBody(new Uint8Array(HEADER.link), []), NETLINK.dump);
}

/** RTM_GETQDISC for all links. */
export function encodeQueueQuestion(sequence: number): Uint8Array {
	return question(MESSAGE.getQdisc, sequence, encodeBody(new Uint8Array(HEADER.qdisc), []), NETLINK.dump);
}

/** RTM_GETROUTE as for a packet that comes in: the kernel judges its source too. Throws RangeError for no address. */
export function encodeRouteQuestion(sequence: number, asked: RouteQuestion): Uint8Array {
	const [destination, source] = [addressBytes(asked.destination), addressBytes(asked.source)];
	const header = new Uint8Array(HEADER.route);
	const bits = asked.family === 4 ? 32 : 128;
	header.set([asked.family === 4 ? AF_INET : AF_INET6, bits, bits, asked.family === 4 ? asked.tos & 0x1c : 0]);
	const attributes = [
		{ type: ROUTE.destination, value: destination },
		{ type: ROUTE.source, value: source },
		{ type: ROUTE.inputInterface, value: uint32(asked.input) },
		...(asked.mark === 0 ? [] : [{ type: ROUTE.mark, value: uint32(asked.mark) }]),
	];
	return question(MESSAGE.getRoute, sequence, encodeBody(header, attributes), 0);
}

/** A link; null for another message, or one that lacks what we need. */
export function decodeLink({ type, body }: NetlinkMessage): Link | null {
	if (type !== MESSAGE.newLink || body.length < HEADER.link) return null;
	const attributes = decodeAttributes(body, HEADER.link);
	const [name, mtu] = [attributes.get(LINK.name), attributes.get(LINK.mtu)];
	const stats = attributes.get(LINK.stats64);
	if (name === undefined || mtu === undefined || mtu.length < 4 || stats === undefined) return null;
	if (stats.length < (STATS.receivedMissed + 1) * 8) return null;
	const view = viewOf(stats);
	const counter = (place: number): number => Number(view.getBigUint64(place * 8, true));
	return {
		index: viewOf(body).getUint32(4, true),
		name: textOf(name),
		mtu: viewOf(mtu).getUint32(0, true),
		counters: {
			receivedPackets: counter(STATS.receivedPackets),
			sentPackets: counter(STATS.sentPackets),
			receivedBytes: counter(STATS.receivedBytes),
			sentBytes: counter(STATS.sentBytes),
			receivedDropped: counter(STATS.receivedDropped) + counter(STATS.receivedMissed),
			sentDropped: counter(STATS.sentDropped),
		},
	};
}

/** The queue of a link as a whole; null for another message, and for a class below it. */
export function decodeLinkQueue({ type, body }: NetlinkMessage): LinkQueue | null {
	if (type !== MESSAGE.newQdisc || body.length < HEADER.qdisc) return null;
	const view = viewOf(body);
	const stats = decodeAttributes(body, HEADER.qdisc).get(QDISC.stats);
	if (view.getUint32(12, true) !== ROOT || stats === undefined) return null;
	const queue = decodeAttributes(stats, 0).get(QDISC.queue);
	if (queue === undefined || queue.length < 12) return null;
	const counts = viewOf(queue);
	return {
		index: view.getUint32(4, true),
		backlogBytes: counts.getUint32(4, true),
		dropped: counts.getUint32(8, true),
	};
}

/** RTN_UNICAST and RTN_LOCAL; all other kinds of route mean that the packet is not passed on. */
const FORWARD = 1;
const LOCAL = 2;

/** A route; null for another message. */
export function decodeRoute({ type, body }: NetlinkMessage): RouteDecision | null {
	if (type !== MESSAGE.newRoute || body.length < HEADER.route) return null;
	const output = decodeAttributes(body, HEADER.route).get(ROUTE.outputInterface);
	const kind = body[7] === FORWARD ? "forward" : body[7] === LOCAL ? "local" : "refused";
	return { kind, output: output === undefined || output.length < 4 ? null : viewOf(output).getUint32(0, true) };
}

function question(type: number, sequence: number, body: Uint8Array, flags: number): Uint8Array {
	return encodeNetlink({ type, flags: NETLINK.request | flags, sequence, body });
}

function uint32(value: number): Uint8Array {
	const bytes = new Uint8Array(4);
	viewOf(bytes).setUint32(0, value, true);
	return bytes;
}

function addressBytes(address: string): Uint8Array {
	const bytes = parseAddress(address);
	if (bytes instanceof Uint8Array) return bytes;
	throw new RangeError(`not an address: ${address}`);
}

/** Up to the NUL that ends it. */
function textOf(bytes: Uint8Array): string {
	const end = bytes.indexOf(0);
	return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
