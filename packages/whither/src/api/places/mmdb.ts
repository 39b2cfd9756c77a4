/** Data sets in the MaxMind DB format: where addresses are, and whose. */
import { Reader, type Response } from "mmdb-lib";
import type { FactsLookup } from "./facts.ts";
import { factsOfRecord } from "./mmdb-facts.ts";

const LONGEST_SOURCE = 64;
/** A file that is torn in the middle shows it at one of them. */
const TRIALS = ["1.0.0.1", "8.8.8.8", "77.1.2.3", "130.1.2.3", "193.0.0.1", "223.0.0.1", "2001:4860::1", "2a00::1"];

/** A look-up in it; throws where it is no such file. `fileName`: what it is called where it has no name for itself. */
export function readMmdb(bytes: Buffer, fileName: string): FactsLookup {
	const lookup = lookupIn(new Reader<Response>(bytes), bytes.length, fileName);
	for (const address of TRIALS) lookup(address);
	return async (address) => lookup(address);
}

function lookupIn(reader: Reader<Response>, fileBytes: number, fileName: string) {
	const { metadata } = reader;
	if (![4, 6].includes(metadata.ipVersion)) throw new Error(`its IP version is ${metadata.ipVersion}`);
	if (!(metadata.searchTreeSize > 0 && metadata.searchTreeSize < fileBytes))
		throw new Error("its search tree does not fit into it");
	const { databaseType } = metadata;
	const source = typeof databaseType === "string" && databaseType !== "" ? databaseType : fileName;
	return (address: string) => {
		if (metadata.ipVersion === 4 && address.includes(":")) return null;
		return factsOfRecord(reader.get(address.replace(/%.*$/, "")), source.slice(0, LONGEST_SOURCE));
	};
}
