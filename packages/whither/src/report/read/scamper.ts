/** Reads scamper's traces as `scamper -O json` and `sc_warts2json` write them. */
import type { ExtensionJson, Family, ReplyKind, StopReason } from "@whither/core";
import { byte, count, fields, is, isFields, list, text, whole, word } from "../../api/json-shape.ts";
import {
	type ImportedAnswer,
	type ImportedProbe,
	type ImportedTrace,
	importedResult,
	kindOfIcmp,
	mplsExtension,
} from "./imported.ts";
import { readAs } from "./json-text.ts";
import type { ReadProblem, Recording } from "./recording.ts";

const MOST_ANSWERS = 25_500;
const LONGEST_MS = 3_600_000;

const milliseconds = is((value) => typeof value === "number" && value >= 0 && value <= LONGEST_MS);
const INSTANT = fields({ sec: whole(0, 8e9), usec: whole(0, 999_999) });
const LABEL = fields({ mpls_ttl: byte, mpls_s: whole(0, 1), mpls_exp: whole(0, 7), mpls_label: whole(0, 1_048_575) });
const port = whole(0, 65_535);

const HOP = fields(
	{ addr: text, probe_ttl: whole(1, 255), probe_id: whole(1, 255), rtt: milliseconds },
	{
		...{
			name: text,
			probe_size: count,
			tx: INSTANT,
			reply_ttl: byte,
			reply_tos: byte,
			icmp_type: byte,
			icmp_code: byte,
		},
		...{ icmp_q_ttl: byte, icmp_q_ipl: count, icmp_q_tos: byte, icmp_nhmtu: count, tcp_flags: byte },
		icmpext: list(32, fields({ ie_cn: byte, ie_ct: byte }, { mpls_labels: list(32, LABEL) })),
	},
);

const TRACE = fields(
	{
		...{ type: word("trace"), method: text, src: text, dst: text, stop_reason: text, start: INSTANT },
		...{ hop_count: byte, attempts: whole(1, 100), firsthop: whole(1, 255), probe_size: whole(0, 65_535) },
	},
	{ sport: port, dport: port, tos: byte, hops: list(MOST_ANSWERS, HOP) },
);

interface ScamperHop {
	readonly addr: string;
	readonly name?: string;
	readonly probe_ttl: number;
	readonly probe_id: number;
	readonly rtt: number;
	readonly tx?: Instant;
	readonly reply_ttl?: number;
	readonly reply_tos?: number;
	readonly icmp_type?: number;
	readonly icmp_code?: number;
	readonly icmp_q_ttl?: number;
	readonly icmp_q_ipl?: number;
	readonly icmp_q_tos?: number;
	readonly icmp_nhmtu?: number;
	readonly tcp_flags?: number;
	readonly icmpext?: readonly {
		readonly ie_cn: number;
		readonly ie_ct: number;
		readonly mpls_labels?: readonly Label[];
	}[];
}

interface Instant {
	readonly sec: number;
	readonly usec: number;
}

interface Label {
	readonly mpls_ttl: number;
	readonly mpls_s: number;
	readonly mpls_exp: number;
	readonly mpls_label: number;
}

interface ScamperTrace {
	readonly method: string;
	readonly src: string;
	readonly dst: string;
	readonly sport?: number;
	readonly dport?: number;
	readonly stop_reason: string;
	readonly start: Instant;
	readonly hop_count: number;
	readonly attempts: number;
	readonly firsthop: number;
	readonly probe_size: number;
	readonly hops?: readonly ScamperHop[];
}

/** The lines around traces. */
const CYCLE: ReadonlySet<unknown> = new Set(["cycle-start", "cycle-stop"]);

/** Whether it says that it is one of scamper's lines. */
export function looksLikeScamper(value: unknown): boolean {
	return isFields(value) && (value.type === "trace" || value.type === "tracelb" || CYCLE.has(value.type));
}

/** One line; null: one that holds no trace. */
export function readScamper(value: unknown, line: number | null): Recording | ReadProblem | null {
	if (isFields(value) && CYCLE.has(value.type)) return null;
	if (isFields(value) && value.type !== "trace")
		return { line, reason: `scamper's ${String(value.type)} is not read, its trace is` };
	const read = readAs<ScamperTrace>(TRACE, value, "a trace of scamper's", line);
	if ("reason" in read) return read;
	return { material: { kind: "trace", results: [importedResult(traceOf(read))] }, events: null, notes: [] };
}

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
	COMPLETED: "reached",
	UNREACH: "unreachable",
	GAPLIMIT: "silentHops",
	HOPLIMIT: "maxHops",
	HALTED: "interrupted",
	ERROR: "error",
};

/** What is called paris keeps to one flow, and so do the probes of TCP. */
const METHODS: Readonly<Record<string, readonly [method: string, isOneFlow: boolean]>> = {
	"udp-paris": ["udp", true],
	udp: ["udp-classic", false],
	"icmp-echo-paris": ["icmp", true],
	"icmp-echo": ["icmp", false],
	tcp: ["tcp", true],
	"tcp-ack": ["tcp", true],
};

function traceOf(read: ScamperTrace): ImportedTrace {
	const [method, isOneFlow] = METHODS[read.method] ?? [read.method, false];
	const family: Family = read.dst.includes(":") ? 6 : 4;
	const startUs = microseconds(read.start);
	const hops = hopsOf(read, family);
	const last = Math.max(
		0,
		...hops.flatMap((hop) => hop.probes.map(({ sentAtNs, answer }) => sentAtNs + (answer?.rttNs ?? 0))),
	);
	return {
		format: "scamper",
		tool: "scamper",
		target: { name: read.dst, address: read.dst, port: read.dport ?? null },
		source: { address: read.src, port: read.sport ?? null },
		...{ method, isOneFlow, family, hops },
		startedAtUs: startUs,
		durationNs: last,
		length: read.probe_size,
		stopReason: STOP_REASONS[read.stop_reason] ?? null,
	};
}

function microseconds({ sec, usec }: Instant): number {
	return sec * 1e6 + usec;
}

/** A TTL without an answer was asked as often as allowed; of the others those before the last answer are known to have been asked. */
function hopsOf(read: ScamperTrace, family: Family): ImportedTrace["hops"] {
	const byTtl = new Map<number, ScamperHop[]>();
	for (const hop of read.hops ?? []) byTtl.set(hop.probe_ttl, [...(byTtl.get(hop.probe_ttl) ?? []), hop]);
	const last = Math.max(read.hop_count, ...byTtl.keys());
	const ttls = Array.from({ length: Math.max(0, last - read.firsthop + 1) }, (_, index) => read.firsthop + index);
	return ttls.map((ttl) => {
		const answers = byTtl.get(ttl) ?? [];
		const most = answers.length === 0 ? read.attempts : Math.max(...answers.map(({ probe_id }) => probe_id));
		const ids = Array.from({ length: most }, (_, index) => index + 1);
		return {
			ttl,
			probes: ids.map((id) =>
				probeOf(
					answers.find(({ probe_id }) => probe_id === id),
					read,
					family,
				),
			),
		};
	});
}

function probeOf(hop: ScamperHop | undefined, { start }: ScamperTrace, family: Family): ImportedProbe {
	if (hop === undefined) return { sentAtNs: 0, answer: null };
	const {
		addr: from,
		name = null,
		rtt,
		tx,
		reply_ttl: ttl = null,
		reply_tos: tos = null,
		icmp_nhmtu: mtu = null,
	} = hop;
	const { icmp_type: type, icmp_code: code = 0, icmp_q_ttl, icmp_q_ipl, icmp_q_tos } = hop;
	const isQuoted = icmp_q_ttl !== undefined || icmp_q_ipl !== undefined;
	const answer: ImportedAnswer = {
		...{ from, name, rttNs: Math.round(rtt * 1e6), ttl, tos, mtu },
		kind: type === undefined ? tcpKind(hop.tcp_flags) : kindOfIcmp(family, type, code),
		icmp: type === undefined ? null : { type, code },
		detail: hop.tcp_flags === undefined ? {} : { flags: flagNames(hop.tcp_flags) },
		quoted: isQuoted ? { ttl: icmp_q_ttl ?? null, tos: icmp_q_tos ?? null, length: icmp_q_ipl ?? null } : null,
		extensions: hop.icmpext?.map(extensionOf) ?? [],
	};
	const sentAtNs = tx === undefined ? 0 : Math.max(0, (microseconds(tx) - microseconds(start)) * 1e3);
	return { sentAtNs, answer };
}

const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"] as const;

function flagNames(flags: number): readonly string[] {
	return FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0);
}

function tcpKind(flags: number | undefined): ReplyKind {
	if (flags === undefined) return "udp";
	if ((flags & 4) !== 0) return "rst";
	return (flags & 2) !== 0 ? "synAck" : "ack";
}

function extensionOf(object: NonNullable<ScamperHop["icmpext"]>[number]): ExtensionJson {
	const { ie_cn, ie_ct, mpls_labels } = object;
	if (mpls_labels === undefined) return { class: ie_cn, type: ie_ct, bytes: "" };
	const entries = mpls_labels.map(({ mpls_ttl, mpls_s, mpls_exp, mpls_label }) => {
		return { label: mpls_label, tc: mpls_exp, bottom: mpls_s === 1, ttl: mpls_ttl };
	});
	return mplsExtension(entries);
}
