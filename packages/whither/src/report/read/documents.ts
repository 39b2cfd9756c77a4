/** Shapes of our own documents beside a trace's: as deep as reports look into them. */
import {
	byte,
	count,
	fields,
	flag,
	is,
	list,
	number,
	open,
	orNull,
	type Shape,
	text,
	textOf,
	whole,
	word,
} from "../../api/json-shape.ts";
import { PROBE, TRACE } from "../../api/meet/path/trace-document.ts";

const MOST_PAIRS = 4_096;
const MOST_CANDIDATES = 1_024;
const MOST_CELLS = 64;
const MOST_SHOWN_PROBES = 1_000;

const sentence = textOf(4_000);
const port = whole(0, 65_535);
const PLACE = fields({ address: text, port });
const args = list(64, textOf(4_000));
const tool = fields({ name: text, version: text });
const instant = is((value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value));
const AROUND = { tool, args, startedAt: instant, durationNs: count };

const CANDIDATE_KEYS = {
	...{ type: word("host", "srflx", "prflx", "relay"), protocol: word("udp", "tcp") },
	...{ address: text, port, base: orNull(PLACE) },
};
const CANDIDATE = fields(CANDIDATE_KEYS);
const leg = orNull(word("udp", "dtls", "tcp", "tls"));
const LOCAL = fields({ ...CANDIDATE_KEYS, server: orNull(PLACE), leg, interface: orNull(text) });

const PAIR = fields({
	...{ local: CANDIDATE, remote: CANDIDATE, type: text, rttNs: orNull(count), failure: orNull(sentence) },
	state: word("frozen", "waiting", "inProgress", "succeeded", "failed"),
	...{ readable: flag, writable: flag, nominated: flag, selected: flag },
	priority: is((value) => typeof value === "string" && /^\d{1,20}$/.test(value)),
	...{ requestsSent: count, retransmissions: count, responsesReceived: count },
	...{ requestsReceived: count, responsesSent: count, icmpErrors: count },
});

const MISSING = orNull(fields({ code: text, message: sentence }));

const MEET = fields({
	...{ schema: word("whither.meet/1"), ...AROUND, connected: flag, state: text, why: sentence },
	outcome: open({ code: text }),
	timings: fields({ gatheredMs: orNull(number), connectedMs: orNull(number), nominatedMs: orNull(number) }),
	...{ role: orNull(word("controlling", "controlled")), peerTool: orNull(text) },
	selected: orNull(
		fields({
			...{ local: CANDIDATE, remote: CANDIDATE, rttNs: orNull(count), reason: text },
			relay: orNull(fields({ server: PLACE, leg: word("udp", "dtls", "tcp", "tls") })),
		}),
	),
	pairs: list(MOST_PAIRS, PAIR),
	candidates: fields({ local: list(MOST_CANDIDATES, LOCAL), remote: list(MOST_CANDIDATES, CANDIDATE) }),
	candidateErrors: list(
		MOST_CANDIDATES,
		fields({ base: orNull(PLACE), server: orNull(PLACE), why: sentence, stunError: orNull(count) }),
	),
	servers: fields({
		...{ rendezvous: orNull(text), stun: list(64, PLACE) },
		turn: list(64, fields({ address: text, port, transport: word("udp", "tcp", "tls") })),
	}),
	...{ path: orNull(TRACE), pathMissing: MISSING, reversePath: orNull(TRACE), reversePathMissing: MISSING },
	warnings: list(64, open({ code: text })),
	...{ backend: orNull(text), stopReason: word("complete", "interrupted") },
});

const FINDINGS = {
	...{ family: word(4, 6), transport: word("udp", "tcp", "tls") },
	...{ mappedAddress: orNull(PLACE), localAddress: orNull(PLACE), mapping: text, filtering: text },
	...{ hairpin: orNull(flag), lifetimeSeconds: orNull(number), goneAfterSeconds: orNull(number) },
	...{ classic: orNull(text), rttNs: orNull(count), stamps: word("kernel", "user", null), tests: text },
	...{ otherAddress: orNull(PLACE), noAnswer: orNull(open({ code: text })), tcp: orNull(text) },
	...{ unknowns: list(16, fields({ what: text, why: text })), counters: open({}), summary: sentence },
};

const STUN = fields({
	...{ schema: word("whither.stun/1"), ...AROUND, ...FINDINGS },
	server: fields({ name: text, host: text, address: text, port }),
	...{ backend: orNull(text), stopReason: text, families: list(8, fields({ ...FINDINGS, server: PLACE })) },
});

const CELL_FAILURE = fields({
	...{ code: text, stunError: orNull(count), reason: orNull(sentence), system: orNull(open({ code: text })) },
	...{ tls: orNull(fields({ reason: text, about: sentence })), alternate: orNull(PLACE) },
});
const way = word("relayToRelay", "ownSocket", "peer");

const CELL = fields({
	...{ family: word(4, 6), transport: word("udp", "tcp", "tls"), server: PLACE, redirectedTo: orNull(PLACE) },
	...{ reachable: flag, authenticated: orNull(flag), localAddress: orNull(PLACE), mappedAddress: orNull(PLACE) },
	...{ relayed: list(8, PLACE), connectNs: orNull(count), allocateNs: orNull(count), lifetimeSeconds: orNull(count) },
	relaying: orNull(
		fields({
			...{ way, peer: PLACE, bytes: count, sent: count, received: count, stamps: word("kernel", "user") },
			rtt: orNull(fields({ minNs: number, p50Ns: number, p99Ns: number, maxNs: number })),
			throughput: orNull(
				fields({ bytes: count, sent: count, received: count, durationNs: number, bitsPerSecond: number }),
			),
		}),
	),
	refusedWays: list(8, fields({ way, failure: CELL_FAILURE })),
	failure: orNull(CELL_FAILURE),
	trace: orNull(
		fields({
			...{ by: word("allocation", "connection"), sent: count, received: count, result: orNull(TRACE) },
			error: orNull(fields({ code: text, message: sentence })),
		}),
	),
	summary: sentence,
});

const offered = orNull(flag);
const TURN = fields({
	...{ schema: word("whither.turn/1"), ...AROUND, server: open({ name: text }), user: orNull(text) },
	...{ relays: flag, cells: list(MOST_CELLS, CELL), summary: sentence, stopReason: text },
	offers: fields({
		...{ ipv4: offered, ipv6: offered, mobility: offered, tcpRelay: offered, sha256: offered },
		software: orNull(sentence),
	}),
});

const PING = fields({
	...{ schema: word("whither.ping/1"), ...AROUND, method: text, channel: text, family: word(4, 6) },
	target: fields({ name: text, address: text, port: orNull(port) }),
	source: fields({ address: text, port: orNull(port) }),
	...{ ttl: byte, intervalNs: count, stopReason: text, warnings: list(64, open({ code: text })) },
	totals: fields({
		...{ sent: count, received: count, lost: count, notSent: count, waiting: count },
		...{ duplicates: count, late: count, lossPercent: orNull(number) },
	}),
	rtt: orNull(fields({ minNs: number, avgNs: number, maxNs: number, stddevNs: number, jitterNs: number })),
	answerers: list(64, fields({ from: text, name: orNull(text), received: count, firstSeq: count, lastSeq: count })),
	options: open({ length: count }),
	probes: list(MOST_SHOWN_PROBES, PROBE),
});

/** By `schema`. */
export const DOCUMENTS: ReadonlyMap<
	string,
	{ readonly kind: "trace" | "meet" | "stun" | "turn" | "ping"; readonly shape: Shape }
> = new Map([
	["whither.trace/1", { kind: "trace", shape: TRACE }],
	["whither.meet/1", { kind: "meet", shape: MEET }],
	["whither.stun/1", { kind: "stun", shape: STUN }],
	["whither.turn/1", { kind: "turn", shape: TURN }],
	["whither.ping/1", { kind: "ping", shape: PING }],
]);
