/** Results of other programs as `whither.trace/1`: what they do not say is null, and a warning names where it comes from. */
import {
	type ExtensionJson,
	type Family,
	type HopResult,
	type ProbeResult,
	type ReplyKind,
	type StopReason,
	TRACE_SCHEMA,
	type TraceResult,
} from "@whither/core";

/** What a format tells of one answer. */
export interface ImportedAnswer {
	readonly from: string;
	readonly name?: string | null;
	readonly rttNs: number;
	readonly kind: ReplyKind;
	readonly icmp?: { readonly type: number; readonly code: number } | null;
	readonly ttl?: number | null;
	readonly tos?: number | null;
	readonly mtu?: number | null;
	readonly detail?: Readonly<Record<string, unknown>>;
	readonly quoted?: { readonly tos: number | null; readonly ttl: number | null; readonly length: number | null } | null;
	readonly extensions?: readonly ExtensionJson[];
	readonly late?: boolean;
}

/** One probe: when it left, counted from the trace's start where that is known, and its answer; null: none. */
export interface ImportedProbe {
	readonly sentAtNs: number;
	readonly answer: ImportedAnswer | null;
}

/** One trace as it was read. */
export interface ImportedTrace {
	readonly format: "atlas" | "scamper" | "mtr";
	readonly tool: string;
	readonly target: { readonly name: string; readonly address: string; readonly port: number | null };
	readonly source: { readonly address: string; readonly port: number | null; readonly publicAddress?: string | null };
	readonly method: string;
	/** All its probes are one flow; else each is one. */
	readonly isOneFlow: boolean;
	readonly family: Family;
	/** Microseconds since 1970-01-01 UTC. */
	readonly startedAtUs: number;
	readonly durationNs: number;
	readonly length: number;
	/** Null: to be told from the hops. */
	readonly stopReason: StopReason | null;
	readonly hops: readonly { readonly ttl: number; readonly probes: readonly ImportedProbe[] }[];
}

const LEAST_LENGTH = 20;
const LATEST_MS = 8.64e15;

/** The document. */
export function importedResult(trace: ImportedTrace): TraceResult {
	const hops = numbered(trace);
	const probes = hops.flatMap((hop) => hop.probes);
	const reached = probes.some(({ from, reply }) => from === trace.target.address && reply?.kind !== "timeExceeded");
	const received = probes.filter(({ status }) => status === "reply").length;
	return {
		schema: TRACE_SCHEMA,
		tool: { name: trace.tool, version: "" },
		args: [],
		target: trace.target,
		source: { publicAddress: null, ...trace.source },
		method: trace.method,
		channel: "raw",
		family: trace.family,
		startedAt: instantText(trace.startedAtUs),
		durationNs: trace.durationNs,
		reached,
		stopReason: trace.stopReason ?? stopReasonOf(hops, reached),
		pathMtu: null,
		warnings: [{ code: "imported", format: trace.format }],
		counters: { sent: probes.length, received, foreign: 0, duplicates: 0, late: 0, dropped: 0 },
		options: {
			firstTtl: hops[0]?.ttl ?? 1,
			maxTtl: hops.at(-1)?.ttl ?? 30,
			queries: Math.min(100, Math.max(1, ...hops.map((hop) => hop.probes.length))),
			length: Math.min(65_535, Math.max(LEAST_LENGTH, trace.length)),
		},
		hops,
	};
}

/** ISO 8601 with as many digits as are needed. */
function instantText(microseconds: number): string {
	const ms = Math.min(Math.max(0, Math.floor(microseconds / 1e3)), LATEST_MS);
	const rest = Math.max(0, Math.round(microseconds % 1e3));
	const text = new Date(ms).toISOString();
	return rest === 0 ? text : text.replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

function numbered({ hops, isOneFlow }: ImportedTrace): readonly HopResult[] {
	let seq = 0;
	return hops.map(({ ttl, probes }) => ({
		ttl,
		probes: probes.map(({ sentAtNs, answer }): ProbeResult => {
			const number = seq++;
			return { seq: number, flow: isOneFlow ? 0 : number, sentAtNs, ...(answer === null ? SILENCE : answered(answer)) };
		}),
	}));
}

type Outcome = Omit<ProbeResult, "seq" | "flow" | "sentAtNs">;

const SILENCE: Outcome = {
	...{
		status: "timeout",
		from: null,
		name: null,
		rttNs: null,
		stamps: null,
		reply: null,
		quoted: null,
		extensions: [],
	},
};

function answered(answer: ImportedAnswer): Outcome {
	const { from, name = null, rttNs, kind, icmp = null, ttl = null, tos = null, mtu = null, detail = {} } = answer;
	const { quoted = null, extensions = [], late = false } = answer;
	return {
		...{ status: "reply", from, name, rttNs, stamps: "user" },
		reply: { kind, icmp, ttl, tos, mtu, detail },
		quoted: quoted === null ? null : { ...quoted, source: null, changes: [] },
		extensions,
		...(late ? { late: true } : {}),
	};
}

function stopReasonOf(hops: readonly HopResult[], reached: boolean): StopReason {
	if (reached) return "reached";
	const last = hops.at(-1)?.probes ?? [];
	if (last.some(({ reply }) => reply?.kind === "unreachable")) return "unreachable";
	return last.every(({ status }) => status !== "reply") ? "silentHops" : "maxHops";
}

/** What an ICMP message means (RFC 792, RFC 4443). */
export function kindOfIcmp(family: Family, type: number, code: number): ReplyKind {
	if (family === 4) {
		if (type === 11) return "timeExceeded";
		if (type === 0) return "echoReply";
		if (type === 3) return code === 3 ? "portUnreachable" : "unreachable";
		return type === 12 ? "parameterProblem" : "unreachable";
	}
	if (type === 3) return "timeExceeded";
	if (type === 129) return "echoReply";
	if (type === 1) return code === 4 ? "portUnreachable" : "unreachable";
	if (type === 2) return "packetTooBig";
	return type === 4 ? "parameterProblem" : "unreachable";
}

/** A label stack of these entries; what is no entry is left out. */
export function mplsExtension(
	entries: readonly { readonly label: number; readonly tc: number; readonly bottom: boolean; readonly ttl: number }[],
): ExtensionJson {
	return { class: 1, type: 1, mpls: entries };
}
