/**
 * The answer to a probe whose TTL ends at a path node: Time Exceeded that quotes it and carries, as RFC 4884 objects, a
 * STUN response about the node (draft-martinsen-tram-stuntrace-00 section 6) and its interfaces (RFC 5837).
 */
import {
	attributeOf,
	decodeStun,
	encodeExtensions,
	encodeIcmpError,
	encodeIpv4,
	encodeIpv6,
	encodeStun,
	ICMP_HEADER_LENGTH,
	type IcmpExtensionFields,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	NO_NETWORK_STATUS,
	type RouterStatus,
	type StunItem,
	trailingAttributeOf,
} from "@whither/wire";
import type { Passage } from "./passage.ts";
import { withNode } from "./status.ts";

/** An interface as RFC 5837 tells it. */
export interface NodeInterface {
	readonly index: number;
	readonly name: string;
	/** The address that the node answers from; null: none of the family. */
	readonly address: string | null;
	readonly mtu: number;
}

/** What the node knows of itself on the way of one packet. */
export interface NodeFacts {
	readonly input: NodeInterface;
	/** Null: not known where the packet would have left. */
	readonly output: NodeInterface | null;
	readonly status: RouterStatus;
}

/** Type, code and bytes that an answer may have in all (RFC 792, RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). */
const TIME_EXCEEDED = { 4: { type: 11, code: 0, most: 576 }, 6: { type: 3, code: 0, most: 1280 } } as const;
/** Original datagrams are counted in units of so many bytes (RFC 4884 section 4). */
const QUOTE_UNIT = { 4: 4, 6: 8 } as const;
const TTL = 64;
/** Internetwork control (RFC 1812 section 4.3.2.5, RFC 4594 section 3.2): CS6. */
const ICMP_TOS = 0xc0;

/** The whole IP packet, from the incoming interface's address to the probe's sender. */
export function encodeAnswer(passage: Passage, facts: NodeFacts & { readonly from: string }): Uint8Array {
	const { family, source: destination } = passage;
	const { from: source } = facts;
	const extensions = objectsOf(passage, facts);
	const { type, code, most } = TIME_EXCEEDED[family];
	const room = most - IP_HEADER_LENGTH[family] - ICMP_HEADER_LENGTH - encodeExtensions(extensions).length;
	const quoted = passage.bytes.subarray(0, room - (room % QUOTE_UNIT[family]));
	const message = encodeIcmpError(family, { source, destination, type, code, quoted, extensions });
	if (family === 4) {
		const header = { source, destination, tos: ICMP_TOS, ttl: TTL, protocol: IP_PROTOCOL.icmp };
		return encodeIpv4(header, message);
	}
	const header = { source, destination, trafficClass: ICMP_TOS, hopLimit: TTL, protocol: IP_PROTOCOL.icmpv6 };
	return encodeIpv6(header, message);
}

function objectsOf(passage: Passage, { input, output, status }: NodeFacts): readonly IcmpExtensionFields[] {
	const message = decodeStun(encodeStunAnswer(passage, status));
	if (isDecodeError(message)) throw new Error(`our own STUN response: ${message.error}`);
	const incoming = { kind: "interface", role: "incoming", ...input } as const;
	const outgoing = output === null ? [] : [{ kind: "interface", role: "outgoing", ...output } as const];
	return [{ kind: "stun", message }, incoming, ...outgoing];
}

/**
 * A Binding response as a server at this node would give it: who the probe came from here, which tells of NATs before it,
 * and the state of the path so far. Nobody can prove its origin: the node has no password.
 */
function encodeStunAnswer({ message, source, sourcePort }: Passage, status: RouterStatus): Uint8Array {
	const probe = attributeOf(message, "pathNodeProbe");
	const offered = trailingAttributeOf(message, "networkStatus") ?? NO_NETWORK_STATUS;
	const attributes: StunItem[] = [
		{ name: "xorMappedAddress", value: { address: source, port: sourcePort } },
		...(probe === undefined ? [] : [{ name: "pathNodeProbe", value: probe } as const]),
		{ name: "networkStatus", value: withNode(offered, status) },
		{ name: "fingerprint" },
	];
	return encodeStun({ class: "success", method: "binding", transactionId: message.transactionId, attributes });
}
