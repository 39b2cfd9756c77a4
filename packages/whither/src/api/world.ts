/** Where a trace runs: this machine's network, or an internet in memory. The rest of the library cannot tell which. */
import type {
	Family,
	PingMessage,
	PingOrder,
	RoundsMessage,
	RoundsOrder,
	RunningTrace,
	TraceMessage,
	TraceOrder,
} from "@whither/core";
import type { AsLookup, AsNameServer, AsServer, RouteLookup } from "./places/as-server.ts";
import type { FactsLookup } from "./places/facts.ts";
import type { ResolvedTarget } from "./resolve.ts";

/** A network to trace in, with the names in it. */
export interface World {
	/** Name to address; rejects with a `WhitherError`. */
	readonly resolve: (name: string, family: Family | null) => Promise<ResolvedTarget>;
	/** Address to name, or null; never rejects. */
	readonly reverse: (address: string) => Promise<string | null>;
	/** A look-up of origins with this server. */
	readonly origins: (server: AsServer) => Promise<AsLookup>;
	/** The same with what registries say of the route; absent: this world knows origins alone. */
	readonly routes?: (server: AsServer) => Promise<RouteLookup>;
	/** A look-up of what systems such as `AS64500` are called, with this server; absent: this world knows none. */
	readonly asNames?: (server: AsNameServer) => Promise<(asn: string) => Promise<string | null>>;
	/** A look-up in these data sets; rejects with a `WhitherError` where one cannot be read. Absent: this world has no places. */
	readonly places?: (files: readonly string[]) => Promise<FactsLookup>;
	/** What net.ipv4.tcp_ecn says of this world's own TCP connections; 0, no ECN, where there is no such thing. */
	readonly tcpEcn: () => number;
	/** Run one trace; the last message is `result` or `failed`. `stop` ends it early with what is known. */
	readonly start: (order: TraceOrder, on: (message: TraceMessage) => void) => RunningTrace;
	/** The same for a ping; absent: this world knows none. */
	readonly ping?: (order: PingOrder, on: (message: PingMessage) => void) => RunningTrace;
	/** The same for a continuous trace; absent: this world knows none. */
	readonly rounds?: (order: RoundsOrder, on: (message: RoundsMessage) => void) => RunningTrace;
}
