/** A scenario's trace as a command line of `whither`. */
import type { Family } from "@whither/core";
import { nodeAddress, type Scenario, type TraceSpec } from "@whither/sim";

type Options = NonNullable<TraceSpec["options"]>;

const seconds = (nanoseconds: number): string => String(nanoseconds / 1e9);

/** How each option is written; what is not here has no flag. */
const VALUED: readonly (readonly [key: keyof Options, flag: string, write: (value: number) => string])[] = [
	["port", "-p", String],
	["firstTtl", "-f", String],
	["maxTtl", "-m", String],
	["queries", "-q", String],
	["simultaneous", "-N", String],
	["timeoutNs", "-Q", seconds],
	["maxSilentHops", "-H", String],
	["sendWaitNs", "-z", seconds],
	["tos", "-t", String],
	["flowLabel", "-l", String],
	["sourcePort", "--sport", String],
	["fwmark", "--fwmark", String],
];

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
	return ["-w", `${seconds(waitMaxNs ?? 3e9)},${waitHere ?? 3},${waitNear ?? 10}`];
}

/** Which trace to run of a scenario. */
export interface TraceVariant {
	readonly family: Family;
	readonly method: string;
	readonly channel: "errorQueue" | "raw" | "session";
}

/** The method's own options, one `-O` each. */
function methodArgs({ methodOptions = {} }: Options): readonly string[] {
	return Object.entries(methodOptions).flatMap(([name, value]) => ["-O", value === true ? name : `${name}=${value}`]);
}

/** Arguments of `whither` that run the scenario's trace and print its result as JSON. */
export function traceArgs(scenario: Scenario, variant: TraceVariant): readonly string[] {
	const options = scenario.trace.options ?? {};
	const valued = VALUED.flatMap(([key, flag, write]) => {
		const value = options[key];
		return typeof value === "number" ? [flag, write(value)] : [];
	});
	return [
		"trace",
		"--json",
		"-n",
		...["-M", variant.method, "--channel", variant.channel],
		...methodArgs(options),
		...valued,
		...waitArgs(scenario),
		...(options.dontFragment === true ? ["-F"] : []),
		...(options.pathMtu === true ? ["--mtu"] : []),
		nodeAddress(scenario, scenario.trace.to, variant.family),
		...(options.length === undefined || options.length === null ? [] : [String(options.length)]),
	];
}
