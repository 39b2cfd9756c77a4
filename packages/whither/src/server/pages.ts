/** What the HTTP listener has for other programs: metrics, and whether the server is well. */
import { memoryUsage, resourceUsage, uptime } from "node:process";
import { TOOL } from "../api/version.ts";
import { formatPrometheus } from "../report/dialects/prometheus.ts";
import type { ApiDesk } from "./api/desk.ts";
import { answer, plain } from "./http/answers.ts";
import { answerAt, type HttpAppOrder, newRoutes } from "./http/app.ts";
import { METRICS_TYPE, type MetricFacts, metricsText } from "./metrics.ts";
import type { Relaying } from "./relaying.ts";
import type { RoomCounts } from "./rendezvous/rooms.ts";

/** What pages tell of. */
interface Shown {
	readonly relaying: Relaying;
	readonly rooms: () => RoomCounts;
	/** Null: there is no API. */
	readonly api: ApiDesk | null;
}

/** The pages of one server; `draining` is asked each time. */
export function serverPages(shown: Shown, draining: () => boolean): Required<Pick<HttpAppOrder, "open" | "routes">> {
	const [open, routes] = [newRoutes(), newRoutes()];
	answerAt(open, "/healthz", {
		GET: [(context) => (draining() ? plain(context, 503, "draining") : plain(context, 200, "ok"))],
	});
	answerAt(routes, "/metrics", {
		GET: [async (context) => answer(context, 200, { type: METRICS_TYPE, body: await metrics(shown, draining()) })],
	});
	return { open: [open], routes: [routes] };
}

async function metrics({ relaying, rooms, api }: Shown, draining: boolean): Promise<string> {
	const counters = await relaying.counters();
	const { userCPUTime, systemCPUTime } = resourceUsage();
	const { rss, heapUsed } = memoryUsage();
	const figures = metricsText({
		...counters,
		rooms: rooms(),
		api: api === null ? null : apiFacts(api),
		draining,
		version: TOOL.version,
		process: {
			cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
			residentBytes: rss,
			heapBytes: heapUsed,
			startedAtSeconds: Math.round(Date.now() / 1000 - uptime()),
		},
	});
	return figures + formatPrometheus(api?.sessions.paths ?? []);
}

function apiFacts({ sessions, counts, audit }: ApiDesk): MetricFacts["api"] {
	const { viewers, probes, refused } = counts;
	return { ...sessions.counts, viewers, probes, refused: Object.fromEntries(refused), auditLost: audit.lost };
}
