/** Ways to begin what sessions are about: this machine's own, or whatever a test puts in their place. */
import type { Family, TraceEvent } from "@whither/core";
import type { LiveRequestOptions } from "../../api/live/options.ts";
import { LiveRun } from "../../api/live/run.ts";
import type { TraceRequestOptions } from "../../api/options.ts";
import { sharingLookups } from "../../api/places/shared-lookups.ts";
import { LOOKUPS, openRealWorld } from "../../api/real-world.ts";
import { type ResolvedTarget, resolveTargets } from "../../api/resolve.ts";
import type { SessionEvent } from "../../api/session/session.ts";
import type { StunEvent } from "../../api/stun/run.ts";
import { stun } from "../../api/stun/stun.ts";
import type { StunWorld } from "../../api/stun/world.ts";
import { openRealStunWorld } from "../../api/stun/world.ts";
import { TraceRun } from "../../api/trace/run.ts";
import { TOOL } from "../../api/version.ts";
import type { World } from "../../api/world.ts";
import type { Run } from "./course.ts";
import { type MethodFacts, methodFacts } from "./method-facts.ts";
import type { WatchedRun } from "./watched-path.ts";

/** All addresses of a name, the one that is traced first; rejects with a `WhitherError`. */
export type ResolveAll = (name: string, family: Family | null) => Promise<readonly ResolvedTarget[]>;

/** What a server can begin; absent: it cannot. */
export interface SessionStarters {
	readonly resolve: ResolveAll;
	/** The path to exactly this address. */
	readonly trace: (target: ResolvedTarget, options: TraceRequestOptions) => Run<TraceEvent>;
	/** The same, round after round. */
	readonly live: (target: ResolvedTarget, options: LiveRequestOptions) => WatchedRun;
	/** Which methods work there. */
	readonly methods: MethodFacts;
	/** What NAT this machine is behind, as this server sees it; whatever its name stands for goes through `resolve`. */
	readonly stun?: (server: string, resolve: StunWorld["resolve"]) => Run<StunEvent>;
	/** This machine itself meets somebody by a code. */
	readonly meet?: (asked: {
		readonly code?: string;
		readonly policy?: "all" | "relay";
	}) => Run<Extract<SessionEvent, { kind: "meet" }>["event"]>;
}

/** This machine's network, or another world. */
export function startersOf({
	world,
	stunWorld,
	places,
	asNames,
}: {
	readonly world?: World;
	readonly stunWorld?: StunWorld;
	/** Data sets that say where routers are. */
	readonly places?: readonly string[] | undefined;
	/** Who is asked what their systems are called, where these are known. */
	readonly asNames?: string | undefined;
}): SessionStarters {
	// Fifty traces of the same routers ask once.
	const shared = sharingLookups(world ?? LOOKUPS);
	const openWorld = async (): Promise<World> => ({ ...(world ?? (await openRealWorld())), ...shared });
	const openStun = stunWorld === undefined ? openRealStunWorld : async () => stunWorld;
	return {
		resolve: world === undefined ? resolveTargets : async (name, family) => [await world.resolve(name, family)],
		trace: (target, options) => {
			const openPinned = async () => pinned(await openWorld(), target);
			return new TraceRun({
				name: target.name,
				options: { ...options, places, asNames },
				tool: TOOL,
				args: [],
				openWorld: openPinned,
			});
		},
		live: (target, options) => {
			const openPinned = async () => pinned(await openWorld(), target);
			return new LiveRun({
				name: target.name,
				options: { ...options, places, asNames },
				tool: TOOL,
				args: [],
				openWorld: openPinned,
			});
		},
		methods: world === undefined ? methodFacts() : async () => new Map(),
		stun: (server, resolve) => {
			let stopped = false;
			let stop = (): void => {
				stopped = true;
			};
			const open = openStun().then((opened) => {
				const run = stun(server, { world: { ...opened, resolve } });
				stop = () => run.stop();
				if (stopped) run.stop();
				return run;
			});
			return {
				result: open.then((run) => run.result),
				stop: () => stop(),
				async *[Symbol.asyncIterator]() {
					yield* await open;
				},
			};
		},
	};
}

/** A world in which there is one name, and what it stands for has been looked up and judged. */
function pinned(world: World, target: ResolvedTarget): World {
	return { ...world, resolve: async () => target };
}
