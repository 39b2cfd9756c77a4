/** Registry data of addresses for the live screen, from whoever is asked for origins. */
import { parseAsNameServer, parseAsServer, type RouteLookup } from "../../api/places/as-server.ts";
import type { World } from "../../api/world.ts";
import type { AskFacts } from "../../screen/live/fact-lookups.ts";

/** Who is asked; `names`: also what systems are called. */
export interface OriginServers {
	readonly server?: string | undefined;
	readonly names?: string | undefined;
}

/** Asks nobody before the first question. */
export function originFacts(world: World, { server = "dns", names }: OriginServers): AskFacts {
	let routes: Promise<RouteLookup> | null = null;
	let systems: Promise<(asn: string) => Promise<string | null>> | undefined;
	return async (address) => {
		routes ??= openRoutes(world, server);
		const route = await (await routes)(address);
		if (route === null) return { asn: null, prefix: null, country: null, registry: null, allocated: null };
		if (names === undefined) return route;
		systems ??= world.asNames?.(parseAsNameServer(names));
		// Several origins have one name to tell: the first one's. Nobody who knows it is no reason to tell nothing.
		const [first = ""] = route.asn.split("/");
		return { ...route, asName: (await (await systems)?.(first).catch(() => null)) ?? null };
	};
}

async function openRoutes(world: World, text: string): Promise<RouteLookup> {
	const server = parseAsServer(text);
	if (world.routes !== undefined) return world.routes(server);
	const origins = await world.origins(server);
	return async (address) => {
		const asn = await origins(address);
		return asn === null ? null : { asn, prefix: null, country: null, registry: null, allocated: null };
	};
}
