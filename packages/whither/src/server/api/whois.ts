/** `GET /whois/QUERY`: whose a name, an address or a network is. */
import { asWhitherError } from "../../api/error.ts";
import { whois } from "../../api/whois/whois.ts";
import { type ApiDesk, audited, notEnabled } from "./desk.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson } from "./route.ts";

/** Searches at one time: registries bound what they answer one address. */
const MOST_SEARCHES = 8;
const LONGEST_MS = 20_000;

/** The routes. */
export function whoisRoutes(desk: ApiDesk): readonly ApiRoute[] {
	let searches = 0;
	return [
		{
			method: "GET",
			path: "/whois/{query}",
			name: "whois",
			summary: "Whose a name, an address or a network is",
			names: { query: { description: "A name, an address, a prefix or an AS such as AS64500", pattern: "[^/]+" } },
			answers: { 200: { description: "What the registry says (docs/schema)", schema: { type: "object" } } },
			refusals: ["notFound", "notEnabled"],
			cost: 10,
			answer: async (asked) => {
				if (!desk.features.whois) throw notEnabled("whois");
				if (searches >= MOST_SEARCHES) throw new ApiRefused("overBudget", "too many searches are under way", 2_000);
				searches++;
				return search(desk, asked).finally(() => searches--);
			},
		},
	];
}

async function search(desk: ApiDesk, asked: ApiAsked): Promise<Response> {
	const { query = "" } = asked.names;
	let found: object = {};
	await audited(desk, asked, { action: "whois", target: query }, async () => {
		found = await whois(query, { timeoutMs: LONGEST_MS }).catch((thrown) => {
			throw refusalOf(thrown);
		});
		return undefined;
	});
	return answerJson(asked, 200, found);
}

function refusalOf(thrown: unknown): ApiRefused {
	const { code, message } = asWhitherError(thrown);
	if (code === "badOption") return new ApiRefused("badRequest", message);
	return new ApiRefused(code === "noSuchObject" ? "notFound" : "failed", message);
}
