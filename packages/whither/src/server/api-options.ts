/** What the API of a server is asked for: where it traces, what it may trace, for whom, and what is kept. */
import type { World } from "../api/world.ts";
import type { SessionStore } from "../store/session-store.ts";
import type { ProbeLimits } from "./budget/probe-budget.ts";
import type { SessionLimits } from "./sessions/registry.ts";
import type { SessionStarters } from "./sessions/starters.ts";

/** Bounds of what one may ask for. */
export interface ApiLimits extends ProbeLimits, SessionLimits {
	/** Of a continuous trace. */
	readonly leastIntervalMs: number;
	readonly longestSeconds: number;
	/** Streams of events at one time. */
	readonly viewers: number;
}

/** Options of the API; every one may be left out. */
export interface ApiOptions {
	/** Where sessions are kept; by default in memory. The server closes it. */
	readonly store?: SessionStore | undefined;
	/** Where it traces; by default this machine's network. */
	readonly world?: World | undefined;
	/** Other ways to begin sessions, by kind. */
	readonly starters?: Partial<SessionStarters> | undefined;
	/**
	 * Addresses, ranges or names that may be traced though they are no public ones, and others that may not. A server on
	 * loopback alone may trace everything that is not denied.
	 */
	readonly allowTargets?: readonly string[] | undefined;
	readonly denyTargets?: readonly string[] | undefined;
	/** Bounds of what clients may ask for. */
	readonly limits?: Partial<ApiLimits> | undefined;
	/** A file with a line for everything that somebody had it do. */
	readonly audit?: string | undefined;
	/** Registries may be asked whose a name, an address or a network is; by default on loopback alone. */
	readonly whois?: boolean | undefined;
	/** Networks of routers may be looked up. */
	readonly origins?: boolean | undefined;
	/** Data sets (mmdb, by file name) that say where routers are: every trace has their places then. */
	readonly places?: readonly string[] | undefined;
	/** Who is asked what autonomous systems are called, of every trace: `dns` or `dns:ZONE[@SERVER]`; by default nobody. */
	readonly asNames?: string | undefined;
	/** The folder of the page; null: none. By default the one that comes with the package. */
	readonly web?: string | null | undefined;
	/** The STUN server that is asked where none is named. */
	readonly stunServer?: string | undefined;
	/** Hears of what goes wrong while it runs. */
	readonly complain?: ((sentence: string) => void) | undefined;
}
