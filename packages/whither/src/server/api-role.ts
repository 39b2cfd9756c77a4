/** The API as a part of a server: opened with it, drained and closed with it. */
import { networkInterfaces } from "node:os";
import { memoryStore } from "../store/memory-store.ts";
import { openApiRoutes } from "./api/api.ts";
import type { ApiCounts, ApiDesk } from "./api/desk.ts";
import type { ApiLimits, ApiOptions } from "./api-options.ts";
import { NO_AUDIT, openAudit } from "./audit.ts";
import { iceRoutes } from "./browser-ice/ice-routes.ts";
import type { Reach } from "./browser-ice/reach.ts";
import { ProbeBudget } from "./budget/probe-budget.ts";
import type { HttpRoutes } from "./http/app.ts";
import { TargetPolicy } from "./policy/target-policy.ts";
import { meetStarter, type OwnRendezvous } from "./sessions/meet-starter.ts";
import { SessionRegistry } from "./sessions/registry.ts";
import { startersOf } from "./sessions/starters.ts";
import { onePageIn, staticRoutes, webFolder } from "./static-files.ts";

/** Bounds by default: enough for the page and for scripts, and no load for anybody's network. */
const LIMITS: ApiLimits = {
	clientProbesPerSecond: 500,
	probesPerSecond: 2_000,
	sessions: 256,
	sessionsPerClient: 64,
	leastIntervalMs: 100,
	longestSeconds: 21_600,
	viewers: 768,
};

/** It under way. */
export interface ApiRole {
	readonly desk: ApiDesk;
	/** For whoever shows the token. */
	readonly routes: HttpRoutes;
	/** The page; null: there is none. */
	readonly page: HttpRoutes | null;
	/** Begins nothing new, and ends what runs. */
	drain(): void;
	/** After a file was moved away: it is opened anew. */
	reopen(): void;
	/** Resolves once all sessions have ended and are on the disk. */
	close(): Promise<void>;
}

/** Opens it; `local`: nobody but this machine can reach it. Throws `WhitherError` with code `badOption`. */
export function openApiRole(options: ApiOptions, order: Reach, own: OwnRendezvous): ApiRole {
	const { local } = order;
	const { world, places = [], allowTargets: allow, denyTargets: deny, audit, complain = () => {} } = options;
	const limits = { ...LIMITS, ...options.limits };
	const counts: ApiCounts = { viewers: 0, probes: 0, refused: new Map() };
	const web = options.web === undefined ? webFolder() : options.web;
	const policy = new TargetPolicy({ restricted: !local, allow, deny, own: ownAddresses });
	const meet = meetStarter(order, policy, own);
	const desk: ApiDesk = {
		sessions: new SessionRegistry(options.store ?? memoryStore(), limits),
		starters: {
			...startersOf({ ...(world !== undefined && { world }), places, asNames: options.asNames }),
			meet,
			...options.starters,
		},
		policy,
		probes: new ProbeBudget(limits),
		audit: audit === undefined ? NO_AUDIT : openAudit(audit, complain),
		now: () => performance.now(),
		features: {
			...{ whois: options.whois ?? local, browserIce: true, meetings: true, stun: true },
			origins: options.origins ?? false,
			places: places.length > 0,
		},
		limits,
		counts,
		onePage: onePageIn(web),
	};
	return {
		desk,
		routes: openApiRoutes({ desk, routes: iceRoutes(desk, order), stunServer: options.stunServer }),
		page: web === null ? null : staticRoutes(web),
		drain: () => desk.sessions.drain(),
		reopen: () => desk.audit.reopen(),
		close: () => desk.sessions.close().finally(() => desk.audit.close()),
	};
}

function ownAddresses(): readonly string[] {
	return Object.values(networkInterfaces()).flatMap((all = []) =>
		all.map(({ address }) => address.replace(/%.*$/, "")),
	);
}
