/** STUN on real sockets: an entry of its own, so that whoever only traces does not load it. */
export type { StreamFailure, TransportAddress } from "../transport/transport.ts";
export { runStun } from "./discovery.ts";
export type { RunningStun, StunFindings, StunOrder, StunRunFailure, StunRunMessage } from "./discovery-io.ts";
export { openStunService } from "./service.ts";
export {
	isServiceFailure,
	type StunListening,
	type StunPlace,
	type StunService,
	type StunServiceCounts,
	type StunServiceFailure,
	type StunServiceOrder,
} from "./service-io.ts";
