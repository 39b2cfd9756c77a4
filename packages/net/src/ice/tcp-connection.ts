/** One connection of a TCP candidate, and the packets on it. */
import type { Instant, SystemError } from "@whither/core";
import { classifyPacket, encodeFramedPacket, type StunAddress } from "@whither/wire";
import { systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { StreamFailure, StreamListener, StreamTransport } from "../transport/transport.ts";
import { PacketCutter } from "./packet-cutter.ts";

/** What waits to leave where the peer does not read, or the connection does not stand yet; what comes then is dropped. */
const MOST_WAITING_BYTES = 256 * 1024;
const MOST_WAITING_TO_OPEN = 16;

/** What one tells. */
export interface TcpConnectionEars {
	/** A packet, the hearer's to keep. */
	packet(bytes: Uint8Array, at: Instant): void;
	/** It could not be opened; true: it is to be carried by another stream, and what waits goes on waiting. */
	unopened(error: SystemError): boolean;
	/** It has ended, or never stood: the last that is told. */
	ended(error: SystemError): void;
}

/** From the wish to connect, or from a peer's coming, to its end. */
export class TcpConnection {
	readonly peer: StunAddress;
	readonly #ears: TcpConnectionEars;
	#stream: StreamTransport | null = null;
	#cutter = new PacketCutter();
	#state: "opening" | "open" | "over" = "opening";
	#waiting: Uint8Array[] = [];
	/** Whoever connected to us shows that it speaks ICE before anything else. */
	#isProven: boolean;
	#heard = false;

	constructor(peer: StunAddress, ears: TcpConnectionEars, options: { readonly accepted: boolean }) {
		this.peer = peer;
		this.#ears = ears;
		this.#isProven = !options.accepted;
	}

	get isOpening(): boolean {
		return this.#state === "opening";
	}

	/** It is ours, or has brought a check. */
	get isProven(): boolean {
		return this.#isProven;
	}

	/** Something has come since it was last asked. */
	takeHeard(): boolean {
		const heard = this.#heard;
		this.#heard = false;
		return heard;
	}

	/** What the stream is opened with; what it was carried by before does not count any more. */
	listener(stream: () => StreamTransport): StreamListener {
		const isOurs = (): boolean => this.#state !== "over" && this.#stream === stream();
		return {
			opened: () => {
				if (isOurs()) this.#opened();
			},
			received: (bytes, at) => {
				if (isOurs()) this.#received(bytes, at);
			},
			ended: () => {
				if (isOurs()) this.#end(systemError("read", ERRNO.ENOTCONN, this.peer.address));
			},
			closed: (failure) => {
				if (isOurs()) this.#end(errorOf(failure, this.peer));
			},
		};
	}

	/** It is carried by this one from now on, which stands or is to be opened. */
	carryBy(stream: StreamTransport): void {
		this.#stream?.destroy();
		if (this.#state === "over") {
			stream.destroy();
			return;
		}
		this.#stream = stream;
		this.#cutter = new PacketCutter();
	}

	/** The stream it is carried by stands already: a peer has opened it. */
	accept(stream: StreamTransport): void {
		this.carryBy(stream);
		this.#opened();
	}

	/** Null, or why it did not leave; what is sent before the connection stands waits for that. */
	send(packet: Uint8Array): SystemError | null {
		const stream = this.#stream;
		if (this.#state === "opening" && this.#waiting.length < MOST_WAITING_TO_OPEN) {
			this.#waiting.push(encodeFramedPacket(packet));
			return null;
		}
		if (this.#state === "over") return systemError("send", ERRNO.ENOTCONN, this.peer.address);
		if (this.#state === "opening" || stream === null || stream.waitingBytes > MOST_WAITING_BYTES)
			return systemError("send", ERRNO.EAGAIN, this.peer.address);
		stream.send(encodeFramedPacket(packet));
		return null;
	}

	/** Nothing more is told; what was sent may still leave. */
	close(): void {
		const stream = this.#stream;
		this.#state = "over";
		this.#stream = null;
		this.#waiting = [];
		if (stream === null) return;
		if (stream.waitingBytes > 0) stream.close();
		else stream.destroy();
	}

	#opened(): void {
		const stream = this.#stream;
		if (stream === null) return;
		this.#state = "open";
		stream.resume();
		for (const bytes of this.#waiting.splice(0)) stream.send(bytes);
	}

	#received(bytes: Uint8Array, at: Instant): void {
		this.#heard = true;
		for (const packet of this.#cutter.push(bytes)) {
			if (this.#state === "over") return;
			if (!this.#isProven && classifyPacket(packet) !== "stun") {
				this.#end(systemError("read", ERRNO.EPROTO, this.peer.address));
				return;
			}
			this.#isProven = true;
			this.#ears.packet(packet, at);
		}
	}

	#end(error: SystemError): void {
		if (this.#state === "opening" && this.#ears.unopened(error)) {
			this.#stream = null;
			return;
		}
		this.close();
		this.#ears.ended(error);
	}
}

/** A connection that ended in order is told by ENOTCONN; TLS there is none. */
function errorOf(failure: StreamFailure | null, { address }: StunAddress): SystemError {
	return failure !== null && failure.code !== "tls" ? failure : systemError("read", ERRNO.ENOTCONN, address);
}
