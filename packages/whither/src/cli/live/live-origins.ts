/** Registry data of addresses for the live screen, from whoever is asked for origins. */
import { type AsLookup, parseAsServer } from "../../api/places/as-server.ts";
import type { World } from "../../api/world.ts";
import type { AskFacts } from "../../screen/live/fact-lookups.ts";

/** Asks nobody before the first question. */
export function originFacts(world: World, server = "dns"): AskFacts {
	let lookup: Promise<AsLookup> | null = null;
	return async (address) => {
		lookup ??= world.origins(parseAsServer(server));
		return { asn: await (await lookup)(address) };
	};
}
