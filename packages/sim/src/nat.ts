/**
 * Network address translation (RFC 4787, RFC 5382, RFC 5508) as a hook of a router: sources as packets leave by the link
 * to the outside, destinations and quoted packets as they come in by it.
 */
import type { Family } from "@whither/core";
import { decodeQuoted, ECHO_TYPES, ICMP_HEADER_LENGTH, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import type { HookPlace, NodeHook } from "./node.ts";
import { type IpPacket, icmpProtocol, isIcmpError, readPacket } from "./packet.ts";
import { adjustChecksum, replaceAddress, writeIcmpChecksum } from "./packet-fields.ts";
import type { NatSpec, Scenario } from "./scenario.ts";
import { addressTowards, interfacesOf, nodeAddress, publicAddress } from "./topology.ts";

/** First port that a masqueraded flow gets; Linux's `masquerade random` takes any. */
const FIRST_PORT = 40_000;

/** The address that a NAT's inside is seen by: of its outer link, or for 1:1 one that is on no interface. */
export function natAddress(scenario: Scenario, router: string, nat: NatSpec, family: Family): string {
	if (nat.kind === "masquerade") return addressTowards(scenario, router, nat.outside, family);
	return publicAddress(scenario, router, 0, family);
}

/** One flow as a NAT remembers it: who it is inside, and by which port or id it is known outside. */
interface Mapping {
	readonly address: string;
	readonly protocol: number;
	readonly remote: string;
	/** Null where the protocol has none. */
	readonly insidePort: number | null;
	readonly outsidePort: number | null;
}

/** The hook of one router. */
export function natHook(scenario: Scenario, router: string, nat: NatSpec, family: Family): NodeHook {
	const publicAddress = natAddress(scenario, router, nat, family);
	const outer = interfacesOf(scenario, router).find(({ neighbour }) => neighbour === nat.outside);
	if (outer === undefined) throw new RangeError(`${router} has no link to ${nat.outside}`);
	const table = new NatTable(nat, nat.kind === "oneToOne" ? nodeAddress(scenario, nat.host, family) : null);
	return (bytes: Uint8Array, { point, inLink, outLink }: HookPlace): Uint8Array => {
		const leaves = point === "out" && outLink === outer.link && inLink !== null && inLink !== outer.link;
		const enters = point === "in" && inLink === outer.link;
		const packet = leaves || enters ? readPacket(bytes) : null;
		if (packet === null || packet.fragmentOffset > 0) return bytes;
		if (leaves) return table.outwards(packet, publicAddress);
		return packet.destination === publicAddress ? table.inwards(packet, publicAddress) : bytes;
	};
}

class NatTable {
	readonly #nat: NatSpec;
	/** The one inside of a 1:1 NAT. */
	readonly #only: string | null;
	readonly #mappings: Mapping[] = [];

	constructor(nat: NatSpec, only: string | null) {
		this.#nat = nat;
		this.#only = only;
	}

	outwards(packet: IpPacket, publicAddress: string): Uint8Array {
		if (this.#only !== null && packet.source !== this.#only) return packet.bytes;
		const port = isIcmpError(packet) ? null : portOf(packet.protocol, packet.payload, "source");
		const mapping = this.#only === null && !isIcmpError(packet) ? this.#mappingFor(packet, port) : null;
		return translate(packet, { which: "source", address: publicAddress, port: mapping?.outsidePort ?? null });
	}

	inwards(packet: IpPacket, publicAddress: string): Uint8Array {
		if (isIcmpError(packet)) return this.#errorInwards(packet, publicAddress);
		const { protocol, source: remote, payload } = packet;
		const found = this.#find({ protocol, remote, outsidePort: portOf(protocol, payload, "destination") });
		if (found === null) return packet.bytes;
		return translate(packet, { which: "destination", address: found.address, port: found.insidePort });
	}

	/** An error is for whoever sent what it quotes; it says so itself in an untranslated quote. */
	#errorInwards(packet: IpPacket, publicAddress: string): Uint8Array {
		const { family } = packet;
		const bytes = packet.bytes.slice();
		const message = bytes.subarray(bytes.length - packet.payload.length);
		const original = message.subarray(ICMP_HEADER_LENGTH);
		const quoted = decodeQuoted(family, original);
		if (isDecodeError(quoted) || quoted.source !== publicAddress) return packet.bytes;
		const { protocol, destination: remote, segment } = quoted;
		const found = this.#find({ protocol, remote, outsidePort: portOf(protocol, segment, "source") });
		if (found === null) return packet.bytes;
		const quotes = this.#nat.quotes ?? (this.#nat.kind === "oneToOne" ? "untranslated" : "restored");
		const inside = { which: "source", address: found.address, port: found.insidePort } as const;
		if (quotes !== "untranslated") {
			rewrite({ bytes: original, segment, family, protocol }, { ...inside, fixes: quotes === "restored" });
		}
		replaceAddress(bytes, family, "destination", found.address);
		writeIcmpChecksum(message, { family, source: packet.source, destination: found.address });
		return bytes;
	}

	#find(flow: Pick<Mapping, "protocol" | "remote" | "outsidePort">): Pick<Mapping, "address" | "insidePort"> | null {
		if (this.#only !== null) return { address: this.#only, insidePort: null };
		const { protocol, remote, outsidePort } = flow;
		const fits = (mapping: Mapping) => mapping.remote === remote && mapping.outsidePort === outsidePort;
		return this.#mappings.find((mapping) => mapping.protocol === protocol && fits(mapping)) ?? null;
	}

	#mappingFor(packet: IpPacket, insidePort: number | null): Mapping {
		const { source: address, destination: remote, protocol } = packet;
		const known = this.#mappings.find(
			(mapping) =>
				mapping.address === address &&
				mapping.remote === remote &&
				mapping.protocol === protocol &&
				mapping.insidePort === insidePort,
		);
		if (known !== undefined) return known;
		const outsidePort = insidePort === null ? null : FIRST_PORT + this.#mappings.length;
		const mapping = { address, remote, protocol, insidePort, outsidePort };
		this.#mappings.push(mapping);
		return mapping;
	}
}

/** Protocols whose first four bytes are the two ports, and where their checksum is, which covers addresses. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
	[IP_PROTOCOL.tcp, 16],
	[IP_PROTOCOL.udp, 6],
	[IP_PROTOCOL.udpLite, 6],
	[IP_PROTOCOL.dccp, 6],
]);
const ICMP_CHECKSUM = 2;
const ICMP_ID = 4;

/** Where a segment has the inside's port, or the id of an echo; null: it has none that is translated. */
function portOffset(protocol: number, segment: Uint8Array, which: "source" | "destination"): number | null {
	if (CHECKSUM_AT.has(protocol)) return which === "source" ? 0 : 2;
	const isEcho = ICMP_ECHOES.get(protocol)?.includes(segment[0] ?? 0) ?? false;
	return isEcho ? ICMP_ID : null;
}

const ICMP_ECHOES: ReadonlyMap<number, readonly number[]> = new Map([
	[IP_PROTOCOL.icmp, [ECHO_TYPES[4].request, ECHO_TYPES[4].reply]],
	[IP_PROTOCOL.icmpv6, [ECHO_TYPES[6].request, ECHO_TYPES[6].reply]],
]);

function portOf(protocol: number, segment: Uint8Array, which: "source" | "destination"): number | null {
	const offset = portOffset(protocol, segment, which);
	if (offset === null || offset + 2 > segment.length) return null;
	return ((segment[offset] ?? 0) << 8) | (segment[offset + 1] ?? 0);
}

/** What takes the place of an address and, where it is not null, of a port. */
interface Replacement {
	readonly which: "source" | "destination";
	readonly address: string;
	readonly port: number | null;
	/** Whether the transport checksum follows. */
	readonly fixes: boolean;
}

/** A packet with another source or destination. */
function translate(packet: IpPacket, replacement: Omit<Replacement, "fixes">): Uint8Array {
	const bytes = packet.bytes.slice();
	const segment = bytes.subarray(bytes.length - packet.payload.length);
	rewrite({ bytes, segment, family: packet.family, protocol: packet.protocol }, { ...replacement, fixes: true });
	return bytes;
}

interface RewrittenPacket {
	readonly bytes: Uint8Array;
	/** A part of `bytes`. */
	readonly segment: Uint8Array;
	readonly family: Family;
	readonly protocol: number;
}

/** Writes over a packet in place, whole or quoted. */
function rewrite({ bytes, segment, family, protocol }: RewrittenPacket, { which, address, port, fixes }: Replacement) {
	const isIcmp = protocol === icmpProtocol(family);
	const checksum = isIcmp ? ICMP_CHECKSUM : CHECKSUM_AT.get(protocol);
	const unused = protocol === IP_PROTOCOL.udp && segment[6] === 0 && segment[7] === 0;
	const adjusts = fixes && checksum !== undefined && !unused;
	const changed = replaceAddress(bytes, family, which, address);
	// ICMP for IPv4 alone has no pseudo-header.
	if (adjusts && !(isIcmp && family === 4)) adjustChecksum(segment, checksum, changed.old, changed.value);
	const offset = portOffset(protocol, segment, which);
	if (port === null || offset === null || offset + 2 > segment.length) return;
	const old = segment.slice(offset, offset + 2);
	const value = Uint8Array.of(port >> 8, port & 0xff);
	segment.set(value, offset);
	if (adjusts) adjustChecksum(segment, checksum, old, value);
}
