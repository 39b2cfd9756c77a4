/** What a ping is asked to do beyond a trace's orders: the same probe to one TTL, over and over. */
import { type Instant, SECOND } from "../../machine.ts";

/** When a ping sends and what ends it; both null: it runs until it is stopped. Times are nanoseconds. */
export interface PingOptions {
	readonly ttl: number;
	/** -z: from one probe to the next. */
	readonly intervalNs: Instant;
	/** -q: it ends when so many probes are answered or given up; null: never. */
	readonly count: number | null;
	/** It ends when of the last `window` probes at least `percent` were lost; null: never. */
	readonly lossThreshold: { readonly percent: number; readonly window: number } | null;
}

/** One probe a second, as ping(8) does. */
export const DEFAULT_PING_INTERVAL_NS = 1 * SECOND;

/** Probes over which loss is measured unless told otherwise. */
export const DEFAULT_LOSS_WINDOW = 10;

/**
 * What `TraceOptions.queries` is for a ping: methods with a source port for each probe hold so many and take turns, which
 * is more than are in flight at one probe a second and less than is felt when they are opened.
 */
export const PING_PORTS = 64;
