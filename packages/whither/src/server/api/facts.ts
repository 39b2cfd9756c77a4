/** `GET /`: what this server is, who you are to it, and what you may ask for. */
import { TRACE_METHODS } from "@whither/core";
import { TOOL } from "../../api/version.ts";
import type { ApiFacts } from "../protocol/api-protocol.ts";
import type { MethodFact } from "../sessions/method-facts.ts";
import { schemaRef } from "./answer-schemas.ts";
import type { ApiDesk } from "./desk.ts";
import { type ApiRoute, answerJson } from "./route.ts";

/** The routes. */
export function factRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "GET",
			path: "",
			name: "facts",
			summary: "What this server is, who you are to it, and what you may ask for",
			answers: { 200: { description: "The facts", schema: schemaRef("ApiFacts") } },
			answer: async (asked) => answerJson(asked, 200, await factsFor(desk, asked.address)),
		},
	];
}

async function factsFor(desk: ApiDesk, client: string): Promise<ApiFacts> {
	const { clientProbesPerSecond, probesPerSecond, sessionsPerClient, leastIntervalMs, longestSeconds } = desk.limits;
	const usable = await desk.starters.methods();
	return {
		tool: { name: TOOL.name, version: TOOL.version },
		client,
		methods: TRACE_METHODS.map(({ name, summary, defaultPort }) => ({
			...{ name, summary, port: defaultPort },
			...(usable.get(name) ?? UNKNOWN),
		})),
		limits: { clientProbesPerSecond, probesPerSecond, sessionsPerClient, leastIntervalMs, longestSeconds },
		features: desk.features,
	};
}

const UNKNOWN: MethodFact = { usable: true, why: null };
