/** One connection to another element: whole messages in and out, and whether it still stands (RFC 3261 §18, RFC 5626). */
import { type Instant, SECOND } from "@whither/core";
import type { StreamFailure, StreamListener, StreamTransport } from "@whither/net/transport";
import type { SipHop } from "./hop.ts";
import { SipMessageCutter } from "./message-cutter.ts";
import type { SipSurroundings } from "./surroundings.ts";
import type { SipTlsOrder } from "./transport-io.ts";
import { streamFailureName } from "./words.ts";

/** What a connection tells. */
export interface ConnectionEars {
	received(bytes: Uint8Array, connection: SipConnection, at: Instant): void;
	/** It is of no more use, for this reason; it tells nothing more. */
	ended(connection: SipConnection, why: string): void;
}

/** RFC 5626 §3.5.1: two empty lines ask, one answers. */
const PING = new TextEncoder().encode("\r\n\r\n");
const PONG = PING.subarray(0, 2);
/** RFC 5626 §4.4.1: an answer is waited for so long. */
const PONG_MS = 10_000;
/** The same section, without a word from the other end: 80 to 100 % of two minutes. */
const PING_AFTER = 96 * SECOND;
/** A connection that does not stand by then is given up, so that there is time for the next place; ours. */
const OPENING_MS = 8_000;
/** How long the other end may take to end it too; ours. */
const LEAVING_MS = 1_000;
/** Bytes that may wait for an end that takes none; ours. */
const MOST_WAITING_BYTES = 512 * 1024;

/** One of them, whoever opened it. */
export class SipConnection {
	/** Its other end; `connection` is its number. */
	readonly hop: SipHop;
	/** We opened it, so that it may be used for whatever goes to that hop. */
	readonly isOurs: boolean;
	readonly #machine: SipSurroundings;
	readonly #ears: ConnectionEars;
	readonly #cutter = new SipMessageCutter();
	#stream: StreamTransport | null = null;
	#usedAt: Instant;
	#heardAt: Instant;
	#pingedAt: Instant = 0;
	/** The other end answers pings, so that silence means something. */
	#answers = false;
	#stopWaiting: (() => void) | null = null;
	#over = false;

	private constructor(hop: SipHop, isOurs: boolean, parts: { machine: SipSurroundings; ears: ConnectionEars }) {
		this.hop = hop;
		this.isOurs = isOurs;
		this.#machine = parts.machine;
		this.#ears = parts.ears;
		this.#usedAt = parts.machine.now();
		this.#heardAt = this.#usedAt;
	}

	/** Begins to open one; what is sent before it stands leaves when it does. */
	static open(hop: SipHop, tls: SipTlsOrder, parts: { machine: SipSurroundings; ears: ConnectionEars }): SipConnection {
		const made = new SipConnection(hop, true, parts);
		made.#stream = parts.machine.connect(hop, tls, made.#listener());
		made.#stopWaiting = parts.machine.after(OPENING_MS, () => made.#fail("ETIMEDOUT"));
		return made;
	}

	/** One that another has opened, and that stands. */
	static accept(
		hop: SipHop,
		stream: StreamTransport,
		parts: { machine: SipSurroundings; ears: ConnectionEars; isNeeded: () => boolean },
	): { readonly connection: SipConnection; readonly listener: StreamListener } {
		const connection = new SipConnection(hop, false, parts);
		connection.#stream = stream;
		return { connection, listener: { ...connection.#listener(), idle: parts.isNeeded } };
	}

	/** When it last carried a message. */
	get usedAt(): Instant {
		return this.#usedAt;
	}

	send(bytes: Uint8Array): void {
		const stream = this.#stream;
		if (this.#over || stream === null) return;
		this.#usedAt = this.#machine.now();
		stream.send(bytes);
		if (stream.waitingBytes > MOST_WAITING_BYTES) this.#fail("it takes nothing");
	}

	/**
	 * Asks whether the other end is still there, where it has said nothing for long.
	 *
	 * Deviation: silence means something only of an end that has answered before (RFC 5626 §3.5.1 asks none other).
	 */
	keepUp(): void {
		const now = this.#machine.now();
		const isQuiet = now - Math.max(this.#heardAt, this.#pingedAt) >= PING_AFTER;
		if (this.#over || !this.isOurs || !isQuiet || this.#stopWaiting !== null) return;
		this.#pingedAt = now;
		this.#stream?.send(PING);
		if (this.#answers) this.#stopWaiting = this.#machine.after(PONG_MS, () => this.#fail("no answer to keepalives"));
	}

	/** Ends it, after what was sent, or a moment later; it tells nothing more. */
	close(): void {
		if (!this.#end()) return;
		this.#stream?.close();
		this.#stopWaiting = this.#machine.after(LEAVING_MS, () => this.#stream?.destroy());
	}

	/** Ends it at once. */
	destroy(): void {
		if (!this.#end()) return;
		this.#stream?.destroy();
	}

	#end(): boolean {
		if (this.#over) return false;
		this.#over = true;
		this.#stopWaiting?.();
		return true;
	}

	#fail(why: string): void {
		if (this.#over) return;
		this.destroy();
		this.#ears.ended(this, why);
	}

	#listener(): StreamListener {
		return {
			opened: () => this.#isThere(),
			received: (bytes, at) => this.#received(bytes, at),
			closed: (failure: StreamFailure | null) => {
				this.#stopWaiting?.();
				this.#fail(failure === null ? "closed by the other end" : streamFailureName(failure));
			},
		};
	}

	#isThere(): void {
		this.#heardAt = this.#machine.now();
		this.#stopWaiting?.();
		this.#stopWaiting = null;
	}

	#received(bytes: Uint8Array, at: Instant): void {
		if (this.#over) return;
		this.#isThere();
		const { messages, pings, broken } = this.#cutter.push(bytes);
		if (messages.length === 0 && pings === 0) this.#answers ||= this.isOurs && isPong(bytes);
		if (pings > 0) this.#stream?.send(PONG);
		for (const message of messages) {
			this.#usedAt = at;
			if (!this.#over) this.#ears.received(message, this, at);
		}
		if (broken !== null) this.#fail(broken);
	}
}

function isPong(bytes: Uint8Array): boolean {
	return bytes.length === PONG.length && bytes.every((byte, index) => byte === PONG[index]);
}
