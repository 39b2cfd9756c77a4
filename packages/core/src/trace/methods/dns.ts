/**
 * Method `dns`: a real query, whose id names the probe. The 5-tuple is constant, and so is the query but for its id;
 * a quote of the first two bytes of the query names the probe, and so does the UDP checksum of a bare 8-byte quote.
 */
import {
	addressFamily,
	type DnsEdns,
	type DnsMessage,
	type DnsRecord,
	decodeDns,
	dnsRcodeName,
	dnsTypeName,
	encodeDnsQuery,
	encodeUdp,
	formatDnsData,
	IP_HEADER_LENGTH,
	IP_PROTOCOL,
	isDecodeError,
	parseDnsName,
	parseDnsType,
	UDP_HEADER_LENGTH,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, ProbePacket, QuotedProbe, Reply } from "../channel.ts";
import type { Match, ProbeContext, ProbeRequest, ReplyMeaning, TraceMethod } from "../method.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { sentChecksum } from "./udp-payload.ts";

const UDP = IP_PROTOCOL.udp;
const DNS_PORT = 53;
/** IP header, UDP header, DNS header, a question about the root and an OPT record: 8 + 12 + 5 + 11 bytes after IP. */
const ROOT_QUERY = { 4: 56, 6: 76 } as const;
/** What `encodeDnsQuery` sends unless told: answers of so many bytes fit the smallest MTU of IPv6 (RFC 8200 section 5). */
const PLAIN_EDNS: DnsEdns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
/** Code of the padding option, and the bytes its code and length take (RFC 7830 section 3, RFC 6891 section 6.1.2). */
const PADDING = 12;
const OPTION_HEADER_LENGTH = 4;
const ID_LENGTH = 2;
const CLASS_IN = 1;
const ANSWERS_SHOWN = 16;

interface Question {
	readonly name: string;
	readonly type: number;
}

/** `-O domain` and `-O type`, else the target's own name and the address record of its family. */
function questionOf({ family, options, targetName }: ProbeContext): Question {
	const { domain, type } = options;
	const asked = typeof type === "string" ? parseType(type) : null;
	return {
		name: typeof domain === "string" ? domain : nameOf(targetName),
		type: asked ?? parseDnsType(family === 4 ? "A" : "AAAA") ?? 0,
	};
}

/** The target's name as a question; the root for an address, or for a name that DNS cannot carry. */
function nameOf(targetName: string): string {
	const isAddress = addressFamily(targetName) !== null || targetName.includes(":");
	return isAddress || isDecodeError(parseDnsName(targetName)) ? "." : targetName;
}

function parseType(text: string): number | null {
	return parseDnsType(/^[0-9]+$/.test(text) ? `TYPE${text}` : text);
}

function idOf(context: ProbeContext, sequence: number): number {
	return (sequence + context.key) & 0xffff;
}

function sequenceOf(context: ProbeContext, id: number): number {
	return (id - context.key) & 0xffff;
}

const plainQueries = new WeakMap<ProbeContext, Uint8Array>();

/** The shortest query about the trace's question, with the id 0; every probe and quote is made of it or compared with it. */
function plainQuery(context: ProbeContext): Uint8Array {
	const known = plainQueries.get(context);
	if (known !== undefined) return known;
	const query = encodeDnsQuery({ ...queryFields(context), edns: PLAIN_EDNS });
	plainQueries.set(context, query);
	return query;
}

/**
 * The query with the id 0, padded only where a longer packet is wanted; a padding option takes at least four bytes, so
 * that one to three missing bytes become four.
 * Deviation: RFC 7830 section 6 keeps padding to encrypted transports; here the length is the purpose, and asked for.
 */
function queryOfLength(context: ProbeContext, length: number): Uint8Array {
	const plain = plainQuery(context);
	const missing = length - packetLength(context, plain);
	if (missing <= 0) return plain;
	const value = new Uint8Array(Math.max(0, missing - OPTION_HEADER_LENGTH));
	const options = [{ name: "padding", type: PADDING, value }] as const;
	return encodeDnsQuery({ ...queryFields(context), edns: { ...PLAIN_EDNS, options } });
}

function queryFields(context: ProbeContext) {
	return { id: 0, ...questionOf(context), recursionDesired: context.options.norecurse === undefined };
}

function packetLength({ family }: ProbeContext, query: Uint8Array): number {
	return IP_HEADER_LENGTH[family] + UDP_HEADER_LENGTH + query.length;
}

function leastLength(context: ProbeContext): number {
	return packetLength(context, plainQuery(context));
}

function probe(context: ProbeContext, { sequence, length = context.length }: ProbeRequest): ProbePacket {
	const { transport, port: destinationPort } = context;
	const query = queryOfLength(context, length).slice();
	new DataView(query.buffer).setUint16(0, idOf(context, sequence));
	const bytes = transport === "ip" ? datagramOf(context, query) : query;
	return { transport, protocol: UDP, sourcePort: sourcePortOf(context), destinationPort, bytes };
}

function datagramOf(context: ProbeContext, query: Uint8Array): Uint8Array {
	const { family, source, target: destination, port: destinationPort } = context;
	return encodeUdp({ family, source, destination, sourcePort: sourcePortOf(context), destinationPort }, query);
}

function sourcePortOf({ sourcePorts }: ProbeContext): number {
	return sourcePorts[0] ?? 0;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== UDP) return { type: "foreign", reason: "otherProtocol" };
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchResponse(context, reply);
}

/** An answer from another address than the target's counts as well, as long as it is to our question. */
function matchResponse(context: ProbeContext, reply: PacketReply): Match {
	const message = decodeDns(reply.payload);
	if (isDecodeError(message) || !message.response) return { type: "foreign", reason: "malformed" };
	const isOurs = answersQuestion(questionOf(context), message) || isBareError(context, reply, message);
	if (!isOurs) return { type: "foreign", reason: "otherKey" };
	return { type: "probe", sequence: sequenceOf(context, message.id), meaning: answered(message) };
}

function answersQuestion({ name, type }: Question, { questions }: DnsMessage): boolean {
	const [first] = questions;
	if (first === undefined || questions.length > 1) return false;
	return first.type === type && first.class === CLASS_IN && isSameName(first.name, name);
}

/** Servers that cannot read or will not take a question may leave it out of their error, as in answers to EDNS. */
function isBareError(context: ProbeContext, reply: PacketReply, { questions, rcode, cut }: DnsMessage): boolean {
	return reply.from === context.target && questions.length === 0 && rcode !== 0 && cut === null;
}

function isSameName(one: string, other: string): boolean {
	const [a, b] = [parseDnsName(one), parseDnsName(other)];
	if (isDecodeError(a) || isDecodeError(b)) return false;
	return a.length === b.length && isStart(a.map(lowerCase), b.map(lowerCase));
}

/** ASCII letters are the same in either case (RFC 4343 section 3); the lengths of labels are below them. */
function lowerCase(byte: number): number {
	return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function answered({ rcode, truncated, answers }: DnsMessage): ReplyMeaning {
	const shown = answers.slice(0, ANSWERS_SHOWN).map(formatAnswer);
	return { kind: "dns", place: "target", detail: { rcode: dnsRcodeName(rcode), truncated, answers: shown } };
}

function formatAnswer({ name, ttl, data }: DnsRecord): string {
	return `${name} ${dnsTypeName(data.type)} ${ttl} ${formatDnsData(data)}`.trimEnd();
}

function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	return quotedMatch(context, reply, {
		protocol: UDP,
		sequenceOf: (quoted) => {
			const id = quotedId(context, quoted);
			return typeof id === "number" ? sequenceOf(context, id) : id;
		},
	});
}

/** The id of the query quoted, from its own bytes, else from the UDP checksum; null: not ours, undefined: can't be told. */
function quotedId(context: ProbeContext, quoted: QuotedProbe): number | null | undefined {
	const { payload, segment } = quoted;
	const [high, low] = payload;
	if (high !== undefined && low !== undefined) {
		const id = (high << 8) | low;
		const query = queryOfLength(context, quotedLength(context, payload));
		return isStart(payload.subarray(ID_LENGTH), query.subarray(ID_LENGTH)) ? id : null;
	}
	if (segment === null || segment.length < UDP_HEADER_LENGTH) return undefined;
	return checksumId(context, quoted, segment);
}

/** The packet length that the quoted query has by its own account: padding differs from probe to probe. */
function quotedLength(context: ProbeContext, payload: Uint8Array): number {
	const { length: end } = plainQuery(context);
	if (payload.length < end) return context.length;
	const optionsLength = new DataView(payload.buffer, payload.byteOffset).getUint16(end - 2);
	return leastLength(context) + optionsLength;
}

/** Whether the first bytes begin the second, as far as both go: a router may quote padding behind the packet. */
function isStart(start: Uint8Array, whole: Uint8Array): boolean {
	return whole.every((byte, index) => index >= start.length || start[index] === byte);
}

/**
 * A checksum is the complement of a sum that the id is part of. Ids 0 and 0xffff make the same one, as zero has two
 * forms in that arithmetic: then it names neither. A checksum of zero stands for none (RFC 768).
 */
function checksumId(context: ProbeContext, quoted: QuotedProbe, segment: Uint8Array): number | undefined {
	const view = new DataView(segment.buffer, segment.byteOffset);
	const length = IP_HEADER_LENGTH[context.family] + view.getUint16(4);
	const checksum = view.getUint16(6);
	const unnamed = datagramOf(context, queryOfLength(context, length));
	const withoutId = new DataView(unnamed.buffer, unnamed.byteOffset).getUint16(6);
	const id = (withoutId - sentChecksum(context, quoted, checksum) + 0xffff) % 0xffff;
	return checksum === 0 || id === 0 ? undefined : id;
}

/** DNS queries (RFC 1035 section 4.1) over UDP, whose answers are read. */
export const dns: TraceMethod = {
	name: "dns",
	summary: "A DNS query (port 53 unless -p), whose answer is shown",
	channels: [
		{ kind: "raw", transport: "ip", protocol: UDP, ports: "one" },
		{ kind: "errorQueue", transport: "udp", protocol: UDP, ports: "one" },
	],
	defaultPort: DNS_PORT,
	// A query about a longer name than the root's is longer by that name.
	defaultLength: ROOT_QUERY,
	minimumLength: ROOT_QUERY,
	targetMayRefuseLength: true,
	leastLength,
	options: [
		{
			name: "domain",
			value: "NAME",
			summary: "Name to ask for (default: the target's, or the root for an address)",
			isDomainName: true,
			check: (value) => (isDecodeError(parseDnsName(value)) ? "not a domain name" : null),
		},
		{
			name: "type",
			value: "TYPE",
			summary: "Type of record to ask for, by name or number (default: A, or AAAA over IPv6)",
			check: (value) => (parseType(value) === null ? "not a record type" : null),
		},
		{ name: "norecurse", value: null, summary: "Ask for what the server knows itself" },
	],
	probe,
	match,
};
