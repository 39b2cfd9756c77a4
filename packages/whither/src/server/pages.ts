/** What the HTTP listener shows so far: metrics, and whether the server is well. */
import { memoryUsage, resourceUsage, uptime } from "node:process";
import { TOOL } from "../api/version.ts";
import type { HttpOrder, Page } from "./http.ts";
import { plain } from "./http.ts";
import { metricsPage } from "./metrics.ts";
import type { Relaying } from "./relaying.ts";

/** The pages of one server; `draining` is asked each time. */
export function serverPages(relaying: Relaying, draining: () => boolean): HttpOrder["pages"] {
	return {
		"/healthz": { open: true, page: () => (draining() ? plain(503, "draining") : plain(200, "ok")) },
		"/metrics": { page: () => metrics(relaying, draining()) },
	};
}

async function metrics(relaying: Relaying, draining: boolean): Promise<Page> {
	const counters = await relaying.counters();
	const { userCPUTime, systemCPUTime } = resourceUsage();
	const { rss, heapUsed } = memoryUsage();
	return metricsPage({
		...counters,
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
