/** From the parsed flags of `trace --ping` to the library's options. */
import { PING_LEAST_INTERVAL_MS } from "../../api/limits.ts";
import type { PingRequestOptions } from "../../api/ping/options.ts";
import type { PingFormat } from "../../report/ping/ping-report.ts";
import type { TraceFlags } from "../arguments/options.ts";
import { UsageProblem } from "../arguments/values.ts";
import { formatOf, requestOf, splitLength } from "../trace/trace-request.ts";

/** A ping as the command line asks for it. */
export interface PingOrderWords {
	readonly host: string;
	readonly length: number | undefined;
	readonly format: PingFormat;
	readonly request: PingRequestOptions;
}

/** What is of no use where one TTL is asked over and over. */
const TRACE_ONLY = [
	"first",
	"max-hops",
	"sim-queries",
	"failures",
	"mtu",
	"pcap",
	"changes",
	"summary",
	"back",
	"explain",
] as const satisfies readonly (keyof TraceFlags)[];

/** Reads a command line with --ping; throws `UsageProblem` for what does not go together with it. */
export function readPing(flags: TraceFlags, operands: readonly string[]): PingOrderWords {
	const useless = TRACE_ONLY.filter((name) => flags[name] !== undefined);
	if (useless.length > 0) {
		throw new UsageProblem(
			`Ping mode (--ping) does not go together with ${useless.map((name) => `--${name}`).join(", ")}`,
		);
	}
	const format = formatOf(flags);
	if (format !== "text" && format !== "json" && format !== "ndjson") {
		const name = format === "csv" ? "CSV" : format;
		throw new UsageProblem(`Ping mode (--ping) has no ${name}; choose --ndjson for a line a probe`);
	}
	const { hosts, length } = splitLength(operands);
	const [host] = hosts;
	if (host === undefined || hosts.length > 1) throw new UsageProblem("Ping mode (--ping) takes one host");
	return { host, length, format, request: pingRequest(flags, length) };
}

function pingRequest(flags: TraceFlags, length: number | undefined): PingRequestOptions {
	const { queries, sendwait, ping: ttl } = flags;
	if (sendwait !== undefined && sendwait < PING_LEAST_INTERVAL_MS)
		throw new UsageProblem(`In ping mode -z wants ${PING_LEAST_INTERVAL_MS / 1000} seconds at least`);
	const { "packet-loss-threshold": lossThresholdPercent, "packet-loss-window-size": lossWindow } = flags;
	if (lossWindow !== undefined && lossThresholdPercent === undefined)
		throw new UsageProblem("--packet-loss-window-size says nothing without --packet-loss-threshold");
	const { queries: _q, sendwait: _z, ...others } = flags;
	const { firstTtl, maxTtl, simultaneous, maxSilentHops, waitHere, waitNear, ...request } = requestOf(others, length);
	const { sendWaitMs, queries: _, pathMtu, capture, compareEvents, ...plain } = request;
	return { ...plain, ttl, count: queries, intervalMs: sendwait, lossThresholdPercent, lossWindow };
}
