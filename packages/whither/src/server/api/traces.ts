/** `POST /traces`: a trace, once or round after round. */
import type { TraceEvent, TraceResult } from "@whither/core";
import { LIMITS } from "../../api/limits.ts";
import type { TraceRequestOptions } from "../../api/options.ts";
import { methodsOf } from "../../api/options.ts";
import type { TraceAsked } from "../protocol/api-protocol.ts";
import { type CourseEnd, courseOf } from "../sessions/course.ts";
import { watchPath } from "../sessions/watched-path.ts";
import { schemaRef } from "./answer-schemas.ts";
import { type ApiDesk, allowedTarget, audited, beginSession, chargeProbes, notEnabled, withinBudget } from "./desk.ts";
import type { JsonSchema } from "./json-schema.ts";
import { type ApiAsked, ApiRefused, type ApiRoute, answerJson } from "./route.ts";

/** One trace ends by then, whatever happens. */
const LONGEST_TRACE_MS = 180_000;
const MOST_BYTES = 16_384;
const DEFAULTS = { firstTtl: 1, maxTtl: 30, queries: 3, intervalMs: 1_000 } as const;
/** With a path MTU, lengths are tried beside the hops. */
const PATH_MTU_PROBES = 100;

function within(name: keyof typeof LIMITS, description: string): JsonSchema {
	const [minimum, maximum] = LIMITS[name];
	return { type: "integer", minimum, maximum, description };
}

/** Of `TraceAsked`. */
const TRACE_ASKED: JsonSchema = {
	type: "object",
	additionalProperties: false,
	required: ["target"],
	properties: {
		target: { type: "string", minLength: 1, maxLength: 253, description: "A host, by name or address" },
		method: { type: "string", maxLength: 32, description: "Default udp" },
		port: within("port", "Of the target; by default the method's"),
		family: {
			anyOf: [
				{ type: "integer", minimum: 4, maximum: 4 },
				{ type: "integer", minimum: 6, maximum: 6 },
			],
		},
		queries: within("queries", "Probes to each hop; default 3"),
		firstTtl: within("firstTtl", "Default 1"),
		maxTtl: within("maxTtl", "Default 30"),
		length: within("length", "Of the whole IP packet, in bytes"),
		pathMtu: { type: "boolean", description: "Find the path MTU, and where it shrinks" },
		methodOptions: {
			type: "object",
			maxProperties: 32,
			description: "The method's own options by name",
			additionalProperties: {
				anyOf: [
					{ type: "string", maxLength: 512 },
					{ type: "number", minimum: -1e12, maximum: 1e12 },
					{ type: "boolean" },
				],
			},
		},
		names: { type: "boolean", description: "Names of routers; default true" },
		origins: { type: "boolean", description: "Networks that they belong to" },
		live: {
			type: "object",
			additionalProperties: false,
			description: "Round after round, instead of once",
			properties: {
				intervalMs: {
					type: "integer",
					minimum: 1,
					maximum: 3_600_000,
					description: "From one round to the next; default 1000",
				},
				rounds: { anyOf: [{ type: "integer", minimum: 1, maximum: 1_000_000 }, { type: "null" }] },
			},
		},
	},
};

/** The routes. */
export function traceRoutes(desk: ApiDesk): readonly ApiRoute[] {
	return [
		{
			method: "POST",
			path: "/traces",
			name: "startTrace",
			summary: "Start a trace, once or round after round",
			body: { json: TRACE_ASKED, mostBytes: MOST_BYTES },
			answers: { 201: { description: "It is on the disk, and runs", schema: schemaRef("SessionStarted") } },
			refusals: ["targetRefused", "unresolved", "tooMuch", "draining", "notEnabled", "storeFailed"],
			cost: 4,
			answer: async (asked) => {
				const body = asked.body as TraceAsked;
				const started = await audited(desk, asked, { action: body.live ? "live" : "trace", target: body.target }, () =>
					startTrace(desk, asked, body),
				);
				return answerJson(asked, 201, started);
			},
		},
	];
}

async function startTrace(desk: ApiDesk, asked: ApiAsked, body: TraceAsked) {
	if (body.origins && !desk.features.origins) throw notEnabled("looking up networks");
	const options = optionsOf(body);
	// What cannot be is said now, and not by a session that fails.
	methodsOf(options);
	if (body.live !== undefined) return startLive(desk, asked, { ...body, live: body.live }, options);
	const [target] = await allowedTarget(desk, body.target, body.family ?? null);
	const settle = chargeProbes(desk, asked.client, mostProbes(body));
	let told = 0;
	const hear = (event: TraceEvent): TraceEvent => {
		if (event.type === "probe") told++;
		return event;
	};
	const { id, kind } = await beginSession(desk, asked, {
		kind: "trace",
		target: body.target,
		request: body,
		start: (tell) =>
			courseOf(desk.starters.trace(target, options), (event) => tell({ kind: "trace", event: hear(event) })),
		over: (end) => {
			// Of one that fails, what it has told was sent all the same. Some are sent again.
			const sent = sentIn(end) ?? told;
			settle(sent);
			desk.counts.probes += sent;
		},
	});
	return { id, kind };
}

/** Takes its share of the rate for as long as it runs, which has an end. */
async function startLive(
	desk: ApiDesk,
	asked: ApiAsked,
	body: TraceAsked & Required<Pick<TraceAsked, "live">>,
	{ queries, pathMtu, timeoutMs: _, ...options }: TraceRequestOptions,
) {
	if (queries !== undefined || pathMtu)
		throw new ApiRefused("badRequest", "round after round each hop is asked once, and no path MTU is found");
	const { intervalMs = DEFAULTS.intervalMs, rounds } = body.live;
	const { leastIntervalMs, longestSeconds } = desk.limits;
	if (intervalMs < leastIntervalMs)
		throw new ApiRefused("badRequest", `rounds may be ${leastIntervalMs} ms apart at least`);
	const asks = { ...options, intervalMs, timeoutMs: longestSeconds * 1_000, ...(rounds ? { rounds } : {}) };
	const [target] = await allowedTarget(desk, body.target, body.family ?? null);
	const perSecond = (mostProbes({ ...body, queries: 1 }) * 1_000) / intervalMs;
	withinBudget(desk.probes.takeShare(asked.client, perSecond, desk.now()));
	const { id, kind } = await beginSession(desk, asked, {
		kind: "live",
		target: body.target,
		request: body,
		start: (tell) =>
			watchPath(desk.starters.live(target, asks), (event) => {
				if (event.type === "round") desk.counts.probes += event.lastTtl - event.firstTtl + 1;
				tell({ kind: "live", event });
			}),
		over: () => desk.probes.returnShare(asked.client, perSecond, desk.now()),
	});
	return { id, kind };
}

function optionsOf({
	target: _,
	live: __,
	origins,
	names = true,
	methodOptions,
	...asked
}: TraceAsked): TraceRequestOptions {
	return {
		...asked,
		names,
		timeoutMs: LONGEST_TRACE_MS,
		...(methodOptions === undefined ? {} : { methodOptions: asOptions(methodOptions) }),
		...(origins ? { asLookup: true } : {}),
	};
}

/** As the method reads them; false: not given. */
function asOptions(given: NonNullable<TraceAsked["methodOptions"]>): NonNullable<TraceRequestOptions["methodOptions"]> {
	const entries = Object.entries(given).filter(([, value]) => value !== false);
	return Object.fromEntries(entries.map(([name, value]) => [name, value === true ? true : String(value)]));
}

function mostProbes({
	firstTtl = DEFAULTS.firstTtl,
	maxTtl = DEFAULTS.maxTtl,
	queries = DEFAULTS.queries,
	pathMtu,
}: TraceAsked) {
	const hops = Math.max(1, maxTtl - firstTtl + 1);
	return hops * Math.max(queries, pathMtu ? 2 : 1) + (pathMtu ? PATH_MTU_PROBES : 0);
}

/** Also those beyond the target, which stand at no hop; null: there is no result that says so. */
function sentIn(end: CourseEnd | null): number | null {
	if (end?.outcome !== "result" || end.result === null || !("hops" in end.result)) return null;
	return (end.result as TraceResult).counters.sent;
}
