/** What a trace sent and heard, one line each in order of time: for the message of a test that failed on a real kernel. */
import type { ProbeResult, TraceResult } from "@whither/core";
import { nodeNames, type Scenario } from "@whither/sim";

interface Line {
	readonly atNs: number;
	readonly text: string;
}

function probeLines(probe: ProbeResult, ttl: number, who: (address: string) => string): Line[] {
	const { seq, status, sentAtNs, from, rttNs, reply, stamps, error } = probe;
	const failed = error === undefined ? "" : `: ${error.call} ${error.errnoName}`;
	const probed: Line = { atNs: sentAtNs, text: `> probe ${seq} TTL ${ttl}, ${status}${failed}` };
	if (from === null || reply === null) return [probed];
	const icmp = reply.icmp === null ? "" : ` (ICMP ${reply.icmp.type}/${reply.icmp.code})`;
	const heard = `< ${reply.kind}${icmp} to ${seq} from ${who(from)}, its TTL ${reply.ttl ?? "?"}, stamps ${stamps}`;
	const marks = [probe.late && "late", probe.inferred && "inferred", probe.duplicates && `${probe.duplicates} more`];
	const answered: Line = { atNs: sentAtNs + (rttNs ?? 0), text: [heard, ...marks.filter(Boolean)].join(", ") };
	return [probed, answered];
}

/** The packets of a result, each with its time in milliseconds, then what was counted, and warned of. */
export function describePackets(scenario: Scenario, result: TraceResult): string {
	const names = nodeNames(scenario, result.family);
	const who = (address: string): string => names.get(address) ?? address;
	const lines = result.hops.flatMap((hop) =>
		hop.probes.flatMap((probe) => probeLines(probe, probe.ttl ?? hop.ttl, who)),
	);
	lines.sort((a, b) => a.atNs - b.atNs);
	return [
		...lines.map(({ atNs, text }) => `${(atNs / 1e6).toFixed(3).padStart(10)} ms ${text}`),
		`counters ${JSON.stringify(result.counters)}`,
		`warnings ${JSON.stringify(result.warnings)}`,
	].join("\n");
}
