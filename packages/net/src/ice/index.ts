/** ICE on real sockets: an entry of its own, so that whoever only traces does not load it. */

export type {
	HostAddress,
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
