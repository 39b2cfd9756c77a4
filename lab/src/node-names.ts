/** Addresses back to the names that a scenario calls its nodes by. */
import type { TraceResult } from "@whither/core";
import { computeRoutes, facingAddresses, nodeNames, type Scenario } from "@whither/sim";

/** The hops of a result as one line each, in the scenario's names: for the message of a failed test. */
export function describeHops(scenario: Scenario, result: TraceResult): string {
	const names = nodeNames(scenario, result.family);
	const lines = result.hops.map(({ ttl, probes }) => {
		const answers = probes.map((probe) => {
			const who = probe.from === null ? "*" : (names.get(probe.from) ?? probe.from);
			return probe.reply === null ? who : `${who} (${probe.reply.kind})`;
		});
		return `${ttl}: ${answers.join(", ")}`;
	});
	return [`${result.stopReason}, reached: ${result.reached}`, ...lines].join("\n");
}

/**
 * The result with every router under the address that it faces the tracing host by, whichever of its own it used:
 * Linux answers IPv6 from the interface the packet came in by, the scenario names routers by the one towards the host.
 */
export function facingHost(scenario: Scenario, result: TraceResult): TraceResult {
	const names = nodeNames(scenario, result.family);
	const routes = computeRoutes(scenario);
	const facing = (from: string | null): string | null => {
		const name = from === null ? undefined : names.get(from);
		if (name === undefined || scenario.nodes[name]?.kind !== "router") return from;
		const own = facingAddresses(scenario, routes, name, scenario.trace.from, result.family);
		return own.find((address) => address === from) ?? own[0] ?? from;
	};
	const hops = result.hops.map((hop) => ({
		...hop,
		probes: hop.probes.map((probe) => ({ ...probe, from: facing(probe.from) })),
	}));
	return { ...result, hops };
}
