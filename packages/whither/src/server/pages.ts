/** What the HTTP listener shows so far: metrics, and whether the server is well. */
import { memoryUsage, resourceUsage, uptime } from "node:process";
import { TOOL } from "../api/version.ts";
import type { HttpOrder, Page } from "./http.ts";
import { plain } from "./http.ts";
import { metricsPage } from "./metrics.ts";
import type { Relaying } from "./relaying.ts";
import type { RoomCounts } from "./rendezvous/rooms.ts";

/** What pages tell of. */
interface Shown {
	readonly relaying: Relaying;
	readonly rooms: () => RoomCounts;
}

/** The pages of one server; `draining` is asked each time. */
export function serverPages(shown: Shown, draining: () => boolean): HttpOrder["pages"] {
	return {
		"/healthz": { open: true, page: () => (draining() ? plain(503, "draining") : plain(200, "ok")) },
		"/metrics": { page: () => metrics(shown, draining()) },
	};
}

async function metrics({ relaying, rooms }: Shown, draining: boolean): Promise<Page> {
	const counters = await relaying.counters();
	const { userCPUTime, systemCPUTime } = resourceUsage();
	const { rss, heapUsed } = memoryUsage();
	return metricsPage({
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
