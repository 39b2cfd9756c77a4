/** Reads the other end's trace with suspicion: the keys of `whither.trace/1` and nothing else, or null. */
import { TRACE_SCHEMA, type TraceResult } from "@whither/core";
import {
	byte,
	count,
	fields,
	flag,
	is,
	list,
	Misfit,
	open,
	orNull,
	type Shape,
	text,
	whole,
	word,
} from "../../json-shape.ts";

const MOST_HOPS = 255;
const MOST_PROBES = 400;

const ttl = whole(1, 255);

const SYSTEM_ERROR = fields(
	{ code: text, call: text, address: orNull(text), errno: whole(-4096), errnoName: text },
	{ mtu: count },
);

const KINDS =
	"timeExceeded unreachable portUnreachable packetTooBig parameterProblem echoReply udp synAck rst ack quic stun dns udpLite dccp sctp protocol";

const REPLY = fields({
	kind: word(...KINDS.split(" ")),
	icmp: orNull(fields({ type: byte, code: byte })),
	...{ ttl: orNull(byte), tos: orNull(byte), mtu: orNull(count) },
	detail: open({}),
});

const QUOTED = fields({
	...{ tos: orNull(byte), ttl: orNull(byte), source: orNull(text), length: orNull(count) },
	changes: list(64, text),
});

const degrees = (most: number) => is((value) => typeof value === "number" && Math.abs(value) <= most);

const PLACE = fields({
	...{ country: orNull(text), city: orNull(text), source: text },
	...{ latitude: orNull(degrees(90)), longitude: orNull(degrees(180)) },
});

const PROBE_FIELDS = fields(
	{
		...{ seq: count, flow: count, sentAtNs: count, status: word("reply", "timeout", "sendError") },
		...{ from: orNull(text), name: orNull(text), rttNs: orNull(count), stamps: word("kernel", "user", null) },
		...{ reply: orNull(REPLY), quoted: orNull(QUOTED), extensions: list(32, open({ class: byte, type: byte })) },
	},
	{
		...{
			ttl,
			asn: orNull(text),
			asName: text,
			exchange: text,
			place: orNull(PLACE),
			late: word(true),
			duplicates: count,
			retransmissions: count,
		},
		...{ inferred: word(true), error: SYSTEM_ERROR },
	},
);

/** A probe with status `reply` has `from`, `rttNs` and `reply`; no other has any of them. */
export const PROBE: Shape = (value, at) => {
	const read = PROBE_FIELDS(value, at);
	if (read instanceof Misfit) return read;
	const { status, from, rttNs, stamps, reply } = read as Readonly<Record<string, unknown>>;
	const facts = [from, rttNs, reply].map((fact) => fact !== null);
	const isWhole = status === "reply" ? !facts.includes(false) && stamps !== null : !facts.includes(true);
	return isWhole ? read : new Misfit(at);
};

/** One hop. */
export const HOP = fields(
	{ ttl, probes: list(MOST_PROBES, PROBE) },
	{ mtu: count, nat: word("source", "destination", "checksum") },
);

const SIX_COUNTS = { sent: count, received: count, foreign: count, duplicates: count, late: count, dropped: count };

/** The whole document. */
export const TRACE = fields(
	{
		...{ schema: word(TRACE_SCHEMA), tool: fields({ name: text, version: text }), args: list(64, text) },
		target: fields({ name: text, address: text, port: orNull(whole(0, 65_535)) }),
		source: fields({ address: text, port: orNull(whole(0, 65_535)), publicAddress: orNull(text) }),
		...{ method: text, channel: word("errorQueue", "raw", "borrowed", "session", "portable"), family: word(4, 6) },
		startedAt: is((value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)),
		...{ durationNs: count, reached: flag, pathMtu: orNull(count) },
		stopReason: word("reached", "unreachable", "maxHops", "silentHops", "timeout", "interrupted", "error"),
		warnings: list(64, open({ code: text })),
		counters: fields(SIX_COUNTS),
		options: fields({ firstTtl: ttl, maxTtl: ttl, queries: whole(1, 100), length: whole(20, 65_535) }),
		hops: list(MOST_HOPS, HOP),
	},
	{
		mtuDrops: list(MOST_HOPS, fields({ ttl: count, from: orNull(text), mtu: count, found: word("told", "tried") })),
		handshake: fields({
			...{ rttNs: count, mss: orNull(count), sackPermitted: flag, timestamps: flag, connections: whole(1) },
		}),
		companions: list(1024, fields({ name: text, ttl, probes: list(MOST_PROBES, PROBE) })),
	},
);

/** The trace in parsed JSON, without what nobody asked for; null where it is none. */
export function readTraceDocument(json: unknown): TraceResult | null {
	const read = TRACE(json, "");
	return read instanceof Misfit ? null : (read as TraceResult);
}
