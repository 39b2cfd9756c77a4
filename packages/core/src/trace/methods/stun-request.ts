/**
 * The Binding requests of a trace. Each is four bytes longer a hop, so that its length tells its TTL wherever a router
 * quotes no more than a UDP header, or a socket is shown no more than the first words of the message.
 */
import {
	encodeStun,
	encodeUdp,
	type HmacKey,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	NO_NETWORK_STATUS,
	type StunItem,
	shortTermKey,
	UDP_HEADER_LENGTH,
} from "@whither/wire";
import type { ProbePacket } from "../channel.ts";
import type { ProbeContext, ProbeRequest } from "../method.ts";
import { transactionId } from "./stun-ids.ts";
import { rememberSent } from "./stun-sent.ts";

/** Bytes of padding a hop; messages come in as many (RFC 8489 section 5). */
const STEP = 4;

/** The packet of one probe, which is remembered for the quotes that are too short for its name. */
export function requestPacket(context: ProbeContext, request: ProbeRequest): ProbePacket {
	const { family, source, target: destination, transport, port: destinationPort } = context;
	const { sequence, ttl, retransmission } = request;
	const message = requestMessage(context, request);
	const sourcePort = context.sourcePorts[0] ?? 0;
	const isWhole = transport === "ip";
	const ends = { family, source, destination, sourcePort, destinationPort };
	const bytes = isWhole ? encodeUdp(ends, message) : message;
	const checksum = isWhole ? new DataView(bytes.buffer, bytes.byteOffset).getUint16(6) : null;
	const length = UDP_HEADER_LENGTH + message.length;
	rememberSent(context, retransmission?.first ?? sequence, { sequence, ttl, length, checksum });
	return { transport, protocol: IP_PROTOCOL.udp, sourcePort, destinationPort, bytes };
}

/** Bytes of the shortest packet with these options: that of TTL 1. */
export function leastRequestLength(context: ProbeContext): number {
	return unpaddedLength(context) + STEP;
}

/** The key of `-O password`; undefined: none was given. */
export function passwordKey(context: ProbeContext): HmacKey | undefined {
	const { password } = context.options;
	if (typeof password !== "string") return undefined;
	const key = keys.get(context) ?? shortTermKey(password);
	keys.set(context, key);
	return key;
}

const keys = new WeakMap<ProbeContext, HmacKey>();

/** A length that is asked for is met as nearly as steps of four come without going beyond. */
function requestMessage(context: ProbeContext, request: ProbeRequest): Uint8Array {
	const { ttl, length = context.length + STEP * (ttl - 1) } = request;
	const padding = Math.max(0, length - unpaddedLength(context));
	return encodeRequest(context, request, padding - (padding % STEP));
}

const unpaddedLengths = new WeakMap<ProbeContext, number>();

function unpaddedLength(context: ProbeContext): number {
	const known = unpaddedLengths.get(context);
	if (known !== undefined) return known;
	const message = encodeRequest(context, { ttl: 1, sequence: 0, flow: 0 }, 0);
	const length = IP_HEADER_LENGTH[context.family] + UDP_HEADER_LENGTH + message.length;
	unpaddedLengths.set(context, length);
	return length;
}

/**
 * What stands first is quoted most often: the counter that tells retransmissions apart. Deviation: where
 * draft-martinsen-tram-stuntrace-01 section 3 has the hop in its place, and pads with an attribute that servers must know or
 * refuse, we do so for `-O draft` alone.
 */
function encodeRequest(context: ProbeContext, request: ProbeRequest, paddingLength: number): Uint8Array {
	const { ttl, sequence, retransmission } = request;
	const { draft } = context.options;
	const padding = { name: draft ? "padding" : "probePadding", value: new Uint8Array(paddingLength) } as const;
	const counter = { request: Math.min(retransmission?.count ?? 1, 0xff), response: 0 };
	const first: StunItem = draft
		? { name: "pathNodeProbe", value: { hop: ttl } }
		: { name: "transactionTransmitCounter", value: counter };
	return encodeStun({
		class: "request",
		method: "binding",
		transactionId: transactionId(context, retransmission?.first ?? sequence),
		attributes: [first, ...identity(context), padding, ...protection(context)],
	});
}

function identity({ options }: ProbeContext): readonly StunItem[] {
	const { software, username } = options;
	const items: StunItem[] = [];
	if (typeof software === "string") items.push({ name: "software", value: software });
	if (typeof username === "string") items.push({ name: "username", value: username });
	return items;
}

/** NETWORK-STATUS behind the digest, which routers could not renew; the fingerprint last, which they can. */
function protection(context: ProbeContext): readonly StunItem[] {
	const { options } = context;
	const key = passwordKey(context);
	const items: StunItem[] = [];
	if (key !== undefined) items.push({ name: "messageIntegrity", key });
	if (options["network-status"]) items.push({ name: "networkStatus", value: NO_NETWORK_STATUS });
	if (options.fingerprint) items.push({ name: "fingerprint" });
	return items;
}
