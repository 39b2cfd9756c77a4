/** Asking by RDAP (RFC 7480 and 9082). */
import { boundedFetch, type Fetched, type Reach } from "./bounded-fetch.ts";
import { listOf, objectOf, parseBoundedJson, textOf } from "./bounded-json.ts";
import type { WhoisQuery } from "./query.ts";
import { factsOfRdap, isRdapObject, type WhoisFacts } from "./rdap-answer.ts";

/** What came of asking one server, by either protocol. */
export type Told =
	| { readonly type: "found"; readonly server: string; readonly facts: WhoisFacts; readonly raw: string }
	/** The registry says that there is no such object. */
	| { readonly type: "absent"; readonly server: string }
	/** `why` ends a sentence that begins with the server. */
	| { readonly type: "failed"; readonly server: string; readonly why: string };

/** RFC 7480 section 4.2. */
const RDAP_TYPE = "application/rdap+json, application/json;q=0.9";

/** Ask the server with this base URL. */
export async function askRdap(query: WhoisQuery, base: string, reach: Reach): Promise<Told> {
	return askRdapUrl(rdapUrl(query, base), reach);
}

/** Ask for the object at this very URL. */
export async function askRdapUrl(url: string, reach: Reach): Promise<Told> {
	return readRdap(await boundedFetch(url, RDAP_TYPE, reach));
}

/** RFC 9082 section 3.1; a base URL ends with a slash (RFC 9224 section 3), or should. */
export function rdapUrl(query: WhoisQuery, base: string): string {
	const root = base.endsWith("/") ? base : `${base}/`;
	switch (query.kind) {
		case "address":
			return `${root}ip/${query.text}`;
		case "asn":
			return `${root}autnum/${query.number}`;
		case "name":
			return `${root}domain/${query.name}`;
	}
}

function readRdap(fetched: Fetched): Told {
	const { url: server } = fetched;
	if (fetched.type === "failed") return { type: "failed", server, why: fetched.why };
	const raw = fetched.body.toString("utf8");
	const document = parseBoundedJson(raw);
	// RFC 7480 section 5.3.
	if (fetched.status === 404) return { type: "absent", server };
	if (fetched.status < 200 || fetched.status > 299)
		return { type: "failed", server, why: statusWords(fetched, document) };
	if (document === undefined) return { type: "failed", server, why: `answers with no JSON${typeWords(fetched)}` };
	if (objectOf(document).errorCode === 404) return { type: "absent", server };
	if (!isRdapObject(document)) return { type: "failed", server, why: "answers with JSON that is no RDAP object" };
	return { type: "found", server, facts: factsOfRdap(document), raw };
}

type Answered = Extract<Fetched, { type: "answer" }>;

function statusWords({ status }: Answered, document: unknown): string {
	if (status === 429) return "says that it was asked too often (429)";
	const title = textOf(objectOf(document).title);
	return `answers with status ${status}${title === null ? "" : ` (${title.slice(0, 100)})`}`;
}

function typeWords({ contentType }: Answered): string {
	return contentType === "" ? "" : ` but ${contentType.slice(0, 60)}`;
}

/** The registrar's own RDAP URL of a domain, which registries that keep no contacts link to; null: there is none. */
export function relatedUrl(raw: string): string | null {
	const { links } = objectOf(parseBoundedJson(raw));
	for (const link of listOf(links).map(objectOf)) {
		const href = textOf(link.href);
		if (link.rel === "related" && link.type === "application/rdap+json" && href !== null) return href;
	}
	return null;
}
