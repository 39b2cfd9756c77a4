/** Small traces written down in short, for tests: `hop(3, "10.0.0.3 1.5", "*", "10.0.0.3 1.5 !X")`. */
import type { ExtensionJson, Family, HopResult, ProbeResult, StopReason, TraceResult } from "@whither/core";

/** What differs from the ordinary sample. */
export interface SampleChanges {
	readonly family?: Family;
	readonly stopReason?: StopReason;
	readonly name?: string;
	readonly names?: Readonly<Record<string, string>>;
	readonly method?: string;
	readonly pathMtu?: number;
}

const NO_REPLY = { from: null, name: null, rttNs: null, stamps: null, reply: null, quoted: null, extensions: [] };

/** A probe nobody answered. */
export function silence(seq: number): ProbeResult {
	return { ...NO_REPLY, seq, flow: 0, sentAtNs: seq * 1000, status: "timeout" };
}

/** What differs from the ordinary answer. */
export interface SampleReply {
	/** Default: time exceeded. */
	readonly icmp?: readonly [type: number, code: number] | null;
	readonly kind?: NonNullable<ProbeResult["reply"]>["kind"];
	readonly rttMs?: number;
	readonly mtu?: number;
	readonly ttl?: number;
	/** What was quoted; default: nothing that text shows. */
	readonly quoted?: { readonly tos?: number; readonly changes?: readonly string[] };
	readonly extensions?: readonly ExtensionJson[];
	readonly name?: string;
	readonly detail?: Readonly<Record<string, unknown>>;
}

/** A probe answered by `from`. */
export function answer(seq: number, from: string, reply: SampleReply = {}): ProbeResult {
	const v6 = from.includes(":");
	const [type, code] = reply.icmp ?? [v6 ? 3 : 11, 0];
	return {
		...silence(seq),
		status: "reply",
		from,
		name: reply.name ?? null,
		rttNs: Math.round((reply.rttMs ?? 1) * 1e6),
		stamps: "kernel",
		reply: {
			kind: reply.kind ?? "timeExceeded",
			icmp: reply.icmp === null ? null : { type, code },
			ttl: reply.ttl ?? 64,
			tos: 0,
			mtu: reply.mtu ?? null,
			detail: reply.detail ?? {},
		},
		quoted: reply.quoted === undefined ? null : { ...QUOTED, ...reply.quoted },
		extensions: reply.extensions ?? [],
	};
}

const QUOTED = { tos: 0, ttl: 1, source: "192.0.2.1", length: 60, changes: [] };

/** A hop; null is silence, a text an ordinary answer from that address. */
export function hop(ttl: number, ...probes: readonly (null | string | ((seq: number) => ProbeResult))[]): HopResult {
	return {
		ttl,
		probes: probes.map((probe, index) => {
			const seq = (ttl - 1) * 3 + index;
			if (probe === null) return silence(seq);
			return typeof probe === "string" ? answer(seq, probe) : probe(seq);
		}),
	};
}

/** A whole result to 203.0.113.7 (IPv6: 2001:db8::7); reached when the last hop is that address. */
export function sampleResult(hops: readonly HopResult[], changes: SampleChanges = {}): TraceResult {
	const family = changes.family ?? 4;
	const address = family === 4 ? "203.0.113.7" : "2001:db8::7";
	const reached = hops.at(-1)?.probes.some((probe) => probe.from === address) ?? false;
	return {
		schema: "whither.trace/1",
		tool: { name: "whither", version: "0.1.0" },
		args: [],
		target: { name: changes.name ?? address, address, port: 33434 },
		source: { address: family === 4 ? "192.0.2.1" : "2001:db8::1", port: 50000, publicAddress: null },
		method: changes.method ?? "udp",
		channel: "errorQueue",
		family,
		startedAt: "2026-01-02T03:04:05.678Z",
		durationNs: 61_234_567,
		reached,
		stopReason: changes.stopReason ?? (reached ? "reached" : "maxHops"),
		pathMtu: changes.pathMtu ?? null,
		warnings: [],
		counters: { sent: 0, received: 0, foreign: 0, duplicates: 0, late: 0, dropped: 0 },
		options: { firstTtl: 1, maxTtl: 30, queries: 3, length: family === 4 ? 60 : 80 },
		hops,
	};
}
