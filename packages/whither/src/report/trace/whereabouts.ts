/** Whose a router is, and where it stands, as text behind its address. */
import type { Place, ProbeResult } from "@whither/core";
import { printable } from "../printable.ts";

/** ` [AS64500] [at Example-IX] [Berlin, DE]`, as much of it as was asked for; ` [*]`: a system that is not known. */
export function formatWhereabouts({
	asn,
	asName,
	place,
	exchange,
}: Pick<ProbeResult, "asn" | "asName" | "place" | "exchange">): string {
	const system = asn === undefined ? "" : ` [${asName === undefined ? (asn ?? "*") : `${asn} ${printable(asName)}`}]`;
	const at = exchange === undefined ? "" : ` [at ${printable(exchange)}]`;
	return system + at + (place ? formatPlace(place) : "");
}

/** Nothing for coordinates alone. */
function formatPlace({ city, country }: Place): string {
	const words = [city, country].filter((word) => word !== null);
	return words.length === 0 ? "" : ` [${printable(words.join(", "))}]`;
}
