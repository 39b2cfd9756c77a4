/** From the parsed flags of `trace` to the library's options. */
import { TRACE_METHODS } from "@whither/core";
import { asciiName } from "../../api/domain-name.ts";
import { LIMITS } from "../../api/limits.ts";
import type { MethodOptions } from "../../api/method-options.ts";
import type { TraceRequestOptions } from "../../api/options.ts";
import type { ReportFormat } from "../../report/trace/trace-report.ts";
import { TRACE_OPTIONS, type TraceFlags } from "../arguments/options.ts";
import { dataSets } from "../arguments/places-options.ts";
import { UsageProblem, wholeNumber } from "../arguments/values.ts";

/** Flags that choose how a result is shown; `trace` and `demo` share them. */
type FormatFlags = Pick<TraceFlags, "json" | "ndjson" | "format">;

/** Hosts, and the probe's length when the last operand is all digits and not alone. International names are in ASCII then. */
export function splitLength(operands: readonly string[]): { hosts: readonly string[]; length: number | undefined } {
	const last = operands.at(-1);
	if (operands.length === 0 || last === undefined)
		throw new UsageProblem("Which host? `whither HOST` traces the path to it");
	if (operands.length === 1 || !/^\d+$/.test(last)) return { hosts: operands.map(hostName), length: undefined };
	const length = wholeNumber(LIMITS.length).read(last, "LENGTH");
	return { hosts: operands.slice(0, -1).map(hostName), length };
}

/** What is no name is left for the resolver to refuse, which goes by each target. */
function hostName(operand: string): string {
	if (operand.trim() === "") throw new UsageProblem(`Name a host: "${operand}" is none`);
	return asciiName(operand) ?? operand;
}

/** The format the flags agree on. */
export function formatOf(flags: FormatFlags): ReportFormat {
	const asked = new Set<ReportFormat>();
	if (flags.json) asked.add("json");
	if (flags.ndjson) asked.add("ndjson");
	if (flags.format !== undefined) asked.add(flags.format);
	if (asked.size > 1) throw new UsageProblem(`Choose one format, not ${[...asked].join(" and ")}`);
	return [...asked][0] ?? "text";
}

/** The library's options; throws `UsageProblem` for flags that contradict each other. */
export function requestOf(flags: TraceFlags, length: number | undefined): TraceRequestOptions {
	refuseBoth(flags, "ipv4", "ipv6");
	refuseBoth(flags, "tos", "dscp");
	refuseBoth(flags, "tos", "ecn");
	refusePingOnly(flags);
	return {
		method: methodOf(flags),
		methodOptions: methodOptionsOf(flags),
		family: flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined,
		port: flags.port,
		length,
		firstTtl: flags.first,
		maxTtl: flags["max-hops"],
		queries: flags.queries,
		simultaneous: flags["sim-queries"],
		waitMs: flags.wait?.maxMs,
		waitHere: flags.wait?.here,
		waitNear: flags.wait?.near,
		timeoutMs: flags.timeout,
		maxSilentHops: flags.failures,
		sendWaitMs: flags.sendwait,
		tos: flags.tos,
		dscp: flags.dscp,
		ecn: flags.ecn,
		flowLabel: flags.flowlabel,
		gateways: flags.gateway,
		pathMtu: flags.mtu,
		looseMatch: flags["loose-match"],
		dontFragment: flags["dont-fragment"],
		bypassRouting: flags["bypass-routing"],
		source: flags.source,
		interface: flags.interface,
		sourcePort: flags.sport,
		fwmark: flags.fwmark,
		channels: flags.channel === undefined ? undefined : [flags.channel],
		capture: flags.pcap !== undefined,
		// Nobody reads it in the events otherwise, and comparing costs the trace time.
		compareEvents: flags.ndjson || flags.changes,
		asLookup: flags["as-server"] ?? flags["as-path-lookups"],
		asNames: flags["as-names"],
		places: dataSets(flags),
		names: !flags.numeric,
	};
}

/** Flags of another name than their method's; -T alone may fall back to the method that needs no privilege. */
const OTHER_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
	["tcp", ["tcp", "tcpconnect"]],
	["udp", ["udp-port"]],
	["protocol", ["raw"]],
]);

/** Shortcuts for --method: the flags that bear a method's name, and those that do not. */
const SHORTCUTS: ReadonlyMap<string, readonly string[]> = new Map([
	...TRACE_METHODS.filter(({ name }) => Object.hasOwn(TRACE_OPTIONS, name)).map(({ name }) => [name, [name]] as const),
	...OTHER_NAMES,
]);

function methodOf(flags: TraceFlags): readonly string[] | undefined {
	const given: Readonly<Record<string, unknown>> = flags;
	const asked = [...SHORTCUTS.keys()].filter((name) => given[name] !== undefined);
	const names = [
		...asked.map((name) => `--${name}`),
		...(flags.method === undefined ? [] : [`--method ${flags.method}`]),
	];
	const [shortcut, another] = asked;
	const meant = shortcut === undefined ? undefined : SHORTCUTS.get(shortcut);
	const isSaidTwice = flags.method !== undefined && meant?.includes(flags.method) === true;
	if (another !== undefined || (names.length > 1 && !isSaidTwice))
		throw new UsageProblem(`Choose one method, not ${names.join(" and ")}`);
	return flags.method === undefined ? meant : [flags.method];
}

/** -O, and what --dns, --protocol and --disable-extra-ping stand for. */
function methodOptionsOf(flags: TraceFlags): MethodOptions | undefined {
	const { dns, options, protocol } = flags;
	const meant: Record<string, string | true> = {};
	if (dns !== undefined) meant.domain = dns;
	if (protocol !== undefined) meant.protocol = String(protocol);
	if (flags["disable-extra-ping"]) meant["no-extra-ping"] = true;
	for (const [name, flag] of [
		["domain", "dns"],
		["protocol", "protocol"],
	] as const) {
		if (meant[name] !== undefined && options?.[name] !== undefined)
			throw new UsageProblem(`Choose one of --${flag} and --options ${name}, not both`);
	}
	return Object.keys(meant).length === 0 ? options : { ...options, ...meant };
}

/** What only ping mode takes: its loss threshold, and more probes than a hop has. */
function refusePingOnly(flags: TraceFlags): void {
	if (flags.ping !== undefined) return;
	const [least, most] = LIMITS.queries;
	if (flags.queries !== undefined && flags.queries > most)
		throw new UsageProblem(`-q wants a whole number from ${least} to ${most}, not "${flags.queries}"`);
	for (const name of ["packet-loss-threshold", "packet-loss-window-size"] as const) {
		if (flags[name] !== undefined) throw new UsageProblem(`--${name} is for ping mode; add --ping TTL`);
	}
}

function refuseBoth(flags: TraceFlags, one: keyof TraceFlags, other: keyof TraceFlags): void {
	if (flags[one] !== undefined && flags[other] !== undefined) {
		throw new UsageProblem(`Choose one of --${one} and --${other}, not both`);
	}
}
