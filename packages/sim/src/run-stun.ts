/** A discovery of NAT behaviour in the simulated internet, in virtual time. */
import {
	behaviourSockets,
	type Family,
	type Instant,
	MILLISECOND,
	type NatBehaviour,
	type NatBehaviourConfig,
	type NatBehaviourEvent,
	SECOND,
} from "@whither/core";
import { Internet } from "./internet.ts";
import type { Endpoint } from "./program.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { BehaviourProgram, type DiscoveryCounters, StunServerProgram } from "./stun-programs.ts";
import { nodeAddresses, publicAddresses } from "./topology.ts";

/** What is to be found out, and of which server. */
export interface RunStunOptions extends Pick<NatBehaviourConfig, "classic" | "lifetime"> {
	readonly family: Family;
	readonly server: Endpoint;
	/** Default: the scenario's. */
	readonly seed?: number;
	/** The discovery is stopped after so long; default: never. */
	readonly timeoutNs?: number;
}

/** What came of it. */
export interface SimulatedDiscovery {
	readonly behaviour: NatBehaviour;
	readonly events: readonly NatBehaviourEvent[];
	readonly endedAt: Instant;
	/** It was stopped before its end. */
	readonly timedOut: boolean;
	readonly counters: DiscoveryCounters;
}

/** The ports that simulated STUN servers listen on: STUN's own, and the second that RFC 5780 wants. */
const STUN_PORTS = [3478, 3479];
/** The first port of a discovery's sockets. */
const FIRST_PORT = 50_000;
const STEP_NS = 10 * MILLISECOND;
/** No discovery takes longer, lifetime included. */
const LONGEST_NS = 20_000 * SECOND;

/**
 * Runs a discovery from the scenario's tracing host. Every host with public addresses, or the trace's target where there
 * is none, serves STUN on all of them; with two it answers RFC 5780.
 */
export function runStun(scenario: Scenario, options: RunStunOptions): SimulatedDiscovery {
	const { family, server, seed, classic = false, lifetime, timeoutNs = Number.POSITIVE_INFINITY } = options;
	const internet = new Internet({ scenario, family, ...(seed === undefined ? {} : { seed }) });
	for (const name of stunHosts(scenario)) {
		internet.attach(name, new StunServerProgram(stunEndpoints(scenario, name, family), { classic: true }));
	}
	const address = internet.address(scenario.trace.from);
	const sockets = Array.from({ length: behaviourSockets({ lifetime: lifetime !== undefined }) }, (_, index) => {
		return { address, port: FIRST_PORT + index };
	});
	const program = new BehaviourProgram({
		secret: secretFrom(new Random(seed ?? scenario.seed ?? 1)),
		server,
		sockets,
		classic,
		...(lifetime === undefined ? {} : { lifetime }),
	});
	const attached = internet.attach(scenario.trace.from, program);
	const endedAt = advance(internet, program, timeoutNs);
	const timedOut = program.behaviour === null;
	if (timedOut) {
		program.stop();
		attached.wake(endedAt);
	}
	const { behaviour, events, counters } = program;
	if (behaviour === null) throw new Error("a discovery that was stopped tells no end");
	return { behaviour, events, endedAt, timedOut, counters };
}

function advance(internet: Internet, program: BehaviourProgram, timeoutNs: number): Instant {
	const limit = Math.min(timeoutNs, LONGEST_NS);
	let now = 0;
	while (program.behaviour === null && now < limit) {
		now = Math.min(now + STEP_NS, limit);
		internet.advance(now);
	}
	return now;
}

function stunHosts({ nodes, trace }: Scenario): readonly string[] {
	const hosts = Object.entries(nodes).flatMap(([name, spec]) =>
		spec.kind === "host" && (spec.publicAddresses ?? 0) > 0 ? [name] : [],
	);
	return hosts.length > 0 ? hosts : [trace.to];
}

/** Where a simulated host serves STUN. */
function stunEndpoints(scenario: Scenario, name: string, family: Family): readonly Endpoint[] {
	const known = publicAddresses(scenario, name, family);
	const addresses = known.length > 0 ? known : nodeAddresses(scenario, name, family);
	return addresses.flatMap((address) => STUN_PORTS.map((port) => ({ address, port })));
}

function secretFrom(random: Random): Uint8Array {
	return Uint8Array.from({ length: 32 }, () => random.uint32() & 0xff);
}
