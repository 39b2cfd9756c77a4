import type { IceCandidateLine, IceCandidateType, IceTcpType, StunAddress } from "@whither/wire";
import { areOfOneScope, familyOf } from "./address.ts";

/** What candidates of both sides have in common. */
export interface IceCandidate {
	/** Index of the stream that it is of. */
	readonly stream: number;
	readonly component: number;
	readonly type: IceCandidateType;
	readonly transport: "udp" | "tcp";
	/** Null of UDP candidates. */
	readonly tcpType: IceTcpType | null;
	/** Canonical text. */
	readonly address: string;
	readonly port: number;
	readonly priority: number;
	readonly foundation: string;
	/** Null: there is none, or the peer hides it. */
	readonly related: StunAddress | null;
}

/** One of our own: what it is reached by, and the socket behind it. */
export interface LocalCandidate extends IceCandidate {
	/** The driver's socket or relay, by number. */
	readonly base: number;
	/** 16 bits, from which priorities of peer-reflexive candidates of this base are made. */
	readonly localPreference: number;
	/** The name that is told instead of the address; null: none. */
	readonly name: string | null;
	/** The STUN or TURN server that it comes from. */
	readonly server: StunAddress | null;
}

/** One of the peer's. */
export type RemoteCandidate = IceCandidate;

/** A transport address as a key of a map, one a transport. */
export function candidateKey({ transport, address, port }: Pick<IceCandidate, "transport" | "address" | "port">) {
	return `${transport} ${address} ${port}`;
}

/** What signalling says of one of ours: an address that is hidden stays so in `raddr` as well. */
export function candidateLine(candidate: LocalCandidate, hideRelated: boolean): IceCandidateLine {
	const { foundation, component, transport, priority, port, type, tcpType, name, related } = candidate;
	const address = name !== null && type === "host" ? name : candidate.address;
	// RFC 8839 §5.1: 0.0.0.0 or :: and port 9 where the related address is not to be told.
	const hidden = { address: familyOf(candidate) === 4 ? "0.0.0.0" : "::", port: 9 };
	const shown = related === null ? null : hideRelated || name !== null ? hidden : related;
	return { foundation, component, transport, priority, address, port, type, tcpType, related: shown, extensions: [] };
}

/** One of the peer's as it came by signalling, with its address. */
export function remoteCandidate(line: IceCandidateLine, stream: number, address: string): RemoteCandidate {
	const { foundation, component, transport, priority, port, type, tcpType, related } = line;
	return { stream, component, type, transport, tcpType, address, port, priority, foundation, related };
}

/** Whether the two ends could speak with each other at all (RFC 8445 §6.1.2.2, RFC 6544 §6.2). */
export function canPair(local: LocalCandidate, remote: RemoteCandidate): boolean {
	if (local.stream !== remote.stream || local.component !== remote.component) return false;
	if (local.transport !== remote.transport || familyOf(local) !== familyOf(remote)) return false;
	if (remote.port === 0 || !areOfOneScope(local.address, remote.address)) return false;
	if (local.tcpType === "active") return remote.tcpType === "passive";
	// A passive end waits for the peer's check and becomes a pair by that.
	return local.tcpType === "so" ? remote.tcpType === "so" : local.tcpType === null;
}
