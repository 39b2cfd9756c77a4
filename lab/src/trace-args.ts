/** A scenario's trace as a command line of `whither`. */
import { DEFAULT_TRACE_OPTIONS, type Family } from "@whither/core";
import { nodeAddress, type Scenario, type TraceSpec } from "@whither/sim";

type Options = NonNullable<TraceSpec["options"]>;

const seconds = (nanoseconds: number): string => String(nanoseconds / 1e9);

type Write<Value> = (value: Value) => readonly string[];

const valued =
	(flag: string): Write<number | string> =>
	(value) => [flag, String(value)];
const timed =
	(flag: string): Write<number> =>
	(value) => [flag, seconds(value)];
const flagged =
	(flag: string): Write<boolean> =>
	(value) =>
		value ? [flag] : [];

/** How every option is written: by a flag, by `traceArgs` itself (`apart`), or not at all (`none`). */
const FLAGS: {
	readonly [Key in keyof Options]-?: Write<NonNullable<Options[Key]>> | "apart" | "none";
} = {
	method: "apart",
	methodOptions: (options) =>
		Object.entries(options).flatMap(([name, value]) => ["-O", value === true ? name : `${name}=${value}`]),
	port: valued("-p"),
	firstTtl: valued("-f"),
	maxTtl: valued("-m"),
	queries: valued("-q"),
	simultaneous: valued("-N"),
	timeoutNs: timed("-Q"),
	maxSilentHops: valued("-H"),
	sendWaitNs: timed("-z"),
	tos: valued("-t"),
	flowLabel: valued("-l"),
	source: valued("-s"),
	interface: valued("-i"),
	gateways: (addresses) => (addresses.length === 0 ? [] : ["-g", addresses.join(",")]),
	sourcePort: valued("--sport"),
	fwmark: valued("--fwmark"),
	bypassRouting: flagged("-r"),
	looseMatch: flagged("--loose-match"),
	waitMaxNs: "apart",
	waitHere: "apart",
	waitNear: "apart",
	dontFragment: flagged("-F"),
	pathMtu: flagged("--mtu"),
	length: "apart",
	capture: "none",
	compareEvents: "none",
};

/** Throws `RangeError` for an option that the command cannot be asked for. */
function flagsOf(options: Options): readonly string[] {
	const rows = Object.entries(FLAGS) as [keyof Options, Write<unknown> | "apart" | "none"][];
	return rows.flatMap(([key, write]) => {
		const value = options[key];
		if (value === undefined || value === null || write === "apart") return [];
		if (write !== "none") return write(value);
		if (value === DEFAULT_TRACE_OPTIONS[key]) return [];
		throw new RangeError(`the command has no flag for the option ${key}`);
	});
}

/** The wait where nothing depends on it; no factors, since round trips of microseconds would make them too strict. */
const WAIT_SECONDS = "1";

/** Whether the outcome depends on how long the trace waits. */
export function isAboutTime(scenario: Scenario): boolean {
	const { timeoutNs, waitMaxNs, waitHere, waitNear } = scenario.trace.options ?? {};
	const isSlow = Object.values(scenario.nodes).some((spec) => spec.kind === "router" && spec.icmpDelayMs !== undefined);
	return isSlow || [timeoutNs, waitMaxNs, waitHere, waitNear, scenario.expect.late].some((wish) => wish !== undefined);
}

function waitArgs(scenario: Scenario): string[] {
	if (!isAboutTime(scenario)) return ["-w", WAIT_SECONDS];
	const { waitMaxNs, waitHere, waitNear } = scenario.trace.options ?? {};
	if (waitMaxNs === undefined && waitHere === undefined && waitNear === undefined) return [];
	const waits = { ...DEFAULT_TRACE_OPTIONS, ...scenario.trace.options };
	return ["-w", [seconds(waits.waitMaxNs), waits.waitHere, waits.waitNear].join()];
}

/** Which trace to run of a scenario. */
export interface TraceVariant {
	readonly family: Family;
	readonly method: string;
	readonly channel: "errorQueue" | "raw" | "session";
}

/** Arguments of `whither` that run the scenario's trace and print its result as JSON. */
export function traceArgs(scenario: Scenario, variant: TraceVariant): readonly string[] {
	const options = scenario.trace.options ?? {};
	return [
		"trace",
		"--json",
		"-n",
		...["-M", variant.method, "--channel", variant.channel],
		...flagsOf(options),
		...waitArgs(scenario),
		nodeAddress(scenario, scenario.trace.to, variant.family),
		...(options.length === undefined || options.length === null ? [] : [String(options.length)]),
	];
}
