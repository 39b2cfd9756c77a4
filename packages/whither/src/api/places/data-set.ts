/** Data sets that the user names: where addresses are, whose, and at which exchange. Nothing leaves this machine. */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { WhitherError } from "../error.ts";
import { isJson, readExchanges } from "./exchanges.ts";
import type { FactsLookup, Provider } from "./facts.ts";
import { readMmdb } from "./mmdb.ts";

/** The largest data sets that are sold have some 2 GB, which is also the most that Node reads into one buffer everywhere. */
const MOST_BYTES = 2 ** 31 - 1;

/** Open ones by path, with what tells whether the file has changed: many traces share one reading. */
const open = new Map<string, { readonly stamp: string; readonly lookup: Promise<FactsLookup> }>();

/** A provider that reads from this file, an mmdb or a list of exchanges in JSON; rejects with `badOption` where it is none or cannot be read. */
export async function openDataSet(file: string): Promise<Provider> {
	const found = await stat(file).catch((error) => Promise.reject(unreadable(file, error)));
	if (!found.isFile() || found.size > MOST_BYTES)
		throw broken(file, found.isFile() ? "it is larger than 2 GB" : "it is no file");
	const stamp = `${found.dev} ${found.ino} ${found.size} ${found.mtimeMs}`;
	const before = open.get(file);
	const opened = before?.stamp === stamp ? before : { stamp, lookup: readDataSet(file) };
	open.set(file, opened);
	// The next one tries anew.
	opened.lookup.catch(() => open.delete(file));
	return {
		name: `data set ${basename(file)}`,
		privacy: "Nobody learns anything: the file is on this machine.",
		timeoutMs: null,
		cacheMs: null,
		lookup: await opened.lookup,
	};
}

async function readDataSet(file: string): Promise<FactsLookup> {
	const bytes = await readFile(file).catch((error) => Promise.reject(unreadable(file, error)));
	try {
		return isJson(bytes) ? readExchanges(bytes) : readMmdb(bytes, basename(file));
	} catch (thrown) {
		throw broken(file, thrown instanceof Error ? thrown.message : String(thrown));
	}
}

function unreadable(file: string, { code = "", message }: NodeJS.ErrnoException): WhitherError {
	const words = message.replace(/^[A-Z\d]+: /, "").replace(/, (open|stat|read)\b.*$/, "");
	const sentence = `The data set ${file} cannot be read: ${words} (${code}); name an mmdb file, or a list of exchanges in JSON`;
	return new WhitherError("badOption", sentence, { option: "places", value: file, errno: code });
}

function broken(file: string, why: string): WhitherError {
	const sentence = `${file} is no data set that can be read (${why.split("\n")[0]}); get it anew, or leave it out`;
	return new WhitherError("badOption", sentence, { option: "places", value: file });
}
