/** Building blocks of the scenarios: a chain of routers between "source" and "target", and what its hops look like. */
import type { ExpectedHop, HostSpec, LinkSpec, NodeSpec, RouterSpec, Scenario } from "../scenario.ts";

/** A chain source, r1, r2, ..., target; link 0 is the source's, link n the one behind router n. */
export interface PathSpec {
	readonly routers: number;
	/** Of each link, one way. Default 1. */
	readonly delayMs?: number;
	/** What differs from a plain router. */
	readonly router?: Readonly<Record<string, Omit<RouterSpec, "kind">>>;
	readonly target?: Omit<HostSpec, "kind">;
	/** What differs on a link, by its number. */
	readonly link?: Readonly<Record<number, Omit<LinkSpec, "between">>>;
}

/** Nodes and links of a chain. */
export function path(spec: PathSpec): Pick<Scenario, "nodes" | "links"> {
	const routers = Array.from({ length: spec.routers }, (_, index) => `r${index + 1}`);
	const names = ["source", ...routers, "target"];
	const nodes: Record<string, NodeSpec> = { source: { kind: "host" } };
	for (const name of routers) nodes[name] = { kind: "router", ...spec.router?.[name] };
	nodes.target = { kind: "host", ...spec.target };
	const links = names.slice(1).map((name, index): LinkSpec => {
		const previous = names[index] ?? "source";
		return { between: [previous, name], delayMs: spec.delayMs ?? 1, ...spec.link?.[index] };
	});
	return { nodes, links };
}

/** Hops `first` to `last`, each answered by the router of that number. */
export function routerHops(first: number, last: number): ExpectedHop[] {
	return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
		return { ttl: first + index, from: [`r${first + index}`], kind: "timeExceeded" as const };
	});
}

/** Hops that nobody answers. */
export function silentHops(first: number, last: number): ExpectedHop {
	return { ttl: first, through: last, from: [null] };
}

/** The target's hop; by default it says "port unreachable". */
export function targetHop(ttl: number, more: Partial<ExpectedHop> = {}): ExpectedHop {
	return { ttl, from: ["target"], kind: "portUnreachable", ...more };
}

/** From "source" to "target". */
export const ENDS = { from: "source", to: "target" } as const;
