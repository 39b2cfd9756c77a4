/** Places for the live screen, and exchanges, from the data sets that --geoip-mmdb and --ixp name; nobody is asked. */
import type { World } from "../../api/world.ts";
import type { AskFacts } from "../../screen/live/fact-lookups.ts";

/** Null: none were named. Rejects with a `WhitherError` where one cannot be read. */
export async function placeFacts(world: World, files: readonly string[] = []): Promise<AskFacts | null> {
	const lookup = files.length === 0 ? undefined : await world.places?.(files);
	if (lookup === undefined) return null;
	return async (address) => {
		const facts = await lookup(address);
		if (facts === null) return {};
		const { place, asn, asName, exchange } = facts;
		const label = [place?.city, place?.country].filter((word) => typeof word === "string").join(", ");
		const { latitude = null, longitude = null } = place ?? {};
		return {
			...(asn !== null && { asn }),
			...(asName !== null && { asName }),
			...(exchange !== null && { exchange }),
			...(latitude !== null && longitude !== null && { place: { latitude, longitude, label } }),
		};
	};
}
