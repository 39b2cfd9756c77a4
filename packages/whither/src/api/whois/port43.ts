/** Asking WHOIS servers one after the other: IANA's names the registry, the registry may name another. */
import type { Reach } from "./bounded-fetch.ts";
import { MOST_REFERRALS } from "./limits.ts";
import { mergeFacts } from "./merge-facts.ts";
import type { WhoisQuery } from "./query.ts";
import type { Told } from "./rdap.ts";
import { askWhois, formatWhoisServer, type WhoisServer } from "./whois-protocol.ts";
import { factsOfWhoisText, isRootAnswer, referralOf } from "./whois-text.ts";

/** Where the search begins (IANA's root zone database and number registries). */
export const ROOT_SERVER: WhoisServer = { host: "whois.iana.org", port: 43 };

/** What the last of them says that knows the object. */
export async function askByWhois(query: WhoisQuery, first: WhoisServer, reach: Reach): Promise<Told> {
	const asked = new Set<string>();
	let told: Told | null = null;
	let next: WhoisServer | null = first;
	while (next !== null && asked.size <= MOST_REFERRALS && !asked.has(formatWhoisServer(next).toLowerCase())) {
		const server = formatWhoisServer(next);
		asked.add(server.toLowerCase());
		const said = await askWhois(questionFor(query, next), next, reach);
		const heard: Told = "why" in said ? { type: "failed", server, why: said.why } : readSaid(server, said.text);
		told = better(told, heard);
		next = "why" in said ? null : referralOf(said.text);
	}
	return told ?? { type: "failed", server: formatWhoisServer(first), why: "was not asked" };
}

function readSaid(server: string, text: string): Told {
	// About the block or the top-level domain, and who has the rest.
	if (isRootAnswer(text)) return { type: "absent", server };
	const facts = factsOfWhoisText(text);
	return facts === null ? { type: "absent", server } : { type: "found", server, facts, raw: text };
}

/** The later server is the closer one, if it knows anything; who fails says less than who says that there is nothing. */
function better(before: Told | null, after: Told): Told {
	if (before?.type === "found" && after.type === "found")
		return { ...after, facts: mergeFacts(after.facts, before.facts) };
	return before?.type === "found" ? before : after;
}

/** Most servers take the bare object; these want to be told what it is, or say little otherwise. */
function questionFor(query: WhoisQuery, { host }: WhoisServer): string {
	const name = host.toLowerCase();
	if (name === "whois.arin.net") return query.kind === "asn" ? `a + ${query.number}` : `n + ${query.text}`;
	if (query.kind !== "name") return query.text;
	if (name === "whois.verisign-grs.com") return `domain ${query.name}`;
	return name === "whois.denic.de" ? `-T dn,ace ${query.name}` : query.name;
}
