/** What one trace is asked to do: plain data, so that it crosses a worker boundary and stands in a scenario file. */
import type { ChannelNeed, Family } from "./channel.ts";

/** A trace's orders with every default filled in. Times are nanoseconds. */
export interface TraceOptions {
	readonly method: string;
	readonly family: Family;
	/** Numeric address of the target. */
	readonly target: string;
	/** The name it was asked by, for the report. */
	readonly targetName: string;
	/** Null: the method's default. */
	readonly port: number | null;
	/** IP packet length in bytes; null: the method's default. */
	readonly length: number | null;
	readonly firstTtl: number;
	readonly maxTtl: number;
	readonly queries: number;
	/** Probes in flight at most; null: adaptive. */
	readonly simultaneous: number | null;
	/** -w: absolute limit, and the factors HERE and NEAR over round trips seen; a factor of 0 is off. */
	readonly waitMaxNs: number;
	readonly waitHere: number;
	readonly waitNear: number;
	/** -Q; null: none. */
	readonly timeoutNs: number | null;
	/** -H: stop after so many silent hops in a row; null: never. */
	readonly maxSilentHops: number | null;
	/** -z: least time between two probes. */
	readonly sendWaitNs: number;
	/** -t / --dscp / --ecn: the whole TOS or traffic-class byte. */
	readonly tos: number;
	/** IPv6 flow label, 20 bits; 0: none. */
	readonly flowLabel: number;
	readonly dontFragment: boolean;
	readonly bypassRouting: boolean;
	/** Null: asked of the kernel's routing. */
	readonly source: string | null;
	readonly interface: string | null;
	readonly sourcePort: number | null;
	readonly fwmark: number | null;
	/** -O: the method's own options by name; true for those without a value. Checked by `checkMethodOptions`. */
	readonly methodOptions: Readonly<Record<string, string | true>>;
	/** Channel kinds to try, in order, instead of the method's own order; null: the method's. */
	readonly channels: readonly ChannelNeed["kind"][] | null;
	/** --mtu: find the path MTU, and the hop behind which each smaller one begins. */
	readonly pathMtu: boolean;
	/** --loose-match: captured ICMP only, matched by the probes' own key whatever addresses and ports it quotes. */
	readonly looseMatch: boolean;
	/** -g: numeric addresses that packets are to pass, in order. */
	readonly gateways: readonly string[];
	/** --pcap: tell every packet as an event. */
	readonly capture: boolean;
	/**
	 * Whether events say already what had changed in quoted packets; the result always does. Comparing takes time while the
	 * trace runs, which not everybody wants to pay.
	 */
	readonly compareEvents: boolean;
}

/**
 * -w 3, and a little: a kernel that cannot find the target on its last link says so after asking three times, a second
 * apart, and that answer is worth having.
 */
const DEFAULT_WAIT_NS = 3_150_000_000;

/** The defaults of `whither trace` (docs/cli.md); waits as in traceroute(8) but 3 s instead of 5. */
export const DEFAULT_TRACE_OPTIONS: Omit<TraceOptions, "target" | "targetName" | "family"> = {
	method: "udp",
	port: null,
	length: null,
	firstTtl: 1,
	maxTtl: 30,
	queries: 3,
	simultaneous: null,
	waitMaxNs: DEFAULT_WAIT_NS,
	waitHere: 3,
	waitNear: 10,
	timeoutNs: null,
	maxSilentHops: null,
	sendWaitNs: 0,
	tos: 0,
	flowLabel: 0,
	dontFragment: false,
	bypassRouting: false,
	source: null,
	interface: null,
	sourcePort: null,
	fwmark: null,
	methodOptions: {},
	channels: null,
	pathMtu: false,
	looseMatch: false,
	gateways: [],
	capture: false,
	compareEvents: true,
};
