/** JSON lines as `sc_warts2json` makes them of scamper's traces: a cycle around one object a trace. */
import type { ExtensionJson, HopResult, ProbeResult, StopReason, TraceResult } from "@whither/core";
import { ownProbes, pathOfResult, unixSeconds } from "./traced-path.ts";

/** scamper's names; what it has none for keeps ours. */
const METHODS: Readonly<Record<string, string>> = {
	udp: "udp-paris",
	"udp-classic": "udp",
	"udp-port": "udp",
	quic: "udp-paris",
	stun: "udp-paris",
	dns: "udp-paris",
	icmp: "icmp-echo-paris",
	tcp: "tcp",
	tcpconnect: "tcp",
	tcpinsession: "tcp-ack",
};

const STOP_REASONS: Readonly<Record<StopReason, string>> = {
	reached: "COMPLETED",
	unreachable: "UNREACH",
	maxHops: "HOPLIMIT",
	silentHops: "GAPLIMIT",
	timeout: "HALTED",
	interrupted: "HALTED",
	error: "ERROR",
};

const NS_PER_SECOND = 1e9;
const NS_PER_US = 1e3;

/** The cycle's lines with those of the traces between them. */
export function formatScamper(results: readonly TraceResult[], { hostName }: { readonly hostName: string }): string {
	const cycle = { list_name: "default", id: 0, hostname: hostName };
	const starts = results.map(({ startedAt }) => unixSeconds(startedAt));
	const ends = results.map(
		({ startedAt, durationNs }) => unixSeconds(startedAt) + Math.ceil(durationNs / NS_PER_SECOND),
	);
	const lines = [
		{ type: "cycle-start", ...cycle, start_time: Math.min(...starts) },
		...results.map(traceObject),
		{ type: "cycle-stop", ...cycle, stop_time: Math.max(...ends) },
	];
	return results.length === 0 ? "" : lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function traceObject(result: TraceResult): Readonly<Record<string, unknown>> {
	const { source, target, method, options, stopReason, hops } = result;
	const hasPorts = method !== "icmp" && target.port !== null;
	const answers = hops.flatMap((hop) => hopObjects(result, hop));
	return {
		type: "trace",
		version: "0.1",
		userid: 0,
		method: METHODS[method] ?? method,
		src: source.address,
		dst: target.address,
		...(hasPorts ? { sport: source.port ?? 0, dport: target.port } : {}),
		stop_reason: STOP_REASONS[stopReason],
		stop_data: stopReason === "unreachable" ? (endCode(result) ?? 0) : 0,
		start: { ...instant(result, 0), ftime: result.startedAt.slice(0, 19).replace("T", " ") },
		hop_count: hops.at(-1)?.ttl ?? 0,
		attempts: options.queries,
		hoplimit: options.maxTtl,
		firsthop: options.firstTtl,
		// How long we waited and paused depended on what came.
		wait: 0,
		wait_probe: 0,
		tos: pathOfResult(result).tos,
		probe_size: options.length,
		probe_count: hops.reduce((sum, hop) => sum + ownProbes(result, hop).length, 0),
		...(answers.length === 0 ? {} : { hops: answers }),
	};
}

function endCode({ hops }: TraceResult): number | undefined {
	return hops.at(-1)?.probes.find(({ reply }) => reply?.kind === "unreachable")?.reply?.icmp?.code;
}

/** Silent probes have no object. */
function hopObjects(result: TraceResult, hop: HopResult): readonly object[] {
	return ownProbes(result, hop).flatMap((probe, index) => {
		if (probe.from === null || probe.rttNs === null) return [];
		return {
			addr: probe.from,
			...(probe.name === null ? {} : { name: probe.name }),
			probe_ttl: hop.ttl,
			probe_id: index + 1,
			probe_size: probe.quoted?.length ?? result.options.length,
			tx: instant(result, probe.sentAtNs),
			rtt: Math.round(probe.rttNs / NS_PER_US) / 1e3,
			...replyFields(probe, result.family),
		};
	});
}

/** `reply_ipid` and `reply_size` are not there: we keep neither. */
function replyFields({ reply, quoted, extensions }: ProbeResult, family: 4 | 6): object {
	const icmp = reply?.icmp ?? null;
	const flags = tcpFlags(reply?.detail.flags);
	return {
		...(reply === null || reply.ttl === null ? {} : { reply_ttl: reply.ttl }),
		...(reply === null || reply.tos === null ? {} : { reply_tos: reply.tos }),
		...(icmp === null ? {} : { icmp_type: icmp.type, icmp_code: icmp.code }),
		...(quoted === null || quoted.ttl === null ? {} : { icmp_q_ttl: quoted.ttl }),
		...(quoted === null || quoted.length === null ? {} : { icmp_q_ipl: quoted.length }),
		...(quoted === null || quoted.tos === null || family === 6 ? {} : { icmp_q_tos: quoted.tos }),
		...(reply === null || reply.mtu === null ? {} : { icmp_nhmtu: reply.mtu }),
		...(icmp !== null || flags === null ? {} : { tcp_flags: flags }),
		...extensionFields(extensions),
	};
}

function instant({ startedAt }: TraceResult, atNs: number): { sec: number; usec: number } {
	const fraction = Number(`0${/\.\d+/.exec(startedAt)?.[0] ?? ""}`);
	const us = Math.round(unixSeconds(startedAt) * 1e6 + fraction * 1e6 + atNs / NS_PER_US);
	return { sec: Math.floor(us / 1e6), usec: us % 1e6 };
}

/** RFC 9293 section 3.1, the lowest bit first. */
const TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"];

function tcpFlags(names: unknown): number | null {
	if (!Array.isArray(names)) return null;
	return names.reduce((sum: number, name) => sum | Math.max(0, (2 ** TCP_FLAGS.indexOf(String(name))) & 255), 0);
}

/** Of what RFC 4884 carries, label stacks with their entries, and others whose bytes are known by their length alone. */
function extensionFields(extensions: readonly ExtensionJson[]): object {
	const objects = extensions.flatMap((object) => {
		const head = { ie_cn: object.class, ie_ct: object.type };
		if (Array.isArray(object.mpls))
			return { ...head, ie_dl: object.mpls.length * 4, mpls_labels: object.mpls.map(label) };
		return typeof object.bytes === "string" ? { ...head, ie_dl: object.bytes.length / 2 } : [];
	});
	return objects.length === 0 ? {} : { icmpext: objects };
}

function label(entry: Readonly<Record<string, unknown>>): object {
	return { mpls_ttl: entry.ttl, mpls_s: entry.bottom ? 1 : 0, mpls_exp: entry.tc, mpls_label: entry.label };
}
