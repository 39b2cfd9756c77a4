/** What a running trace tells while it runs; the same values go to the library's iterator, NDJSON and the screens. */
import type { ChannelKind, Family } from "./channel.ts";
import type { HopResult, ProbeResult, StopReason, TraceWarning } from "./result.ts";

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
	/** A probe was answered, given up or could not be sent; a late answer comes as a second event for the same probe. */
	| { readonly type: "probe"; readonly atNs: number; readonly ttl: number; readonly probe: ProbeResult }
	/** Every probe of the hop is settled and every lower hop was told before. `last`: the trace's last hop. */
	| { readonly type: "hop"; readonly atNs: number; readonly hop: HopResult; readonly last: boolean }
	| { readonly type: "warning"; readonly atNs: number; readonly warning: TraceWarning }
	| { readonly type: "end"; readonly atNs: number; readonly stopReason: StopReason; readonly reached: boolean };
