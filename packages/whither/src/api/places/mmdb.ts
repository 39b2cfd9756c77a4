/** Data sets in the MaxMind DB format that the user names: where addresses are, and whose. Nothing leaves this machine. */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { Reader, type Response } from "mmdb-lib";
import { WhitherError } from "../error.ts";
import type { FactsLookup, Provider } from "./facts.ts";
import { factsOfRecord } from "./mmdb-facts.ts";

/** The largest data sets that are sold have some 2 GB, which is also the most that Node reads into one buffer everywhere. */
const MOST_BYTES = 2 ** 31 - 1;
const LONGEST_SOURCE = 64;
/** A file that is torn in the middle shows it at one of them. */
const TRIALS = ["1.0.0.1", "8.8.8.8", "77.1.2.3", "130.1.2.3", "193.0.0.1", "223.0.0.1", "2001:4860::1", "2a00::1"];

/** Open ones by path, with what tells whether the file has changed: many traces share one reading. */
const open = new Map<string, { readonly stamp: string; readonly lookup: Promise<FactsLookup> }>();

/** A provider that reads from this file; rejects with `badOption` where it cannot be read or is no such file. */
export async function openMmdb(file: string): Promise<Provider> {
	const found = await stat(file).catch((error) => Promise.reject(unreadable(file, error)));
	if (!found.isFile() || found.size > MOST_BYTES)
		throw broken(file, found.isFile() ? "it is larger than 2 GB" : "it is no file");
	const stamp = `${found.dev} ${found.ino} ${found.size} ${found.mtimeMs}`;
	const before = open.get(file);
	const opened = before?.stamp === stamp ? before : { stamp, lookup: readMmdb(file) };
	open.set(file, opened);
	// The next one tries anew.
	opened.lookup.catch(() => open.delete(file));
	return {
		name: `mmdb ${basename(file)}`,
		privacy: "Nobody learns anything: the file is on this machine.",
		timeoutMs: null,
		cacheMs: null,
		lookup: await opened.lookup,
	};
}

async function readMmdb(file: string): Promise<FactsLookup> {
	const bytes = await readFile(file).catch((error) => Promise.reject(unreadable(file, error)));
	try {
		const reader = new Reader<Response>(bytes);
		const lookup = lookupIn(reader, bytes.length, basename(file));
		for (const address of TRIALS) lookup(address);
		return async (address) => lookup(address);
	} catch (thrown) {
		throw broken(file, thrown instanceof Error ? thrown.message : String(thrown));
	}
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

function unreadable(file: string, { code = "", message }: NodeJS.ErrnoException): WhitherError {
	const words = message.replace(/^[A-Z\d]+: /, "").replace(/, (open|stat|read)\b.*$/, "");
	const sentence = `The data set ${file} cannot be read: ${words} (${code}); name an mmdb file`;
	return new WhitherError("badOption", sentence, { option: "places", value: file, errno: code });
}

function broken(file: string, why: string): WhitherError {
	const sentence = `${file} is no mmdb data set (${why.split("\n")[0]}); get it anew, or leave it out`;
	return new WhitherError("badOption", sentence, { option: "places", value: file });
}
