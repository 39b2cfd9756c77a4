/** Which packets a raw channel's sockets take: all else stays in the kernel. Pure. */
import type { Family } from "@whither/core";
import { ECHO_TYPES, ICMP_HEADER_LENGTH, IP_PROTOCOL, parseAddress } from "@whither/wire";
import { encodeFilter, type FilterBlock, type FilterTest } from "../native/packet-filter.ts";

/** What the filters of one trace are made from. */
export interface FilterFacts {
	readonly family: Family;
	readonly target: string;
	/** Where our packets can be seen to go: the target, and with a source route its gateways; null: anywhere. */
	readonly destinations: readonly string[] | null;
	/** IP protocol number of the probes. */
	readonly protocol: number;
	/** Our ports; empty for protocols without. */
	readonly sourcePorts: readonly number[];
	/** Id of our echo requests, as soon as it is known. */
	readonly echoId: number | null;
}

/** A raw IPv4 socket sees the IP header first, a raw IPv6 socket what follows the headers. */
const AFTER: Readonly<Record<Family, FilterTest["after"]>> = { 4: "ipv4Header", 6: "start" };
/** Offset of the destination address in the quoted IP header. */
const QUOTED_DESTINATION: Readonly<Record<Family, number>> = { 4: ICMP_HEADER_LENGTH + 16, 6: ICMP_HEADER_LENGTH + 24 };
const QUOTED_PROTOCOL_V4 = ICMP_HEADER_LENGTH + 9;
/** Errors that can tell of a probe (RFC 792; RFC 4443 section 2.1). */
const ICMP_ERROR_TYPES: Readonly<Record<Family, readonly number[]>> = { 4: [3, 11, 12], 6: [1, 2, 3, 4] };

/** Errors that quote a packet to our target, and answers to our echo requests. */
export function icmpFilter(facts: FilterFacts): Uint8Array {
	const { family, destinations, protocol, echoId } = facts;
	const after = AFTER[family];
	const quoted = destinations?.map((address) => addressTests(address, QUOTED_DESTINATION[family], after)) ?? [[]];
	const blocks: FilterBlock[] = quoted.map((tests) => [
		{ offset: 0, after, bytes: 1, values: ICMP_ERROR_TYPES[family] },
		...tests,
		// In IPv6 extension headers may come first: the method looks closer.
		...(family === 4 ? [{ offset: QUOTED_PROTOCOL_V4, after, bytes: 1, values: [protocol] } as const] : []),
	]);
	if (echoId !== null) {
		blocks.push([
			{ offset: 0, after, bytes: 1, values: [ECHO_TYPES[family].reply] },
			{ offset: 4, after, bytes: 2, values: [echoId] },
		]);
	}
	return encodeFilter(blocks);
}

/**
 * Answers of the target itself: to one of our ports; for TCP, where nobody else can answer, and for protocols without
 * ports from its address. A raw IPv6 socket does not see addresses: there the method looks.
 */
export function answerFilter(facts: FilterFacts): Uint8Array {
	const { family, target, protocol, sourcePorts } = facts;
	const tests: FilterTest[] = [];
	if (sourcePorts.length > 0) tests.push({ offset: 2, after: AFTER[family], bytes: 2, values: sourcePorts });
	if (family === 4 && (protocol === IP_PROTOCOL.tcp || sourcePorts.length === 0))
		// Behind the ports: before them its jump would be longer than one may be.
		tests.push(...addressTests(target, 12, "start"));
	return encodeFilter([tests]);
}

/** The program that takes nothing, for sockets that only send or only hold a port. */
export function nothingFilter(): Uint8Array {
	return encodeFilter([]);
}

/** ICMPV6_FILTER (RFC 3542 section 3.2): 256 bits in 32-bit words, set to block; all but what a trace hears of. */
export function icmp6TypeFilter(): Uint8Array {
	const bytes = new Uint8Array(32).fill(0xff);
	const view = new DataView(bytes.buffer);
	for (const type of [...ICMP_ERROR_TYPES[6], ECHO_TYPES[6].reply]) {
		const word = (type >> 5) * 4;
		view.setUint32(word, view.getUint32(word, true) & ~(1 << (type & 31)), true);
	}
	return bytes;
}

function addressTests(address: string, offset: number, after: FilterTest["after"]): readonly FilterTest[] {
	const bytes = parseAddress(address);
	if (!(bytes instanceof Uint8Array)) throw new TypeError(`not an address: ${address}`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const tests: FilterTest[] = [];
	for (let at = 0; at < bytes.length; at += 4) {
		tests.push({ offset: offset + at, after, bytes: 4, values: [view.getUint32(at)] });
	}
	return tests;
}
