/** The result of one trace as `whither.trace/1` (docs/schema/trace-1.json) has it; every report is a function of it. */
import type { ChannelKind, Family, OpenFailure, SystemError } from "./channel.ts";
import type { ReplyKind } from "./method.ts";

/** The `schema` of every trace result: its format and version. */
export const TRACE_SCHEMA = "whither.trace/1";

/** Why a trace ended. */
export type StopReason = "reached" | "unreachable" | "maxHops" | "silentHops" | "timeout" | "interrupted" | "error";

/** Something a reader of the trace should know; the words are made at the edge. */
export type TraceWarning =
	/** Another method took the place of the one that was asked for. */
	| { readonly code: "methodFallback"; readonly from: string; readonly to: string; readonly reason: string }
	/** Some routers quoted too little to name the probe; hops were asked again alone. */
	| { readonly code: "shortQuotes" }
	/** The kernel dropped so many packets before we read them. */
	| { readonly code: "repliesDropped"; readonly count: number }
	/** So many packets came that were not ours that some of ours may have been crowded out, uncounted. */
	| { readonly code: "foreignStorm"; readonly count: number }
	/** The sockets of this machine hear the target alone (channel `portable`): hops before it are unknown, not silent. */
	| { readonly code: "hopsUnseen" }
	/** Something asked for that this method cannot do was left out. */
	| { readonly code: "notApplied"; readonly option: "ecn" | "length"; readonly method: string }
	/** The connection that the probes were to travel in did not come about; no probe was sent. */
	| { readonly code: "sessionFailed"; readonly port: number; readonly failure: OpenFailure }
	/** The other end reset that connection in the middle of the trace. */
	| { readonly code: "sessionReset"; readonly from: string }
	/** Routers saw our packets come from another address than ours (NAT that does not translate what ICMP quotes). */
	| { readonly code: "publicAddress"; readonly address: string }
	/**
	 * Selective acknowledgments cannot be used. `here`: this machine offers none. `hop`: the option was taken out of SYNs on
	 * the way out, behind hop `ttl` (null: before the first that quotes it), and was gone at hop `goneAtTtl`. `beyond`: no
	 * quote lacks it, up to hop `ttl` (null: there is none before the target): behind that it was taken out, or on the way
	 * back, or the target does not speak it. `answers`: it was agreed on, and the blocks are taken out of the target's
	 * acknowledgments. `unknown`: nobody quotes enough to tell.
	 */
	| {
			readonly code: "noSack";
			readonly lostAt: "here" | "hop" | "beyond" | "answers" | "unknown";
			readonly ttl: number | null;
			readonly goneAtTtl?: number;
	  }
	/** The target's receive window in bytes has no room for all probes: it drops some, and longer ones were not sent. */
	| { readonly code: "smallWindow"; readonly window: number }
	/** Packets longer than `mtu` bytes vanish behind hop `ttl` without a word (RFC 2923 section 2.1). */
	| { readonly code: "mtuBlackHole"; readonly ttl: number; readonly from: string | null; readonly mtu: number }
	/** -A: `server`, as it was given, answered no question about origins. */
	| { readonly code: "originsUnanswered"; readonly server: string }
	/** It was measured by another program: what that did not write down is null, and `channel`, `stamps` and `counters` say nothing. */
	| { readonly code: "imported"; readonly format: "atlas" | "scamper" | "mtr" }
	/** Marked packets go unanswered while unmarked ones are answered. */
	| { readonly code: "ecnDropped" }
	/** Sending came to an end before the trace did. */
	| { readonly code: "channelFault"; readonly error: SystemError };

/** Where an address is, as a data set that the user named has it: such data is right about countries more often than about cities. */
export interface Place {
	/** ISO 3166-1, two letters. */
	readonly country: string | null;
	readonly city: string | null;
	/** Degrees, north and east; both or neither. */
	readonly latitude: number | null;
	readonly longitude: number | null;
	/** What says so: the data set's own name for itself, such as `GeoLite2-City`. */
	readonly source: string;
}

/** One probe and what became of it. `ttl` stands only where it differs from the hop's (samples of the target from beyond it). */
export interface ProbeResult {
	readonly seq: number;
	readonly flow: number;
	readonly ttl?: number;
	readonly sentAtNs: number;
	readonly status: "reply" | "timeout" | "sendError";
	readonly from: string | null;
	readonly name: string | null;
	/** Only where it was asked for: origins of the answerer's route, `AS64500` or `AS64500/AS64501`; null: unknown. */
	readonly asn?: string | null;
	/** Only where it was asked for and is known: what the first of these systems is called. */
	readonly asName?: string;
	/** Only where it was asked for: where the answerer stands; null: unknown. */
	readonly place?: Place | null;
	/** Only where it was asked for and is known: the internet exchange that the answerer's address belongs to. */
	readonly exchange?: string;
	readonly rttNs: number | null;
	/** Whose clocks the round trip is made of. */
	readonly stamps: "kernel" | "user" | null;
	/** The answer came after the probe had been given up. */
	readonly late?: true;
	/** Further answers to the same probe. */
	readonly duplicates?: number;
	/** How often the probe was sent again because nothing had come; times are of the packet that was answered. */
	readonly retransmissions?: number;
	/** The router quoted too little to name the probe; it is counted for the only probe it can have been. */
	readonly inferred?: true;
	readonly reply: {
		readonly kind: ReplyKind;
		readonly icmp: { readonly type: number; readonly code: number } | null;
		readonly ttl: number | null;
		readonly tos: number | null;
		readonly mtu: number | null;
		readonly detail: Readonly<Record<string, unknown>>;
	} | null;
	readonly quoted: {
		readonly tos: number | null;
		readonly ttl: number | null;
		readonly source: string | null;
		readonly length: number | null;
		readonly changes: readonly string[];
	} | null;
	readonly extensions: readonly ExtensionJson[];
	readonly error?: SystemError;
}

/** One ICMP extension object as JSON shows it. */
export type ExtensionJson = Readonly<Record<string, unknown>>;

/** Everything that answered, or did not, to one TTL. */
export interface HopResult {
	readonly ttl: number;
	/** --mtu: bytes of the longest packet that is known to have come so far. */
	readonly mtu?: number;
	/** What had been translated of our packets by the time this hop quoted them; absent: nothing that is known. */
	readonly nat?: "source" | "destination" | "checksum";
	readonly probes: readonly ProbeResult[];
}

/** Answers to packets sent beside the hops, by what they were for and their TTL. */
export interface CompanionResult {
	readonly name: string;
	readonly ttl: number;
	readonly probes: readonly ProbeResult[];
}

/** A place where packets must become shorter: behind hop `ttl`, whose router is `from`, no more than `mtu` bytes pass. */
export interface MtuDrop {
	readonly ttl: number;
	readonly from: string | null;
	readonly mtu: number;
	/** Whether the router told (Fragmentation Needed, Packet Too Big), or sizes had to be tried. */
	readonly found: "told" | "tried";
}

/** One whole trace. Times are nanoseconds; `sentAtNs` counts from `startedAt`. */
export interface TraceResult {
	readonly schema: typeof TRACE_SCHEMA;
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
	readonly target: { readonly name: string; readonly address: string; readonly port: number | null };
	readonly source: {
		readonly address: string;
		readonly port: number | null;
		readonly publicAddress: string | null;
	};
	readonly method: string;
	readonly channel: ChannelKind;
	readonly family: Family;
	readonly startedAt: string;
	readonly durationNs: number;
	readonly reached: boolean;
	readonly stopReason: StopReason;
	/**
	 * In bytes. With --mtu: the longest packet that passes the whole path, or as much of it as answers. Without: the
	 * least MTU that a router told of a packet of ours that was too long. Null: not known.
	 */
	readonly pathMtu: number | null;
	/** --mtu: in order of hops; empty where all links bear the same. */
	readonly mtuDrops?: readonly MtuDrop[];
	/** The connection's handshake, where probes travelled in one: round trip of the first, and what was agreed. */
	readonly handshake?: {
		readonly rttNs: number;
		readonly mss: number | null;
		readonly sackPermitted: boolean;
		readonly timestamps: boolean;
		readonly connections: number;
	};
	readonly warnings: readonly TraceWarning[];
	/** How many packets were sent, and how many came in that were not ours or did not count. */
	readonly counters: {
		readonly sent: number;
		readonly received: number;
		readonly foreign: number;
		readonly duplicates: number;
		readonly late: number;
		readonly dropped: number;
	};
	readonly options: {
		readonly firstTtl: number;
		readonly maxTtl: number;
		readonly queries: number;
		readonly length: number;
	};
	readonly hops: readonly HopResult[];
	/** Only where there were any. */
	readonly companions?: readonly CompanionResult[];
}
