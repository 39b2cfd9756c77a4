/** Reads the other end's trace with suspicion: the keys of `whither.trace/1` and nothing else, or null. */
import { TRACE_SCHEMA, type TraceResult } from "@whither/core";

const MISFIT = Symbol("misfit");
/** A copy of the value as it has to be, or `MISFIT`. */
type Shape = (value: unknown) => unknown;

const LONGEST_TEXT = 300;
const MOST_HOPS = 255;
const MOST_PROBES = 400;
/** The greatest depth of parts whose keys are not checked one by one. */
const DEEPEST = 6;

const is =
	(fits: (value: unknown) => boolean): Shape =>
	(value) =>
		fits(value) ? value : MISFIT;
const text = is((value) => typeof value === "string" && value.length <= LONGEST_TEXT);
const flag = is((value) => typeof value === "boolean");
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
	is((value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most);
const count = whole(0);
const byte = whole(0, 255);
const ttl = whole(1, 255);
const word = (...words: readonly unknown[]) => is((value) => words.includes(value));
const orNull =
	(shape: Shape): Shape =>
	(value) =>
		value === null ? null : shape(value);

function list(most: number, item: Shape): Shape {
	return (value) => {
		if (!Array.isArray(value) || value.length > most) return MISFIT;
		const read = value.map(item);
		return read.includes(MISFIT) ? MISFIT : read;
	};
}

/** An object with these keys; others are left out. */
function fields(needed: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape {
	return (value) => {
		if (typeof value !== "object" || value === null || Array.isArray(value)) return MISFIT;
		const given = value as Readonly<Record<string, unknown>>;
		const read: Record<string, unknown> = {};
		for (const [key, shape] of [...Object.entries(needed), ...Object.entries(optional)]) {
			if (given[key] === undefined && Object.hasOwn(optional, key)) continue;
			const field = shape(given[key]);
			if (field === MISFIT) return MISFIT;
			read[key] = field;
		}
		return read;
	};
}

/** Any JSON of at most this depth. */
function anything(depth: number): Shape {
	return (value) => {
		if (value === null || typeof value === "boolean" || Number.isFinite(value)) return value;
		if (typeof value === "string") return text(value);
		if (typeof value !== "object" || depth === 0) return MISFIT;
		if (Array.isArray(value)) return list(MOST_PROBES, anything(depth - 1))(value);
		const read = Object.entries(value as object).map(([key, each]) => [key, anything(depth - 1)(each)] as const);
		return read.some(([key, each]) => each === MISFIT || text(key) === MISFIT) ? MISFIT : Object.fromEntries(read);
	};
}

/** An object with at least these. */
function open(needed: Readonly<Record<string, Shape>>): Shape {
	const known = fields(needed);
	return (value) => (known(value) === MISFIT ? MISFIT : anything(DEEPEST)(value));
}

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
			place: orNull(PLACE),
			late: word(true),
			duplicates: count,
			retransmissions: count,
		},
		...{ inferred: word(true), error: SYSTEM_ERROR },
	},
);

/** A probe with status `reply` has `from`, `rttNs` and `reply`; no other has any of them. */
const PROBE: Shape = (value) => {
	const read = PROBE_FIELDS(value);
	if (read === MISFIT) return MISFIT;
	const { status, from, rttNs, stamps, reply } = read as Readonly<Record<string, unknown>>;
	const facts = [from, rttNs, reply].map((fact) => fact !== null);
	if (status !== "reply") return facts.includes(true) ? MISFIT : read;
	return facts.includes(false) || stamps === null ? MISFIT : read;
};

const HOP = fields(
	{ ttl, probes: list(MOST_PROBES, PROBE) },
	{ mtu: count, nat: word("source", "destination", "checksum") },
);

const SIX_COUNTS = { sent: count, received: count, foreign: count, duplicates: count, late: count, dropped: count };

const TRACE = fields(
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
	const read = TRACE(json);
	return read === MISFIT ? null : (read as TraceResult);
}
