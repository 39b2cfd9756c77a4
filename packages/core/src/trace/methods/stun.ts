/**
 * Method `stun`: Binding requests of one 5-tuple (RFC 8489), as ICE sends them on the way that media takes; STUN
 * traceroute (draft-martinsen-tram-stuntrace). Any answer of the target ends the path, and tells our address as it sees it.
 */
import {
	attributeOf,
	decodeStun,
	IP_PROTOCOL,
	isDecodeError,
	type StunMessage,
	verifyFingerprint,
} from "@whither/wire";
import type { IcmpErrorReply, PacketReply, QuotedProbe, Reply } from "../channel.ts";
import type { Match, MethodOption, ProbeContext, TraceMethod } from "../method.ts";
import { arePortsOurs } from "./probe-ports.ts";
import { quotedMatch } from "./quoted-frame.ts";
import { responseMeaning } from "./stun-answer.ts";
import { namedSequence, quotedName } from "./stun-ids.ts";
import { leastRequestLength, requestPacket } from "./stun-request.ts";
import { sentInTransaction, sentLike } from "./stun-sent.ts";

const UDP = IP_PROTOCOL.udp;
/** RFC 8489 section 18.6. */
const STUN_PORT = 3478;
/** IP header, UDP header, STUN header, one attribute of 8 bytes and padding of 4: after IP 8 + 20 + 8 + 8 bytes. */
const LENGTH = { 4: 64, 6: 84 } as const;
/** Bytes of a USERNAME (RFC 8489 section 14.3) and characters of a SOFTWARE (section 14.14). */
const LONGEST_USERNAME = 508;
const LONGEST_SOFTWARE = 127;
const MOST_RETRANSMISSIONS = 7;
const USUAL_RETRANSMISSIONS = 1;
/** Where the counter of a request stands behind the header: its type, then in its value the third byte. */
const COUNTER_AT = 20;
const COUNT_AT = 26;
const COUNTER_TYPE = 0x8025;

const OPTIONS: readonly MethodOption[] = [
	{
		name: "username",
		value: "NAME",
		summary: "USERNAME, as an ICE check has it",
		check: (value) => (value !== "" && utf8Length(value) <= LONGEST_USERNAME ? null : `1 to ${LONGEST_USERNAME} bytes`),
	},
	{
		name: "password",
		value: "TEXT",
		summary: "Short-term password: the request gets MESSAGE-INTEGRITY, the answer's is checked",
		check: (value) => (value === "" ? "a text, not an empty one" : null),
	},
	{ name: "fingerprint", value: null, summary: "FINGERPRINT as the last attribute" },
	{
		name: "software",
		value: "TEXT",
		summary: "SOFTWARE, as what we introduce ourselves",
		check: (value) =>
			value !== "" && [...value].length <= LONGEST_SOFTWARE ? null : `1 to ${LONGEST_SOFTWARE} characters`,
	},
	{ name: "network-status", value: null, summary: "An empty NETWORK-STATUS for routers on the way to fill in" },
	{ name: "draft", value: null, summary: "As draft-martinsen-tram-stuntrace says: PATH-NODE-PROBE and PADDING" },
	{
		name: "retransmit",
		value: "N",
		summary: `How often an unanswered request is sent again, 0 to ${MOST_RETRANSMISSIONS} (${USUAL_RETRANSMISSIONS})`,
		check: (value) => (/^[0-7]$/.test(value) ? null : `a whole number from 0 to ${MOST_RETRANSMISSIONS}`),
	},
];

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
	let length = 0;
	for (const character of text) {
		const point = character.codePointAt(0) ?? 0;
		length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	}
	return length;
}

/**
 * Deviation: RFC 8489 section 6.2.1 sends a request seven times, after 500 ms and then twice as long each time; here it is
 * once more (unless `-O retransmit` says otherwise), within the wait that the path suggests: a trace is over before that.
 */
function retransmissions({ retransmit }: ProbeContext["options"]): number {
	return typeof retransmit === "string" ? Number(retransmit) : USUAL_RETRANSMISSIONS;
}

function match(context: ProbeContext, reply: Reply): Match {
	if (reply.type === "icmpError") return matchError(context, reply);
	if (reply.type !== "packet" || reply.protocol !== UDP) return { type: "foreign", reason: "otherProtocol" };
	if (!arePortsOurs(context, reply.destinationPort, reply.sourcePort)) return { type: "foreign", reason: "otherPort" };
	return matchResponse(context, reply);
}

/** An answer from another address than the target's counts as well: nobody else knows the transaction. */
function matchResponse(context: ProbeContext, { payload }: PacketReply): Match {
	const message = decodeStun(payload);
	if (isDecodeError(message) || hasWrongFingerprint(message)) return { type: "foreign", reason: "malformed" };
	const isResponse = message.class === "success" || message.class === "error";
	const first = isResponse && message.method === "binding" ? namedSequence(context, message.transactionId) : null;
	if (first === null) return { type: "foreign", reason: "otherKey" };
	const count = attributeOf(message, "transactionTransmitCounter")?.request;
	const sequence = sentInTransaction(context, first, { count });
	return { type: "probe", sequence, meaning: responseMeaning(context, message, first) };
}

function hasWrongFingerprint(message: StunMessage): boolean {
	return attributeOf(message, "fingerprint") !== undefined && !verifyFingerprint(message);
}

/** Where a quote tells no name but a length, that is of one probe or of all that had one TTL. */
function matchError(context: ProbeContext, reply: IcmpErrorReply): Match {
	const { quoted } = reply;
	const match = quotedMatch(context, reply, { protocol: UDP, sequenceOf: (quote) => quotedSequence(context, quote) });
	if (match.type !== "flow") return match;
	const ttls = new Set(sentLike(context, quoted)?.map(({ ttl }) => ttl));
	const [ttl] = ttls;
	return ttl === undefined || ttls.size > 1 ? match : { ...match, ttl };
}

function quotedSequence(context: ProbeContext, quoted: QuotedProbe): number | null | undefined {
	const first = quotedName(context, quoted.payload);
	if (first === null) return null;
	if (first !== undefined) return sentInTransaction(context, first, { count: quotedCount(quoted.payload), quoted });
	const alike = sentLike(context, quoted);
	const [one, another] = alike ?? [];
	if (alike !== undefined && one === undefined) return null;
	return another === undefined ? one?.sequence : undefined;
}

/** For which time the quoted request left; undefined: so much is not quoted. */
function quotedCount(payload: Uint8Array): number | undefined {
	if (payload.length <= COUNT_AT) return undefined;
	const isCounter = new DataView(payload.buffer, payload.byteOffset).getUint16(COUNTER_AT) === COUNTER_TYPE;
	return isCounter ? payload[COUNT_AT] : undefined;
}

/** STUN Binding requests (RFC 8489 section 3) of one 5-tuple, each four bytes longer a hop. */
export const stun: TraceMethod = {
	name: "stun",
	summary: "STUN Binding requests (port 3478 unless -p), as ICE sends them on the way that media takes",
	channels: [
		{ kind: "raw", transport: "ip", protocol: UDP, ports: "one" },
		{ kind: "errorQueue", transport: "udp", protocol: UDP, ports: "one" },
		{ kind: "borrowed", transport: "udp", protocol: UDP, ports: "one" },
	],
	defaultPort: STUN_PORT,
	defaultLength: LENGTH,
	minimumLength: LENGTH,
	leastLength: leastRequestLength,
	targetMayRefuseLength: true,
	options: OPTIONS,
	retransmissions,
	probe: requestPacket,
	match,
};
