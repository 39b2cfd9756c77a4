/** A scenario that many measurements want: a client, routers in a row, a target. */
import type { ExpectedHop, HostSpec, LinkSpec, RouterSpec, Scenario } from "@whither/sim";

/** What a chain is like: how many routers, how slow its links, what its machines do. */
export interface ChainOptions {
	/** Routers between client and target. */
	readonly routers: number;
	/** One-way delay of every link; default none. */
	readonly linkDelayMs?: number;
	/** What differs of a router, by its TTL. */
	readonly router?: Readonly<Record<number, Partial<RouterSpec>>>;
	readonly target?: Partial<HostSpec>;
}

/** Nodes `client`, `r1` ..., `target`, joined in this order; the target answers at TTL routers + 1. */
export function chainScenario({ routers, linkDelayMs = 0, router = {}, target = {} }: ChainOptions): Scenario {
	const names = Array.from({ length: routers }, (_, index) => `r${index + 1}`);
	const row = ["client", ...names, "target"];
	const links = row
		.slice(1)
		.map((name, index): LinkSpec => ({ between: [row[index] ?? "", name], delayMs: linkDelayMs }));
	const specs = names.map((name, index): [string, RouterSpec] => [name, { kind: "router", ...router[index + 1] }]);
	const hops = [...names, "target"].map((name, index): ExpectedHop => ({ ttl: index + 1, from: [name] }));
	return {
		name: `${routers} routers in a row`,
		about: "A plain path.",
		nodes: { client: { kind: "host" }, ...Object.fromEntries(specs), target: { kind: "host", ...target } },
		links,
		trace: { from: "client", to: "target" },
		lab: true,
		expect: { reached: true, stopReason: "reached", hops },
	};
}
