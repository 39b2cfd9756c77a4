/**
 * What the data path's workers are asked and what they say. A worker serves UDP clients in a thread of its own, with a
 * `TurnServer` of its own; which worker a client comes to follows from its address.
 */
import type {
	AnswerLimits,
	PeerRules,
	SystemError,
	TurnCounters,
	TurnServerConfig,
	TurnUsage,
	TurnUsers,
} from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { StunListening, StunPlace } from "../../serving/places-io.ts";

/** A server's config as it is sent to a worker, which has its own clock, ledger and listeners. */
export type TurnWorkerConfig = Omit<TurnServerConfig, "unixSecondsAtZero" | "binding" | "ledger">;

/** How Binding requests are answered on the same ports. */
export interface TurnWorkerBinding {
	/** RFC 3489 as well. */
	readonly classic: boolean;
	/** Of each worker; `STUN_SERVER_LIMITS` where absent. */
	readonly limits?: AnswerLimits;
}

/** Workers to open. */
export interface TurnWorkerOrder {
	/**
	 * `instance`: that of the first worker; each further one adds 1. `relayPorts`: all that the workers may use, which they
	 * divide among themselves; `peers.relayPorts` has to name those of the whole service.
	 */
	readonly config: TurnWorkerConfig;
	/** UDP alone, with ports that are known: none is 0. */
	readonly places: readonly StunPlace[];
	/** Null: Binding requests are ignored. */
	readonly binding: TurnWorkerBinding | null;
	/** Of `createTurnLedger`; the other servers of the service share it. */
	readonly ledger: SharedArrayBuffer;
}

/** Workers under way. */
export interface TurnWorkers {
	readonly listening: readonly StunListening[];
	/** These are the users from now on. */
	users(users: TurnUsers): void;
	/** These are the rules of whom relays may send to, from now on. */
	peers(peers: PeerRules): void;
	/** No more allocations; those there are end in so many seconds. `alternate`: servers to try instead (300). */
	drain(order: TurnWorkerDrain): void;
	/** One of each worker; of those that still answer. */
	counters(): Promise<readonly TurnWorkerCounters[]>;
	/** Ends every allocation and every worker; resolves once all are gone. */
	close(): Promise<void>;
	/** Resolves when a worker has died that nobody asked to: its clients have lost their allocations. Never rejects. */
	readonly failed: Promise<TurnWorkerFailure>;
}

/** Of `drain`. */
export interface TurnWorkerDrain {
	readonly seconds: number;
	readonly alternate?: readonly StunAddress[];
}

/** Why a worker died: a system call without which it cannot go on, or a defect of ours. */
export type TurnWorkerFailure =
	| SystemError
	| { readonly code: "internal"; readonly where: "worker"; readonly about: string };

/** What one worker has done since it began. */
export interface TurnWorkerCounters {
	readonly server: TurnCounters & { readonly usage: TurnUsage };
	readonly dataPath: DataPathCounters;
}

/** What went past the machine, and what the kernel did not take. Plain running totals. */
export interface DataPathCounters {
	/** Datagrams that came to listeners, and from peers. */
	received: number;
	receivedFromPeers: number;
	/** Of these, those that the tables knew, and Binding requests answered in place. */
	fastToPeers: number;
	fastToClients: number;
	fastBindings: number;
	/** Answers to Binding requests in all. */
	bindings: number;
	/** Datagrams that left in one super-packet with others (UDP_SEGMENT). */
	segmented: number;
	/** Datagrams that did not leave, by errno's name. */
	readonly dropped: Record<string, number>;
	/** Relays that stand now, and those that could not be opened. */
	relays: number;
	relaysRefused: number;
}

/** All of them zero. */
export function emptyDataPathCounters(): DataPathCounters {
	return {
		received: 0,
		receivedFromPeers: 0,
		fastToPeers: 0,
		fastToClients: 0,
		fastBindings: 0,
		bindings: 0,
		segmented: 0,
		dropped: {},
		relays: 0,
		relaysRefused: 0,
	};
}
