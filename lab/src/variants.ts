/** Which traces of a scenario the lab runs: by which method, over which kind of socket, as whom. */
import { DEFAULT_TRACE_OPTIONS, type Family } from "@whither/core";
import { type Scenario, scenarioChannels } from "@whither/sim";
import type { User } from "./run.ts";
import { isAboutTime, type TraceVariant } from "./trace-args.ts";

/** A trace and who runs it: raw sockets want root, everything else must do without. */
export interface LabVariant extends TraceVariant {
	readonly user: User;
}

/** The methods beside the default one that find the same hops where the far end answers them all. */
const OTHER_METHODS = ["icmp", "tcp", "tcpconnect"] as const;

function withMethod(scenario: Scenario, method: string): Scenario {
	return { ...scenario, trace: { ...scenario.trace, options: { ...scenario.trace.options, method } } };
}

/** Whether the outcome depends on the probes' protocol, by what the scenario says of its nodes and of its end. */
function isAboutProtocol(scenario: Scenario): boolean {
	const { options = {}, channels } = scenario.trace;
	if (options.method !== undefined || channels !== undefined || options.port !== undefined) return true;
	// A TCP SYN has no room for a length of choice.
	if (options.length !== undefined) return true;
	// The kernel's own connects have no length of ours either.
	if (options.pathMtu === true) return true;
	const { inferred, duplicates, late, warnings } = scenario.expect;
	if ([inferred, duplicates, late, warnings].some((wish) => wish !== undefined)) return true;
	return Object.values(scenario.nodes).some((spec) => {
		if (spec.kind === "router") return spec.silent === "tcp" || (spec.icmpLimit ?? "none") !== "none";
		const { udp, tcpPorts, tcpDefault, icmpEcho, icmpLimit, copies, answersFrom } = spec;
		return [udp, tcpPorts, tcpDefault, icmpEcho, icmpLimit, copies, answersFrom].some((wish) => wish !== undefined);
	});
}

/** Whether random faults decide what is answered, so that other probes than the default's see other faults. */
function isRandom(scenario: Scenario): boolean {
	const faults = scenario.links.flatMap((link) => [link, ...Object.values(link.oneWay ?? {})]);
	return faults.some(({ loss, corrupt, reorder, duplicate }) =>
		[loss, corrupt, reorder, duplicate].some((share) => (share ?? 0) > 0),
	);
}

/** Every trace of the scenario to run, both families. */
export function labVariants(scenario: Scenario): readonly LabVariant[] {
	const own = scenario.trace.options?.method ?? DEFAULT_TRACE_OPTIONS.method;
	const methods = isAboutProtocol(scenario) || isRandom(scenario) ? [own] : [own, ...OTHER_METHODS];
	return (scenario.families ?? ([4, 6] as const)).flatMap((family: Family) =>
		methods.flatMap((method) =>
			scenarioChannels(withMethod(scenario, method)).flatMap((channel) => {
				// The command has no socket to lend.
				if (channel === "borrowed") return [];
				const user: User = channel === "errorQueue" ? "nobody" : "root";
				return [{ family, method, channel, user }];
			}),
		),
	);
}

/** Whether packets take turns between ways: which of them a probe meets depends on how many went before. */
function takesTurns(scenario: Scenario): boolean {
	return Object.values(scenario.nodes).some((spec) => spec.kind === "router" && spec.ecmp === "perPacket");
}

/**
 * What a variant must find in the lab. Another method than the scenario's own finds the same hops, the last of them
 * answered in that method's own way; and no real clock promises that both ways of a balancer see a given TTL.
 */
export function scenarioFor(scenario: Scenario, variant: TraceVariant): Scenario {
	const own = scenario.trace.options?.method ?? DEFAULT_TRACE_OPTIONS.method;
	const isOwn = variant.method === own;
	const hops = scenario.expect.hops.map(({ kind, seen, ...hop }) => ({
		...hop,
		...((isOwn || kind === "timeExceeded") && kind !== undefined && { kind }),
		...(!takesTurns(scenario) && seen !== undefined && { seen }),
	}));
	return { ...(isOwn ? scenario : withMethod(scenario, variant.method)), expect: { ...scenario.expect, hops } };
}

/** Whether one trace changes what the next one meets, so that each wants a network of its own. */
export function leavesTraces(scenario: Scenario): boolean {
	return Object.values(scenario.nodes).some(({ icmpLimit }) => (icmpLimit ?? "none") !== "none");
}

/** Whether traces may run side by side: not where chance or the clock decides what they find. */
export function mayRunTogether(scenario: Scenario): boolean {
	return !leavesTraces(scenario) && !isRandom(scenario) && !isAboutTime(scenario) && !takesTurns(scenario);
}
