/** What a continuous trace is asked to do beyond a trace's orders. */
import { type Instant, MILLISECOND, SECOND } from "../../machine.ts";
import { PORTS_MOST } from "../channel-order.ts";

/** When rounds leave and how many there are. Times are nanoseconds. */
export interface RoundsOptions {
	/** From one round to the next. */
	readonly intervalNs: Instant;
	/** It ends when so many rounds are answered or given up; null: never. */
	readonly rounds: number | null;
}

/** One round a second, as mtr has it. */
export const DEFAULT_ROUNDS_INTERVAL_NS = 1 * SECOND;
/** More often tells of the routers' limits rather than of the path. */
export const LEAST_ROUNDS_INTERVAL_NS = 100 * MILLISECOND;
/** Rounds of a report, as mtr has it. */
export const REPORT_ROUNDS = 10;
/** Silent hops in a row that are asked beyond the last that answers, unless told otherwise (mtr 0.96). */
export const ROUNDS_SILENT_HOPS = 12;

/** An answer that takes longer may be taken for that to a later probe from the same port. */
const PORT_REST_NS = 1 * SECOND;

/**
 * What `TraceOptions.queries` is for a continuous trace: methods with a source port for each probe hold as many as leave in a
 * second to the longest path, and take turns.
 */
export function roundsPorts(
	{ intervalNs }: Pick<RoundsOptions, "intervalNs">,
	{ firstTtl, maxTtl }: { readonly firstTtl: number; readonly maxTtl: number },
): number {
	const rounds = Math.ceil(PORT_REST_NS / intervalNs) + 1;
	return Math.max(1, Math.min(rounds, Math.floor(PORTS_MOST / (maxTtl - firstTtl + 1))));
}
