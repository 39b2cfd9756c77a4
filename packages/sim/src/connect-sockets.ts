/** TCP sockets in the middle of a non-blocking connect(), one for each probe, as the tracing host's kernel has them. */
import type { Instant, ProbeSend } from "@whither/core";
import { decodeTcp, isDecodeError, TCP_FLAGS, type TcpHeader } from "@whither/wire";
import type { IpFields, IpPacket } from "./packet.ts";
import type { Random } from "./random.ts";
import { synOptions } from "./syn-options.ts";
import { type SegmentFields, tcpPacket } from "./tcp-segment.ts";

/** One socket in SYN_SENT. */
export interface ConnectSocket {
	readonly sequence: number;
	readonly port: number;
	readonly destinationPort: number;
	readonly initialSequence: number;
	readonly sentAt: Instant;
}

/** How a connect() ended, and what the kernel sends about it. */
export interface ConnectOutcome {
	readonly socket: ConnectSocket;
	readonly outcome: "connected" | "refused";
	readonly packets: readonly Uint8Array[];
}

/** The sockets of one trace; each takes part until its first outcome. */
export class ConnectSockets {
	readonly #sockets = new Map<number, ConnectSocket>();
	readonly #ip: Omit<IpFields, "ttl" | "protocol">;
	readonly #random: Random;

	constructor(ip: Omit<IpFields, "ttl" | "protocol">, random: Random) {
		this.#ip = ip;
		this.#random = random;
	}

	/** Starts a connect(): the SYN as Linux writes it, with 20 bytes of options. */
	open(send: ProbeSend, port: number, now: Instant): Uint8Array {
		const { destinationPort } = send.packet;
		const initialSequence = this.#random.uint32();
		this.#sockets.set(port, { sequence: send.sequence, port, destinationPort, initialSequence, sentAt: now });
		const options = synOptions(this.#ip.family, this.#random.uint32());
		const header = { sourcePort: port, destinationPort, sequence: initialSequence, flags: TCP_FLAGS.syn };
		return this.#packet({ ...header, options }, send.ttl);
	}

	/** The socket that a quoted segment belongs to; Linux wants the sequence number to be one it has sent. */
	find(quoted: { readonly sourcePort: number; readonly destinationPort: number; readonly sequence: number }) {
		const socket = this.#sockets.get(quoted.sourcePort);
		const ours = socket?.destinationPort === quoted.destinationPort && socket.initialSequence === quoted.sequence;
		return ours ? socket : undefined;
	}

	/** Whether the socket of a port is still in SYN_SENT. */
	isOpen(port: number): boolean {
		return this.#sockets.has(port);
	}

	/** A socket that has an error or an outcome takes part no more. */
	close(socket: ConnectSocket): void {
		this.#sockets.delete(socket.port);
	}

	/** A segment for one of the sockets; null when it is for none or does not answer the SYN (RFC 9293 §3.10.7.3). */
	receive(packet: IpPacket): ConnectOutcome | null {
		const tcp = decodeTcp(packet.payload);
		if (isDecodeError(tcp)) return null;
		const { header } = tcp;
		const socket = this.#sockets.get(header.destinationPort);
		if (socket === undefined || socket.destinationPort !== header.sourcePort) return null;
		const next = (socket.initialSequence + 1) >>> 0;
		if (!has(header, TCP_FLAGS.ack) || header.acknowledgment !== next) return null;
		this.close(socket);
		if (has(header, TCP_FLAGS.rst)) return { socket, outcome: "refused", packets: [] };
		const { destinationPort, port: sourcePort } = socket;
		const acknowledgment = (header.sequence + 1) >>> 0;
		const ends = [TCP_FLAGS.ack, TCP_FLAGS.rst | TCP_FLAGS.ack].map((flags) =>
			this.#packet({ sourcePort, destinationPort, sequence: next, acknowledgment, flags }, 64),
		);
		return { socket, outcome: "connected", packets: ends };
	}

	#packet(fields: SegmentFields, ttl: number): Uint8Array {
		return tcpPacket({ ...this.#ip, ttl }, fields);
	}
}

function has(header: TcpHeader, flag: number): boolean {
	return (header.flags & flag) !== 0;
}
