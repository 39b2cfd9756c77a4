/** What the prober and its worker say to each other. Private to this package. */
import type { PingMessage, PingOrder, RoundsMessage, RoundsOrder, TraceMessage, TraceOrder } from "@whither/core";

/**
 * To the worker. `gate`: one Int32, set to 1 when all is closed. `close`: stop every run, tell its result, and go once
 * connections have ended. `leave`: go at once.
 */
export type ProberRequest =
	| { readonly type: "gate"; readonly gate: SharedArrayBuffer }
	| { readonly type: "trace"; readonly id: number; readonly order: TraceOrder }
	| { readonly type: "ping"; readonly id: number; readonly order: PingOrder }
	| { readonly type: "rounds"; readonly id: number; readonly order: RoundsOrder }
	| { readonly type: "stop"; readonly id: number }
	| { readonly type: "close" }
	| { readonly type: "leave" };

/** What any run says. */
export type RunMessage = TraceMessage | PingMessage | RoundsMessage;

/** From the worker: what one run said since the last time. `closed`: nothing of it is open any more. */
export interface ProberReport {
	readonly id: number;
	readonly messages: readonly RunMessage[];
	readonly closed: boolean;
}
