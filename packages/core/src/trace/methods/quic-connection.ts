/** What a probe's connection is made of: its own IDs and version, or those that the target asked for. */
import { QUIC_V1, QUIC_V2 } from "@whither/wire";
import type { ProbeContext } from "../method.ts";
import { connectionId } from "./quic-ids.ts";

/** A connection as one of its Initials shows it. */
export interface Connection {
	/** Sequence of its first Initial: source connection ID and ClientHello stay those of that one (RFC 9000 section 17.2.5.3). */
	readonly first: number;
	readonly version: number;
	/** A Version Negotiation made us choose the version. */
	readonly negotiated: boolean;
	/** Of a Retry; null before one. `dcid` is the Retry's source connection ID. */
	readonly retry: { readonly token: Uint8Array; readonly dcid: Uint8Array } | null;
}

/** What `again` carries: a Version Negotiation begins a new connection, whose first Initial is the packet to come. */
export type FollowUp = Omit<Connection, "first"> & { readonly first: number | null };

/**
 * The follow-ups sent in a trace: answers to them name their connection, and must be read with its keys. And what was
 * heard of the connections that the target opened.
 */
interface Memory {
	readonly bySequence: Map<number, Connection>;
	/** The last Initial of a connection, by the sequence of its first. */
	readonly latest: Map<number, number>;
	/** The packets heard of a connection, as their tags, by the sequence of its first Initial. */
	readonly heard: Map<number, Set<string>>;
	/** The connections that were taken leave of, by the same. */
	readonly closed: Set<number>;
}

const memories = new WeakMap<ProbeContext, Memory>();

function memoryOf(context: ProbeContext): Memory {
	const known = memories.get(context);
	if (known !== undefined) return known;
	const memory: Memory = { bySequence: new Map(), latest: new Map(), heard: new Map(), closed: new Set() };
	memories.set(context, memory);
	return memory;
}

/** Notes that this packet follows up another, as the target asked for it. */
export function rememberFollowUp(context: ProbeContext, sequence: number, followUp: FollowUp): void {
	const { bySequence, latest } = memoryOf(context);
	const connection = { ...followUp, first: followUp.first ?? sequence };
	bySequence.set(sequence, connection);
	latest.set(connection.first, sequence);
}

/** The connection that the Initial with this sequence belongs to. */
export function connectionOf(context: ProbeContext, sequence: number): Connection {
	const remembered = memoryOf(context).bySequence.get(sequence);
	return remembered ?? { first: sequence, version: requestedVersion(context), negotiated: false, retry: null };
}

/** The last Initial of the connection that began with this one; itself where nothing followed. */
export function latestInitial(context: ProbeContext, first: number): number {
	return memoryOf(context).latest.get(first) ?? first;
}

/** Bytes of a packet that no other shares: the end of its AEAD tag. A server sends nothing twice with the same one. */
const TELLING_LENGTH = 8;
/** A server's flight is a handful of packets: of one that never stops no more are remembered. */
const MOST_HEARD = 64;

/**
 * Notes a packet of the target's on this connection. `further`: another one came before it, of the same flight. `copy`:
 * this very packet did, which the network must have doubled.
 */
export function hear(context: ProbeContext, { first }: Connection, packet: Uint8Array): "first" | "further" | "copy" {
	const { heard } = memoryOf(context);
	const tags = heard.get(first) ?? new Set();
	const tag = packet.subarray(-TELLING_LENGTH).join();
	if (tags.has(tag)) return "copy";
	const answered = tags.size > 0;
	if (tags.size < MOST_HEARD) heard.set(first, tags.add(tag));
	return answered ? "further" : "first";
}

/** True once a connection: whoever asks is to close it. */
export function closeOnce(context: ProbeContext, { first }: Connection): boolean {
	const { closed } = memoryOf(context);
	if (closed.has(first)) return false;
	closed.add(first);
	return true;
}

/** The Destination Connection ID of a connection's Initials, which their keys come from. */
export function destinationId(context: ProbeContext, { first, retry }: Connection): Uint8Array {
	return retry?.dcid ?? connectionId(context, "destination", first);
}

function requestedVersion({ options }: ProbeContext): number {
	if (typeof options.version === "string") return Number.parseInt(options.version, 16);
	return options.v2 === true ? QUIC_V2 : QUIC_V1;
}
