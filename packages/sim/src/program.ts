/**
 * Programs on simulated hosts: anything that speaks UDP as a machine, such as a STUN server or an ICE agent, with the
 * ports that it holds, on every address of its host.
 */
import type { Instant, Machine } from "@whither/core";
import { decodeIcmp, decodeQuoted, IP_PROTOCOL, isDecodeError } from "@whither/wire";
import { readDatagram } from "./datagram-packet.ts";
import { hasGoodChecksum, type IpPacket, isIcmpError } from "./packet.ts";

/** Where one end of UDP is: an address (canonical text) and a port. */
export interface Endpoint {
	readonly address: string;
	readonly port: number;
}

/** A UDP datagram as the program that sends or takes it sees it. */
export interface Datagram {
	/** The host's own end; a program sends from any address of its host. */
	readonly local: Endpoint;
	readonly remote: Endpoint;
	readonly payload: Uint8Array;
	/** TTL or hop limit: what one arrived with, or is to leave with; default the host's. */
	readonly ttl?: number;
	/** TOS byte or traffic class, likewise; default 0. */
	readonly tos?: number;
}

/** An ICMP error about a datagram that was sent from `local` to `remote`. */
export interface DatagramError {
	readonly local: Endpoint;
	readonly remote: Endpoint;
	/** Who says so. */
	readonly from: string;
	readonly icmp: { readonly type: number; readonly code: number };
}

/** What happens to a program. `tick`: its deadline has come, or somebody woke it. */
export type ProgramInput =
	| { readonly type: "datagram"; readonly datagram: Datagram }
	| { readonly type: "error"; readonly error: DatagramError }
	| { readonly type: "tick" };

/** A machine whose outputs are datagrams to send at once. */
export interface DatagramProgram extends Machine<ProgramInput, Datagram> {
	/** Whether it holds a port of its host on this address; other ports are the host's to answer. */
	holds(local: Endpoint): boolean;
}

/** A program on its host. */
export interface AttachedProgram {
	/** Ticks the program now: after it was told something by other ways than its input, or its deadline changed. */
	wake(now: Instant): void;
	/** Sends datagrams in the program's name, from an address of its host; throws RangeError for any other. */
	send(datagrams: readonly Datagram[], now: Instant): void;
	/** Looks at its deadline anew, which has changed by other ways than its input. */
	await(now: Instant): void;
	/** Ends it: its ports are free again and nothing wakes it any more. */
	detach(): void;
}

/** What a packet is to a program on the host; null: nothing. */
export function programInput(packet: IpPacket): { readonly local: Endpoint; readonly input: ProgramInput } | null {
	if (packet.protocol === IP_PROTOCOL.udp) return datagramInput(packet);
	return isIcmpError(packet) ? errorInput(packet) : null;
}

function datagramInput(packet: IpPacket): { readonly local: Endpoint; readonly input: ProgramInput } | null {
	const datagram = readDatagram(packet);
	return datagram === null ? null : { local: datagram.local, input: { type: "datagram", datagram } };
}

function errorInput(packet: IpPacket): { readonly local: Endpoint; readonly input: ProgramInput } | null {
	const icmp = decodeIcmp(packet.family, packet.payload);
	if (isDecodeError(icmp) || icmp.body.kind !== "error" || !hasGoodChecksum(packet)) return null;
	const quoted = decodeQuoted(packet.family, icmp.body.quoted);
	if (isDecodeError(quoted) || quoted.protocol !== IP_PROTOCOL.udp || quoted.ports === null) return null;
	const local = { address: quoted.source, port: quoted.ports.source };
	const remote = { address: quoted.destination, port: quoted.ports.destination };
	const { type, code } = icmp;
	return { local, input: { type: "error", error: { local, remote, from: packet.source, icmp: { type, code } } } };
}
