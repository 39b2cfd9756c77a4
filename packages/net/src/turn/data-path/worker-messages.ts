/** What the thread that opened workers and a worker say to each other. Private to this package. */

import type { PeerRules, TurnUsers } from "@whither/core";
import type { StunServiceFailure } from "../../serving/places-io.ts";
import type { TransportAddress } from "../../transport/transport.ts";
import type { TurnWorkerCounters, TurnWorkerDrain, TurnWorkerFailure, TurnWorkerOrder } from "./worker-io.ts";

/** Handed to a worker as it starts. `order.config` is its own part. */
export interface TurnWorkerStart {
	readonly order: TurnWorkerOrder;
	readonly index: number;
	readonly count: number;
}

/** To a worker. `open`: its sockets; `serve`: all workers have theirs. From then on its eventfd wakes it. */
export type TurnWorkerCommand =
	| { readonly type: "open" }
	| { readonly type: "serve" }
	| { readonly type: "users"; readonly users: TurnUsers }
	| { readonly type: "peers"; readonly peers: PeerRules }
	| { readonly type: "drain"; readonly drain: TurnWorkerDrain }
	| { readonly type: "counters"; readonly id: number }
	| { readonly type: "close" };

/** From a worker. `locals`: null at places that were optional and are not there. */
export type TurnWorkerReport =
	| {
			readonly type: "opened";
			readonly locals: readonly (TransportAddress | null)[];
			readonly descriptors: readonly number[];
			readonly wake: number;
	  }
	| { readonly type: "notOpened"; readonly failure: StunServiceFailure }
	| { readonly type: "serving" }
	| { readonly type: "counters"; readonly id: number; readonly counters: TurnWorkerCounters }
	| { readonly type: "failed"; readonly failure: TurnWorkerFailure }
	| { readonly type: "closed" };
