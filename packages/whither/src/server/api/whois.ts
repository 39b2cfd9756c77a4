/** `GET /whois/QUERY`: whose a name, an address or a network is. */
import { type ApiDesk, notEnabled } from "./desk.ts";
import type { ApiRoute } from "./route.ts";

/** The routes. */
export function whoisRoutes(_: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "GET",
			path: "/whois/{query}",
			name: "whois",
			summary: "Whose a name, an address or a network is",
			names: { query: { description: "A name, an address or an AS such as AS64500", pattern: "[A-Za-z0-9.:%_-]+" } },
			answers: { 200: { description: "What the registry says", schema: { type: "object" } } },
			refusals: ["notFound", "notEnabled"],
			cost: 10,
			answer: () => {
				throw notEnabled("whois");
			},
		},
	];
}
