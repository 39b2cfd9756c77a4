/** What a running trace tells while it runs; the same values go to the library's iterator, NDJSON and the screens. */
import type { ChannelKind, Family } from "./channel.ts";
import type { HopResult, ProbeResult, StopReason, TraceWarning } from "./result.ts";

/** One thing that happened in a trace; `atNs` counts from its start. */
export type TraceEvent =
	| {
			readonly type: "start";
			readonly target: { readonly name: string; readonly address: string; readonly port: number | null };
			readonly source: { readonly address: string; readonly port: number | null };
			readonly method: string;
			readonly channel: ChannelKind;
			readonly family: Family;
			readonly maxTtl: number;
			readonly queries: number;
			/** IP packet length in bytes. */
			readonly length: number;
	  }
	/** The connections that probes travel in stand; times are of the first. */
	| {
			readonly type: "handshake";
			readonly atNs: number;
			readonly rttNs: number;
			readonly mss: number | null;
			readonly sackPermitted: boolean;
			readonly connections: number;
	  }
	/**
	 * Where packets are captured: one packet, from its IP header on. `rebuilt`: more of it than its IP header was put
	 * together from what the kernel tells. `note`: what it was or meant, such as "udp: time exceeded from hop 3 about probe 2, ttl 3".
	 */
	| {
			readonly type: "packet";
			readonly atNs: number;
			/** Nanoseconds since 1970-01-01 UTC, where the machine has a clock to tell it by. */
			readonly unixNs?: bigint;
			readonly direction: "out" | "in";
			readonly bytes: Uint8Array;
			readonly rebuilt: boolean;
			readonly note: string;
	  }
	/** A probe was answered, given up or could not be sent; a late answer comes as a second event for the same probe. */
	| { readonly type: "probe"; readonly atNs: number; readonly ttl: number; readonly probe: ProbeResult }
	/** Every probe of the hop is settled and every lower hop was told before. `last`: the trace's last hop. */
	| { readonly type: "hop"; readonly atNs: number; readonly hop: HopResult; readonly last: boolean }
	| { readonly type: "warning"; readonly atNs: number; readonly warning: TraceWarning }
	| { readonly type: "end"; readonly atNs: number; readonly stopReason: StopReason; readonly reached: boolean };
