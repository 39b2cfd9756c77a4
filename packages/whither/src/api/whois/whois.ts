/** `whois`: what the registries say of an address, a prefix, an AS number or a name. */

import { WhitherError } from "../error.ts";
import { type AnswerCache, cacheFolder, NO_CACHE, openAnswerCache } from "./answer-cache.ts";
import { askRegistries, type Outcome } from "./ask-registries.ts";
import { orderOf, type WhoisOrder, type WhoisRequestOptions } from "./options.ts";
import { parseWhoisQuery, type WhoisQuery } from "./query.ts";
import { readAnswer } from "./read-answer.ts";
import { type SpecialPurpose, specialPurpose } from "./special-purpose.ts";
import { WHOIS_SCHEMA, type WhoisAnswer } from "./whois-answer.ts";

/** Registries change little, but whoever has just changed something wants to see it. */
const FRESH_MS = 3_600_000;

/**
 * Ask who an address, a prefix, an AS number or a name belongs to. Rejects with a `WhitherError`: `badOption`, `noSuchObject` where the registry
 * has none, `noRegistry` where nobody could be asked, `aborted`.
 *
 *     const { name, prefixes, country } = await whois("193.0.6.139");
 */
export async function whois(query: string, options: WhoisRequestOptions = {}): Promise<WhoisAnswer> {
	const parsed = parseWhoisQuery(query);
	const order = orderOf(options);
	const special = order.rdap === null && order.whoisServer === null ? specialPurpose(parsed) : null;
	if (special !== null && !special.isGlobal) return specialAnswer(query, parsed, special);
	const cache = cacheOf(options.cache ?? true);
	const key = JSON.stringify([
		WHOIS_SCHEMA,
		parsed.text,
		order.protocols,
		order.rdap,
		order.bootstrap,
		order.whoisServer,
	]);
	const kept = await readKept(cache, key);
	if (kept !== null) return { ...kept, query, source: { ...kept.source, fromCache: true } };
	const answer = answerOf(query, parsed, order, await askRegistries(parsed, order, cache));
	if (options.signal?.aborted) throw new WhitherError("aborted", "The search was given up", { query });
	await cache.write(key, answer, Date.now());
	return answer;
}

function cacheOf(asked: boolean | string): AnswerCache {
	const folder = asked === true ? cacheFolder() : asked;
	return typeof folder === "string" && folder !== "" ? openAnswerCache(folder) : NO_CACHE;
}

async function readKept(cache: AnswerCache, key: string): Promise<WhoisAnswer | null> {
	const kept = await cache.read(key);
	const age = Date.now() - (kept?.savedAtMs ?? 0);
	return kept !== null && age >= 0 && age < FRESH_MS ? readAnswer(kept.value) : null;
}

function answerOf(query: string, { kind, text }: WhoisQuery, { reach }: WhoisOrder, outcome: Outcome): WhoisAnswer {
	if (outcome.type === "found") {
		const { protocol, server, facts, raw } = outcome;
		const source = { protocol, server, fromCache: false, askedAt: new Date().toISOString() };
		return { schema: WHOIS_SCHEMA, query, kind, source, ...facts, raw };
	}
	if (outcome.type === "absent") {
		const sentence = `${text} is not registered: ${outcome.server} has no such object`;
		throw new WhitherError("noSuchObject", sentence, { query, kind, server: outcome.server });
	}
	if (reach.signal.aborted && reach.signal.reason?.name !== "TimeoutError")
		throw new WhitherError("aborted", "The search was given up", { query });
	const tried = outcome.tried.map(({ server, why }) => `${server} ${why}`).join("; ");
	throw new WhitherError("noRegistry", `No registry could be asked about ${text}: ${tried}`, {
		query,
		tried: outcome.tried,
	});
}

function specialAnswer(query: string, { kind }: WhoisQuery, special: SpecialPurpose): WhoisAnswer {
	const server = `IANA special-purpose ${kind === "address" ? "address" : kind === "asn" ? "AS number" : "name"} registry`;
	return {
		schema: WHOIS_SCHEMA,
		query,
		kind,
		source: { protocol: "registry", server, fromCache: false, askedAt: new Date().toISOString() },
		handle: special.what,
		name: special.name,
		prefixes: kind === "address" ? [special.what] : [],
		asns: kind === "asn" ? [special.what] : [],
		country: null,
		status: ["special purpose"],
		...{ registeredAt: null, changedAt: null, expiresAt: null, nameServers: [], entities: [] },
		remarks: [`Set apart by ${special.rfc}; nobody holds it, and nobody was asked.`],
		raw: "",
	};
}
