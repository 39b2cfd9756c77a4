import type { OwnAddress } from "./addresses.ts";
import type { FirstDraftOrigin, FirstDraftStream } from "./first-draft-io.ts";
import type { Ground } from "./ground.ts";

/** Which kind of address most peers can send to, the likeliest first (rule 10). */
const LIKELIHOOD: readonly FirstDraftOrigin[] = ["relay", "stun", "local"];

/** What a stream's description has to say (rules 10 and 11): all addresses that we have, and as `m=` and `c=` the one that is most likely to work with anyone. */
export function describe(ground: Ground, stream: number): FirstDraftStream {
	const own = ground.addresses.of(stream);
	const best = likeliest(own.filter(({ site }) => !site.vpn)) ?? likeliest(own);
	const alternatives = own.map(({ alt }) => alt);
	return { destination: best?.alt.at ?? null, rtcp: best?.alt.rtcp ?? null, alternatives };
}

function likeliest(own: readonly OwnAddress[]): OwnAddress | null {
	for (const origin of LIKELIHOOD) {
		const found = own.find(({ parts }) => parts.origin === origin && parts.isFurther !== true);
		if (found !== undefined) return found;
	}
	return null;
}
