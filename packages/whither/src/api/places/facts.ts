/** What is to be known of an address besides its name, and the shape of whoever tells it. */
import type { Place } from "@whither/core";

/** Null: not known. */
export interface AddressFacts {
	readonly place: Place | null;
	/** `AS64500`. */
	readonly asn: string | null;
	/** What that system is called. */
	readonly asName: string | null;
	/** The internet exchange whose network it is on. */
	readonly exchange: string | null;
}

/** Null: nothing is known. Rejects where nobody answers. */
export type FactsLookup = (address: string) => Promise<AddressFacts | null>;

/** One of those who tell. None is asked unless the user says so. */
export interface Provider {
	readonly name: string;
	/** Who learns of what is asked; one sentence. */
	readonly privacy: string;
	/** An answer is given up after so long; null: nothing is waited for. */
	readonly timeoutMs: number | null;
	/** How long an answer may be kept; null: as long as the provider is. */
	readonly cacheMs: number | null;
	readonly lookup: FactsLookup;
}

/** What the first that knows it says, of each; a place with coordinates goes before one without. */
export function mergeFacts(all: readonly (AddressFacts | null)[]): AddressFacts | null {
	const known = all.filter((facts) => facts !== null);
	if (known.length === 0) return null;
	const places = known.flatMap(({ place }) => (place === null ? [] : [place]));
	return {
		place: places.find(({ latitude }) => latitude !== null) ?? places[0] ?? null,
		asn: known.find(({ asn }) => asn !== null)?.asn ?? null,
		asName: known.find(({ asName }) => asName !== null)?.asName ?? null,
		exchange: known.find(({ exchange }) => exchange !== null)?.exchange ?? null,
	};
}

/** A look-up that asks all of them. */
export function askAll(providers: readonly Provider[]): FactsLookup {
	return async (address) => mergeFacts(await Promise.all(providers.map(({ lookup }) => lookup(address))));
}
