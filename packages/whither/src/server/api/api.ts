/** The whole API: its routes, with the document that describes them. */

import { ClientBudget } from "../budget/client-budget.ts";
import { json } from "../http/answers.ts";
import type { HttpRoutes } from "../http/app.ts";
import type { ApiDesk } from "./desk.ts";
import { eventRoutes } from "./events.ts";
import { factRoutes } from "./facts.ts";
import { importRoutes } from "./imports.ts";
import { meetingRoutes } from "./meetings.ts";
import { openApi } from "./open-api.ts";
import { type ApiRoute, apiRoutes } from "./route.ts";
import { sessionRoutes } from "./sessions.ts";
import { stunRoutes } from "./stun.ts";
import { traceRoutes } from "./traces.ts";
import { whoisRoutes } from "./whois.ts";

/** What it is made of beside the desk. */
export interface ApiOrder {
	readonly desk: ApiDesk;
	/** Of other parts of the server. */
	readonly routes?: readonly ApiRoute[];
	/** The STUN server that is asked where none is named. */
	readonly stunServer?: string | undefined;
}

/** Requests that a client may send at once and, a second, from then on. */
const REQUESTS = { burst: 2_000, perSecond: 100, clients: 4_096 } as const;

/** All rows, in the order of their description. */
export function apiRows({ desk, routes = [], stunServer }: ApiOrder): readonly ApiRoute[] {
	const rows: readonly ApiRoute[] = [
		...factRoutes(desk),
		...traceRoutes(desk),
		...stunRoutes(desk, stunServer),
		...meetingRoutes(desk),
		...sessionRoutes(desk),
		...importRoutes(desk),
		...eventRoutes(desk),
		...whoisRoutes(desk),
		...routes,
	];
	const description = describing(() => [...rows, description]);
	return [...rows, description];
}

/** The same for a listener. */
export function openApiRoutes(order: ApiOrder): HttpRoutes {
	const budget = new ClientBudget(REQUESTS);
	return apiRoutes(apiRows(order), (client, cost) => budget.spend(client, cost, order.desk.now()));
}

function describing(rows: () => readonly ApiRoute[]): ApiRoute {
	return {
		method: "GET",
		path: "/openapi.json",
		name: "describe",
		summary: "This description",
		answers: { 200: { description: "OpenAPI 3.1", schema: { type: "object" } } },
		answer: ({ context }) => json(context, 200, openApi(rows())),
	};
}
