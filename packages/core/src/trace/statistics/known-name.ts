/** What is known of an address beside its answers. */
import type { Place } from "../result.ts";

/** Null, absent: not known. */
export interface KnownName {
	readonly name: string | null;
	readonly asn: string | null;
	readonly asName?: string;
	readonly place?: Place;
	readonly exchange?: string;
}

/** Both together; what is known stays known. The same object where the news is none. */
export function learnName(before: KnownName | undefined, news: KnownName): KnownName {
	if (before === undefined) return news;
	const name = news.name ?? before.name;
	const asn = news.asn ?? before.asn;
	const asName = news.asName ?? before.asName;
	const place = isSamePlace(news.place, before.place) ? before.place : (news.place ?? before.place);
	const exchange = news.exchange ?? before.exchange;
	const isNews = [name !== before.name, asn !== before.asn, asName !== before.asName, place !== before.place];
	return isNews.includes(true) || exchange !== before.exchange
		? knownName(name, asn, { asName, place, exchange })
		: before;
}

/** Without what is not known. */
export function knownName(
	name: string | null,
	asn: string | null,
	{
		asName,
		place,
		exchange,
	}: { readonly [Key in "asName" | "place" | "exchange"]?: KnownName[Key] | null | undefined },
): KnownName {
	return { name, asn, ...(asName && { asName }), ...(place && { place }), ...(exchange && { exchange }) };
}

/** Places that were read from files are other objects every time. */
function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
	if (one === undefined || other === undefined) return false;
	const keys = ["country", "city", "latitude", "longitude", "source"] as const;
	return keys.every((key) => one[key] === other[key]);
}
