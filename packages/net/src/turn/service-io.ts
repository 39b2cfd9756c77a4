/** What a TURN service is asked and what it says. */
import type { TurnCounters, TurnRelayAddress, TurnServerConfig, TurnUsage, TurnUsers } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { BindingOrder } from "../serving/binding.ts";
import type { MessageAnswerer } from "../serving/message-answerer.ts";
import type { StreamBounds } from "../serving/places.ts";
import type { StunListening, StunPlace, StunServiceCounts, StunServiceFailure } from "../serving/places-io.ts";
import type { DataPathCounters, TurnWorkerFailure } from "./data-path/worker-io.ts";

/** A relay server's config without what a driver adds by itself. */
export type TurnThreadConfig = Omit<TurnServerConfig, "unixSecondsAtZero" | "binding">;

/** An address that relays are opened on. */
export interface TurnRelayPlace extends TurnRelayAddress {
	/** It is done without where this machine has no such address, or does not speak the family. */
	readonly optional?: true;
}

/** A service to open. */
export interface TurnServiceOrder {
	/** The secret, the instance and the ledger are the service's own. */
	readonly config: Omit<TurnThreadConfig, "secret" | "instance" | "ledger" | "relays">;
	readonly relays: readonly TurnRelayPlace[];
	/** UDP, TCP and TLS. Where four UDP places are two addresses by two ports, Binding requests are answered by RFC 5780. */
	readonly places: readonly StunPlace[];
	/** Binding requests on the same ports. */
	readonly binding: BindingOrder;
	/** TLS: certificate chain and key, PEM. */
	readonly certificate?: string;
	readonly key?: string;
	/** How many streams there may be, and how long one without an allocation may say nothing; `TURN_STREAMS` where absent. */
	readonly streams?: Partial<StreamBounds>;
	/** Whom what else comes by streams is for. */
	readonly others?: MessageAnswerer;
	/** Threads for UDP clients beside this one, where the backend is native; 0: this one serves them too. */
	readonly workers: number;
	/** What they run, where that is not this package's own file: something that calls `serveTurnWorker`. */
	readonly workerUrl?: URL;
}

/** Many clients may come from behind one address; one that has nothing and says nothing is ended. */
export const TURN_STREAMS: StreamBounds = { most: 16_384, mostPerSource: 1_024, idleMs: 30_000 };

/** How a service is brought to its end. */
export interface TurnDrain {
	readonly seconds: number;
	/** Servers that clients are sent to meanwhile (300), of either family. */
	readonly alternate?: readonly StunAddress[];
}

/** A service under way. */
export interface TurnService {
	readonly listening: readonly StunListening[];
	/** Where relays are opened. */
	readonly relays: readonly TurnRelayAddress[];
	/** These are the users from now on; allocations that there are go on. */
	users(users: TurnUsers): void;
	/** What TLS clients are shown from now on; false where certificate and key do not go together, and the old ones stay. */
	renew(certificate: string, key: string): boolean;
	/** No more allocations; those there are go on, at most for so long. Resolves once there are none. */
	drain(order: TurnDrain): Promise<void>;
	counters(): Promise<TurnServiceCounters>;
	/** Ends all allocations, lets streams end, at most for a second; resolves once nothing is open. */
	close(): Promise<void>;
	/** Resolves when a worker has died that nobody asked to: its clients have lost their allocations. Never rejects. */
	readonly failed: Promise<TurnWorkerFailure>;
}

/** Whether opening a service failed. */
export function isTurnServiceFailure(value: TurnService | StunServiceFailure): value is StunServiceFailure {
	return "error" in value;
}

/** What this thread's driver has done, beside its machine. */
export interface TurnThreadCounters {
	readonly server: TurnCounters & { readonly usage: TurnUsage };
	readonly binding: StunServiceCounts;
	/** Clients' streams there are. */
	readonly streams: number;
	/** Connections of peers there are (RFC 6062). */
	readonly peerStreams: number;
	/** Data towards clients that do not read their stream, dropped. */
	readonly droppedPackets: number;
	/** Answers and data that the system did not take. */
	readonly failed: number;
}

/** Running totals of all threads. */
export interface TurnServiceCounters {
	readonly server: TurnCounters & { readonly usage: TurnUsage };
	/** Binding requests. */
	readonly binding: StunServiceCounts;
	readonly thread: TurnThreadCounters;
	/** One for each worker that still answers. */
	readonly workers: readonly { readonly dataPath: DataPathCounters; readonly allocations: number }[];
}
