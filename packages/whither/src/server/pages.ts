/** What the HTTP listener shows so far: metrics, and whether the server is well. */
import { memoryUsage, resourceUsage, uptime } from "node:process";
import { TOOL } from "../api/version.ts";
import { answer, plain } from "./http/answers.ts";
import { answerAt, type HttpAppOrder, newRoutes } from "./http/app.ts";
import { METRICS_TYPE, metricsText } from "./metrics.ts";
import type { Relaying } from "./relaying.ts";
import type { RoomCounts } from "./rendezvous/rooms.ts";

/** What pages tell of. */
interface Shown {
	readonly relaying: Relaying;
	readonly rooms: () => RoomCounts;
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

async function metrics({ relaying, rooms }: Shown, draining: boolean): Promise<string> {
	const counters = await relaying.counters();
	const { userCPUTime, systemCPUTime } = resourceUsage();
	const { rss, heapUsed } = memoryUsage();
	return metricsText({
		...counters,
		rooms: rooms(),
		draining,
		version: TOOL.version,
		process: {
			cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
			residentBytes: rss,
			heapBytes: heapUsed,
			startedAtSeconds: Math.round(Date.now() / 1000 - uptime()),
		},
	});
}
