/** The internet that a session takes place in: two homes, what is before them, where they go, and a server. */
import type { Family } from "@whither/core";
import { BothFamilies } from "../both-families.ts";
import type { NodeHook } from "../node.ts";
import type { HostSpec, LinkSpec, NodeSpec, RouterSpec, Scenario } from "../scenario.ts";
import { publicAddresses } from "../topology.ts";
import { type Box, OPEN, routerOf } from "./box.ts";
import type { SessionSpec, Side } from "./session-spec.ts";

const HOST: HostSpec = { kind: "host" };
const ROUTER: RouterSpec = { kind: "router" };

/** Nodes by the names of sides. */
export const HOSTS: Readonly<Record<Side, string>> = { a: "lanA", b: "lanB" };
export const ROAMING: Readonly<Record<Side, string>> = { a: "roamA", b: "roamB" };

/** The internets of a session's families. */
export function sessionWorld(spec: SessionSpec, options: { readonly records: boolean }): BothFamilies {
	const { seed, families } = spec;
	return new BothFamilies(families, (family) => {
		const scenario = sessionScenario(spec, family);
		const hooks = spec.place === "oneHomeIsolated" ? { switch: [isolation(scenario)] } : {};
		return { scenario, seed, hooks, records: options.records };
	});
}

/** The server's address. */
export function serverAddress(world: BothFamilies, family: Family): string {
	const [address] = publicAddresses(world.of(family).scenario, "srv", family);
	if (address === undefined) throw new RangeError("the server has a public address");
	return address;
}

function sessionScenario(spec: SessionSpec, family: Family): Scenario {
	const { a, b, place, moves, delayMs, loss, reorder, duplicate } = spec;
	const nodes: Record<string, NodeSpec> = {};
	const pairs: (readonly [string, string])[] = [];
	const router = (name: string, box: Box, outside: string) => {
		nodes[name] = routerOf(box, outside);
		pairs.push([name, outside]);
	};
	const isOneHome = place === "oneHome" || place === "oneHomeIsolated";
	const [inA, inB] = isOneHome ? ["switch", "switch"] : ["homeA", "homeB"];
	pairs.push(["lanA", inA], ["lanB", inB]);
	Object.assign(nodes, { lanA: HOST, lanB: HOST, wan: ROUTER, srv: { ...HOST, publicAddresses: 1 } });
	if (isOneHome) router("switch", OPEN, "homeA");
	router("homeA", a.home[family], a.carrier === null ? "wan" : "carrierA");
	if (a.carrier !== null) router("carrierA", a.carrier[family], "wan");
	if (!isOneHome) {
		const carrier = place === "oneCarrier" ? "carrierA" : b.carrier === null ? "wan" : "carrierB";
		router("homeB", b.home[family], carrier);
		if (carrier === "carrierB" && b.carrier !== null) router("carrierB", b.carrier[family], "wan");
	}
	pairs.push(["srv", "wan"]);
	for (const [side, site] of moves.length === 0
		? []
		: ([
				["A", a],
				["B", b],
			] as const)) {
		nodes[`roam${side}`] = HOST;
		pairs.push([`roam${side}`, `elsewhere${side}`]);
		router(`elsewhere${side}`, site.elsewhere[family], "wan");
	}
	const links = pairs.map((between): LinkSpec => ({ between, delayMs, loss, reorder, duplicate }));
	const expect = { reached: true, stopReason: "reached", hops: [] } as const;
	const trace = { from: "lanA", to: "srv" };
	return { name: "two who meet", about: "An ICE session.", seed: spec.seed, nodes, links, trace, lab: true, expect };
}

/** What access points do that let nobody reach his neighbour: from a host's link to another host's nothing passes. */
function isolation({ links }: Scenario): NodeHook {
	const upLink = links.findIndex(({ between }) => between.includes("switch") && between.includes("homeA"));
	return (bytes, { point, inLink, outLink }) => {
		const isAcross = point === "forward" && inLink !== upLink && outLink !== upLink;
		return isAcross ? { drop: "between neighbours" } : bytes;
	};
}
