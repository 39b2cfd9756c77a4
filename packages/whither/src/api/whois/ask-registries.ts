/** Who is asked, in which order, and what becomes of it. */
import type { AnswerCache } from "./answer-cache.ts";
import { bootstrapFile, rdapServers } from "./bootstrap.ts";
import { IANA_BOOTSTRAP, loadBootstrap } from "./bootstrap-files.ts";
import type { Reach } from "./bounded-fetch.ts";
import { mergeFacts } from "./merge-facts.ts";
import type { WhoisOrder } from "./options.ts";
import { askByWhois, ROOT_SERVER } from "./port43.ts";
import type { WhoisQuery } from "./query.ts";
import { askRdap, askRdapUrl, relatedUrl, type Told } from "./rdap.ts";

/** One who was asked in vain. */
interface Tried {
	readonly server: string;
	readonly why: string;
}

/** What came of it all. */
export type Outcome =
	| (Extract<Told, { type: "found" }> & { readonly protocol: "rdap" | "whois" })
	| Extract<Told, { type: "absent" }>
	| { readonly type: "failed"; readonly tried: readonly Tried[] };

/** Servers of one service that are tried. */
const MOST_SERVERS = 3;

/** Asks by each protocol of the order until a registry has answered. */
export async function askRegistries(query: WhoisQuery, order: WhoisOrder, cache: AnswerCache): Promise<Outcome> {
	const tried: Tried[] = [];
	for (const protocol of order.protocols) {
		const told = protocol === "rdap" ? await byRdap(query, order, cache) : await byWhois(query, order);
		if (told.type === "found") return { ...told, protocol };
		if (told.type === "absent") return told;
		tried.push(...told.tried);
		if (order.reach.signal.aborted) break;
	}
	return { type: "failed", tried };
}

type Asked = Exclude<Told, { type: "failed" }> | Extract<Outcome, { type: "failed" }>;

async function byRdap(query: WhoisQuery, order: WhoisOrder, cache: AnswerCache): Promise<Asked> {
	const { servers, reach, why } = await serversOf(query, order, cache);
	const tried: Tried[] = why === null ? [] : [why];
	for (const base of servers.slice(0, MOST_SERVERS)) {
		const told = await upwards(query, (each) => askRdap(each, base, reach));
		if (told.type === "found") return order.rdap === null ? withContacts(query, told, reach) : told;
		if (told.type === "absent") return told;
		tried.push(told);
	}
	return { type: "failed", tried: tried.map(({ server, why: reason }) => ({ server, why: reason })) };
}

interface Servers {
	readonly servers: readonly string[];
	readonly reach: Reach;
	readonly why: Tried | null;
}

async function serversOf(query: WhoisQuery, order: WhoisOrder, cache: AnswerCache): Promise<Servers> {
	const { reach } = order;
	if (order.rdap !== null) return { servers: [order.rdap], reach, why: null };
	const place = order.bootstrap ?? IANA_BOOTSTRAP;
	const found = await loadBootstrap(bootstrapFile(query), place, { cache, reach });
	if ("why" in found) return { servers: [], reach, why: { server: found.url, why: found.why } };
	const servers = rdapServers(query, found.document);
	if (servers.length === 0)
		return { servers, reach, why: { server: place, why: `knows no RDAP server for ${query.text}` } };
	// Whoever names a bootstrap of their own names the servers in it.
	const named = order.bootstrap === null ? [] : servers.map((url) => new URL(url).origin);
	return { servers, reach: { ...reach, named: new Set([...reach.named, ...named]) }, why: null };
}

/** A registry that keeps no contacts links to the registrar, who has them. What it says stays; what it does not is added. */
async function withContacts(query: WhoisQuery, told: Extract<Told, { type: "found" }>, reach: Reach): Promise<Asked> {
	const hasRegistrant = told.facts.entities.some(({ roles }) => roles.includes("registrant"));
	const url = query.kind === "name" && !hasRegistrant ? relatedUrl(told.raw) : null;
	const more = url === null ? null : await askRdapUrl(url, reach);
	return more?.type === "found" ? { ...told, facts: mergeFacts(told.facts, more.facts) } : told;
}

async function byWhois(query: WhoisQuery, { whoisServer, reach }: WhoisOrder): Promise<Asked> {
	const first = whoisServer ?? ROOT_SERVER;
	const told = await upwards(query, (each) => askByWhois(each, first, reach));
	if (told.type !== "failed") return told;
	return { type: "failed", tried: [{ server: told.server, why: told.why }] };
}

/** Hosts are no objects of a registry; the domains that they are in may be. */
async function upwards(query: WhoisQuery, ask: (query: WhoisQuery) => Promise<Told>): Promise<Told> {
	let told = await ask(query);
	for (const parent of parents(query)) {
		if (told.type !== "absent") break;
		told = await ask(parent);
	}
	return told;
}

function parents(query: WhoisQuery): readonly WhoisQuery[] {
	if (query.kind !== "name") return [];
	const labels = query.name.split(".");
	return [3, 2].flatMap((count) => {
		const name = labels.slice(-count).join(".");
		return labels.length > count ? [{ kind: "name" as const, text: name, name }] : [];
	});
}
