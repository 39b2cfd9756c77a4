/** Where a path goes on the map, as far as data sets know. */
import type { PathSummary, Place } from "@whither/core";

/** What was looked up of an address. */
export interface LookedUp {
	/** What its network is called. */
	readonly asName?: string;
	readonly place?: Place;
	/** The internet exchange whose network it is on. */
	readonly exchange?: string;
}

/** Asks what was looked up of an address. */
export type LookUp = (address: string) => LookedUp;

/** Hops that stand at one place, in the order of the path. */
export interface PlacedHops {
	readonly ttls: readonly number[];
	readonly longitude: number;
	readonly latitude: number;
	readonly words: string;
	readonly isTarget: boolean;
}

/** `Frankfurt, DE`. */
export function placeWords({ city, country }: Place): string {
	return [city, country].filter((part) => part !== null).join(", ");
}

/** Places in the order of the path; hops that follow each other at one place are one entry. Whoever answers now stands for its hop. */
export function placedHops({ hops }: PathSummary, lookUp: LookUp): readonly PlacedHops[] {
	const placed: PlacedHops[] = [];
	for (const { ttl, answerers, isTarget } of hops) {
		const [answerer] = answerers;
		const place = answerer === undefined ? undefined : lookUp(answerer.address).place;
		if (place === undefined || place.latitude === null || place.longitude === null) continue;
		const { latitude, longitude } = place;
		const last = placed.at(-1);
		if (last !== undefined && last.latitude === latitude && last.longitude === longitude) {
			placed[placed.length - 1] = { ...last, ttls: [...last.ttls, ttl], isTarget: last.isTarget || isTarget };
		} else placed.push({ ttls: [ttl], latitude, longitude, words: placeWords(place), isTarget });
	}
	return placed;
}

/** `hop 3`, `hops 3 to 5`, `hops 3, 5`. */
export function ttlWords(ttls: readonly number[]): string {
	const [first = 0] = ttls;
	const last = ttls.at(-1) ?? first;
	if (first === last) return `hop ${first}`;
	const isRun = last - first + 1 === ttls.length;
	return isRun ? `hops ${first} to ${last}` : `hops ${ttls.join(", ")}`;
}
