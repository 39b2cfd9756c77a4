/** The tracing host's kernel and one TCP connection of it: the handshake, and the end when the trace is over. */
import { type Instant, MILLISECOND, SECOND, type SessionFacts } from "@whither/core";
import {
	decodeTcp,
	isDecodeError,
	sequenceAdd,
	TCP_FLAGS,
	type TcpHeader,
	type TcpOption,
	tcpOption,
} from "@whither/wire";
import type { IpFields, IpPacket } from "./packet.ts";
import { synOptions } from "./syn-options.ts";
import { alignedOption, findOption, tcpPacket, timestampValue } from "./tcp-segment.ts";

/** What a connection is opened with. */
export interface SessionSocketOptions {
	readonly ip: Omit<IpFields, "ttl" | "protocol">;
	readonly sourcePort: number;
	readonly destinationPort: number;
	readonly initialSequence: number;
	/** What is added to milliseconds for our TSval. */
	readonly clockOffset: number;
	readonly timestamps: boolean;
	readonly ttl: number;
	readonly send: (packet: Uint8Array, at: Instant) => void;
	readonly schedule: (at: Instant, action: () => void) => void;
}

/** What a packet did to the connection; `taken`: it was the kernel's own business. */
export type SocketNews = "opened" | "refused" | "taken" | "none";

/**
 * Linux repeats a SYN after TCP_TIMEOUT_INIT (RFC 6298 section 2.1), and a FIN after 200 ms (TCP_RTO_MIN) and then ever
 * later.
 */
const SYN_TIMEOUT = 1 * SECOND;
const FIN_TIMEOUT = 200 * MILLISECOND;
const FIN_REPEATS = 5;

/** One connection of the tracing host. It sends no data; what the peer sends in order it acknowledges. */
export class SessionSocket {
	readonly #options: SessionSocketOptions;
	#state: "synSent" | "established" | "finWait" | "closed" = "synSent";
	#sentAt: Instant = 0;
	#facts: SessionFacts | null = null;
	#receiveNext = 0;
	/** TSval to echo; null: not agreed on. */
	#echo: number | null = null;

	constructor(options: SessionSocketOptions) {
		this.#options = options;
	}

	get sourcePort(): number {
		return this.#options.sourcePort;
	}

	/** What the handshake told; null before its end. */
	get facts(): SessionFacts | null {
		return this.#facts;
	}

	/** Sends the SYN, and once again when it stays unanswered. */
	open(at: Instant): void {
		this.#sendSyn(at);
		this.#options.schedule(at + SYN_TIMEOUT, () => {
			if (this.#state === "synSent") this.#sendSyn(at + SYN_TIMEOUT);
		});
	}

	/** Sends a FIN where the connection stands, and repeats it while nobody acknowledges it. */
	close(at: Instant): void {
		if (this.#state === "established") {
			this.#state = "finWait";
			this.#sendFin(at, 0);
		} else if (this.#state === "synSent") this.#state = "closed";
	}

	/** Takes a segment that may be for this connection. */
	receive(packet: IpPacket, at: Instant): SocketNews {
		const tcp = decodeTcp(packet.payload);
		if (isDecodeError(tcp)) return "none";
		const { header, payload } = tcp;
		const { sourcePort, destinationPort, ip } = this.#options;
		if (packet.source !== ip.destination || header.sourcePort !== destinationPort) return "none";
		if (header.destinationPort !== sourcePort) return "none";
		if (this.#state === "synSent") return this.#answered(packet, header, at);
		if (this.#state !== "closed") this.#continue(header, payload.length, at);
		return "taken";
	}

	/** Whether an ICMP error quotes the SYN, which ends the attempt. */
	isAboutSyn(quoted: {
		readonly sourcePort: number;
		readonly destinationPort: number;
		readonly sequence: number;
	}): boolean {
		const { sourcePort, destinationPort, initialSequence } = this.#options;
		if (this.#state !== "synSent" || quoted.sequence !== initialSequence) return false;
		return quoted.sourcePort === sourcePort && quoted.destinationPort === destinationPort;
	}

	/** RFC 9293 section 3.10.7.3. */
	#answered(packet: IpPacket, header: TcpHeader, at: Instant): SocketNews {
		const { initialSequence } = this.#options;
		const next = sequenceAdd(initialSequence, 1);
		if ((header.flags & TCP_FLAGS.ack) === 0 || header.acknowledgment !== next) return "taken";
		if (header.flags & TCP_FLAGS.rst) {
			this.#state = "closed";
			return "refused";
		}
		if ((header.flags & TCP_FLAGS.syn) === 0) return "taken";
		this.#state = "established";
		this.#receiveNext = sequenceAdd(header.sequence, 1);
		const echoed = findOption(header, "timestamps")?.value ?? null;
		this.#echo = this.#options.timestamps ? (echoed?.value ?? null) : null;
		this.#send({ sequence: next, flags: TCP_FLAGS.ack }, at);
		this.#facts = {
			sourcePort: this.sourcePort,
			sendNext: next,
			receiveNext: this.#receiveNext,
			synAckTtl: packet.ttl,
			mss: findOption(header, "maximumSegmentSize")?.value ?? null,
			window: header.window,
			sackOffered: true,
			sackPermitted: findOption(header, "sackPermitted") !== undefined,
			timestamps: this.#echo === null ? null : { value: this.#clock(at), echo: this.#echo },
			rttNs: at - this.#sentAt,
		};
		return "opened";
	}

	#continue(header: TcpHeader, length: number, at: Instant): void {
		if (header.flags & TCP_FLAGS.rst) {
			this.#state = "closed";
			return;
		}
		const sequence = this.#sendNext;
		const finSeen = this.#state === "finWait" && header.acknowledgment === sequence;
		if (finSeen) this.#state = "closed";
		const occupies = length + (header.flags & (TCP_FLAGS.syn | TCP_FLAGS.fin) ? 1 : 0);
		if (occupies === 0) return;
		if (header.sequence === this.#receiveNext) this.#receiveNext = sequenceAdd(header.sequence, occupies);
		this.#send({ sequence, flags: TCP_FLAGS.ack }, at);
	}

	/** What follows the SYN, and the FIN once it is sent. */
	get #sendNext(): number {
		const ended = this.#state === "finWait" || this.#state === "closed";
		return sequenceAdd(this.#options.initialSequence, ended ? 2 : 1);
	}

	#sendSyn(at: Instant): void {
		const { ip, initialSequence, timestamps } = this.#options;
		this.#sentAt = at;
		const options = synOptions(ip.family, this.#clock(at)).filter(({ name }) => timestamps || name !== "timestamps");
		this.#send({ sequence: initialSequence, flags: TCP_FLAGS.syn, options }, at);
	}

	#sendFin(at: Instant, repeats: number): void {
		if (this.#state !== "finWait") return;
		const sequence = sequenceAdd(this.#options.initialSequence, 1);
		this.#send({ sequence, flags: TCP_FLAGS.fin | TCP_FLAGS.ack }, at);
		if (repeats === FIN_REPEATS) return;
		const again = at + FIN_TIMEOUT * 2 ** repeats;
		this.#options.schedule(again, () => this.#sendFin(again, repeats + 1));
	}

	#clock(at: Instant): number {
		return timestampValue(this.#options.clockOffset, at);
	}

	#send(fields: { sequence: number; flags: number; options?: readonly TcpOption[] }, at: Instant): void {
		const { ip, sourcePort, destinationPort, ttl, send } = this.#options;
		const echo = this.#echo;
		const options = echo === null ? [] : alignedOption(tcpOption("timestamps", { value: this.#clock(at), echo }));
		const acknowledgment = (fields.flags & TCP_FLAGS.ack) !== 0 ? this.#receiveNext : 0;
		send(tcpPacket({ ...ip, ttl }, { sourcePort, destinationPort, acknowledgment, options, ...fields }), at);
	}
}
