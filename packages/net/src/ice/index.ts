/** ICE on real sockets: an entry of its own, so that whoever only traces does not load it. */

export type { HostAddress } from "../interfaces/host-address.ts";
export { Q_EXTENSION } from "./first-draft/candidate-lines.ts";
export type {
	FirstDraftConnection,
	FirstDraftConnectionEvent,
	FirstDraftListener,
	FirstDraftOrder,
	FirstDraftWay,
} from "./first-draft/first-draft-connection.ts";
export { FirstDraftView, type FirstDraftViewParts } from "./first-draft/first-draft-view.ts";
export { openFirstDraft } from "./first-draft/open-first-draft.ts";
export type {
	IceBaseEnd,
	IceComponentPlace,
	IceConnection,
	IceConnectionEvent,
	IceDatagram,
	IceFlow,
	IceListener,
	IceOrder,
	IceRelayLeg,
	IceRelayServer,
} from "./ice-io.ts";
export { openIce } from "./open-ice.ts";
export { prepareIce } from "./rehearsal.ts";
