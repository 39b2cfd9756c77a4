/** TURN on real sockets: an entry of its own, so that whoever only traces does not load it. */
export { serveTurnWorker } from "./data-path/turn-worker.ts";
export { openEarlyRelay } from "./early/service.ts";
export {
	type EarlyRelayCounters,
	type EarlyRelayOrder,
	type EarlyRelayPlace,
	type EarlyRelayService,
	isEarlyRelayFailure,
} from "./early/service-io.ts";
export { defaultAddress } from "./own-addresses.ts";
export { openTurnService } from "./service.ts";
export {
	isTurnServiceFailure,
	type TurnDrain,
	type TurnRelayPlace,
	type TurnService,
	type TurnServiceCounters,
	type TurnServiceOrder,
	type TurnThreadCounters,
} from "./service-io.ts";
