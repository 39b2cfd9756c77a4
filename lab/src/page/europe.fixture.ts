/** The page of a server whose network lives in memory: a dozen hops across Europe, with networks and places, for pictures and for what is no matter of a kernel. */
import type { Place, RoundsOrder } from "@whither/core";
import { DEMO, nodeNames, type Scenario } from "@whither/sim";
import { simulated } from "../../../packages/whither/src/api/simulated.ts";
import type { World } from "../../../packages/whither/src/api/world.ts";
import { type RunningServer, serve } from "../../../packages/whither/src/server/serve.ts";
import type { ServeOptions } from "../../../packages/whither/src/server/serve-options.ts";

/** DEMO with what it leaves out: a router that limits its answers, and a path that goes on across an ocean. */
export const EUROPE: Scenario = {
	...DEMO,
	nodes: { ...DEMO.nodes, "access.lisbon": { kind: "router", icmpLimit: { perSecond: 1, burst: 3 }, icmpJitterMs: 1 } },
};
/** Where everything is traced to. */
export const TARGET = EUROPE.trace.to;

const SITES: Readonly<Record<string, readonly [country: string, city: string, latitude: number, longitude: number]>> = {
	lisbon: ["PT", "Lisbon", 38.7, -9.1],
	madrid: ["ES", "Madrid", 40.4, -3.7],
	bordeaux: ["FR", "Bordeaux", 44.8, -0.6],
	barcelona: ["ES", "Barcelona", 41.4, 2.2],
	paris: ["FR", "Paris", 48.9, 2.4],
	brussels: ["BE", "Brussels", 50.8, 4.4],
	amsterdam: ["NL", "Amsterdam", 52.4, 4.9],
	frankfurt: ["DE", "Frankfurt", 50.1, 8.7],
};

/** Networks for documentation (RFC 5398) by where a router stands. */
const NETWORKS: readonly (readonly [ending: RegExp, asn: string, name: string])[] = [
	[/lisbon$/, "AS64496", "Tejo Access"],
	[/^(gateway|server|firewall)/, "AS64500", "Main Hosting"],
	[/\./, "AS64498", "Meridian Transit"],
];

/** Names of routers as strangers may give them, by node. */
export type StrangeNames = Readonly<Record<string, string>>;

/** Names, networks and places of the scenario; a trace with an end takes no time, one without goes at life's pace. */
function europe(strange: StrangeNames, slowedBy: number): World {
	const names = nodeNames(EUROPE);
	const [once, life] = [simulated(EUROPE), simulated(EUROPE, { pace: "real", slowedBy })];
	const networkOf = (address: string) => {
		const name = names.get(address) ?? "";
		return name.endsWith(".home") ? undefined : NETWORKS.find(([ending]) => ending.test(name));
	};
	const placeOf = (address: string): Place | null => {
		const site = SITES[(names.get(address) ?? "").split(".").at(-1) ?? ""];
		if (site === undefined) return null;
		const [country, city, latitude, longitude] = site;
		return { country, city, latitude, longitude, source: "Test-City" };
	};
	return {
		...life,
		reverse: async (address) => strange[names.get(address) ?? ""] ?? names.get(address) ?? null,
		origins: async () => async (address) => networkOf(address)?.[1] ?? null,
		asNames: async () => async (asn) => NETWORKS.find(([, known]) => known === asn)?.[2] ?? null,
		places: async () => async (address) => ({
			...{ place: placeOf(address), exchange: null },
			...{ asn: networkOf(address)?.[1] ?? null, asName: networkOf(address)?.[2] ?? null },
		}),
		rounds: (order: RoundsOrder, on) => {
			const world = order.rounds.rounds === null ? life : once;
			return world.rounds?.(order, on) ?? { stop: () => {} };
		},
	};
}

/** A server on this machine alone. */
export interface EuropeServer {
	readonly server: RunningServer;
	readonly url: string;
}

/** Starts it on a free port. Traces go `slowedBy` times slower than they would in life. */
export async function openEurope(
	order: { readonly names?: StrangeNames; readonly slowedBy?: number; readonly options?: ServeOptions } = {},
): Promise<EuropeServer> {
	const server = await serve({
		...{ listen: ["127.0.0.1"], stunPort: 0, port: 0, turn: false },
		...{ world: europe(order.names ?? {}, order.slowedBy ?? 1), places: ["europe"], origins: true },
		...order.options,
	});
	const port = server.listening.find(({ role }) => role === "http")?.port ?? 0;
	return { server, url: `http://127.0.0.1:${port}/` };
}
