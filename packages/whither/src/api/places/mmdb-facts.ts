/** Records of mmdb files read into facts: the layouts of MaxMind (DB-IP too), of IPinfo, and flat ones. Pure. */
import type { AddressFacts } from "./facts.ts";

const LONGEST_NAME = 200;
/** AS numbers have 32 bits (RFC 6793). */
const MOST_ASN = 0xffff_ffff;

/** What a record says; null: nothing that we know to read. `source`: the data set's name. */
export function factsOfRecord(record: unknown, source: string): AddressFacts | null {
	const country = code(at(record, "country", "iso_code"), at(record, "country_code"), at(record, "country"));
	const city = name(at(record, "city", "names", "en"), at(record, "city_name"), at(record, "city"));
	const [latitude, longitude] = coordinates(record);
	const asn = asNumber(record);
	const asName = name(
		at(record, "autonomous_system_organization"),
		at(record, "traits", "autonomous_system_organization"),
		...(asn === null ? [] : [at(record, "as_name"), at(record, "name"), at(record, "org")]),
	);
	const isPlace = country !== null || city !== null || latitude !== null;
	if (!isPlace && asn === null && asName === null) return null;
	return { place: isPlace ? { country, city, latitude, longitude, source } : null, asn, asName, exchange: null };
}

/** What lies at the end of these keys; undefined: nothing. */
function at(record: unknown, ...keys: readonly string[]): unknown {
	let value = record;
	for (const key of keys) {
		if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
		value = (value as Readonly<Record<string, unknown>>)[key];
	}
	return value;
}

function name(...values: readonly unknown[]): string | null {
	const found = values.find((value) => typeof value === "string" && value.trim() !== "");
	return typeof found === "string" ? found.trim().slice(0, LONGEST_NAME) : null;
}

/** ISO 3166-1; `country` is a name in some layouts. */
function code(...values: readonly unknown[]): string | null {
	const found = values.find((value) => typeof value === "string" && /^[A-Za-z]{2}$/.test(value));
	return typeof found === "string" ? found.toUpperCase() : null;
}

function coordinates(record: unknown): readonly [number, number] | readonly [null, null] {
	const latitude = degrees(90, at(record, "location", "latitude"), at(record, "latitude"), at(record, "lat"));
	const [east, lng] = [at(record, "longitude"), at(record, "lng")];
	const longitude = degrees(180, at(record, "location", "longitude"), east, lng);
	return latitude === null || longitude === null ? [null, null] : [latitude, longitude];
}

/** IPinfo writes them as text. */
function degrees(most: number, ...values: readonly unknown[]): number | null {
	for (const value of values) {
		const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
		if (typeof number === "number" && Math.abs(number) <= most) return number;
	}
	return null;
}

function asNumber(record: unknown): string | null {
	const [flat, trait] = [at(record, "autonomous_system_number"), at(record, "traits", "autonomous_system_number")];
	for (const value of [flat, trait, at(record, "asn")]) {
		const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
		const digits = /^(?:AS)?(\d{1,10})$/i.exec(text)?.[1];
		if (digits !== undefined && Number(digits) > 0 && Number(digits) <= MOST_ASN) return `AS${Number(digits)}`;
	}
	return null;
}
