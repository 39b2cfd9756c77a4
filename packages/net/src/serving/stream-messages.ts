/** The messages of a STUN stream, cut out of the bytes as they come (RFC 8489 section 6.2.2, RFC 8656 section 12.5). */
import { concatBytes, decodeStunFrame, isDecodeError } from "@whither/wire";

const NOTHING = new Uint8Array(0);

/** What a stream may carry. */
export interface StreamKinds {
	/** A function is asked when the first comes. */
	readonly channelData: boolean | (() => boolean);
	readonly lastChannel?: number;
	/** What is about shared secrets may come too, which has no cookie (RFC 3489 section 8.2). */
	readonly classic?: boolean;
}

/** One direction of one stream. What it holds back is less than one message, 65 kB. */
export class StreamMessages {
	#channelData: boolean | (() => boolean);
	readonly #lastChannel: number | undefined;
	readonly #classic: boolean;
	#held: Uint8Array = NOTHING;
	#broken = false;

	/**
	 * `channelData`: TURN's other kind of message may come too, with numbers up to `lastChannel` (RFC 8656's where absent);
	 * without, it is as wrong as any other protocol.
	 */
	constructor({ channelData, lastChannel, classic = false }: StreamKinds) {
		this.#classic = classic;
		this.#channelData = channelData;
		this.#lastChannel = lastChannel;
	}

	/** The two sides have lost each other: the stream is of no more use. */
	get broken(): boolean {
		return this.#broken;
	}

	/** Every message that is whole now, each in memory of its own; none once the stream is broken. */
	push(bytes: Uint8Array): readonly Uint8Array[] {
		this.add(bytes);
		const messages: Uint8Array[] = [];
		for (let message = this.next(); message !== null; message = this.next()) messages.push(message);
		return messages;
	}

	/** Takes bytes in, for `next`. */
	add(bytes: Uint8Array): void {
		this.#held = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
	}

	/** The next message, in memory of its own; null: it is not whole yet, or the stream is broken. */
	next(): Uint8Array | null {
		const held = this.#held;
		const frame = decodeStunFrame(held, this.#lastChannel, this.#classic);
		const isError = isDecodeError(frame);
		if (isError) this.#broken ||= frame.error !== "truncated";
		else if (frame.kind === "channelData" && !this.#mayBeData()) this.#broken = true;
		if (this.#broken || isError || frame.length > held.length) {
			// In memory of its own: what it came in may be a thousand times as large.
			this.#held = this.#broken ? NOTHING : held.slice();
			return null;
		}
		this.#held = held.subarray(frame.length);
		return held.slice(0, frame.length);
	}

	#mayBeData(): boolean {
		if (typeof this.#channelData === "function") {
			if (!this.#channelData()) return false;
			this.#channelData = true;
		}
		return this.#channelData;
	}

	/** What follows the messages told so far and is none any more; nothing is held after that. */
	rest(): Uint8Array {
		const rest = this.#held;
		this.#held = NOTHING;
		return rest;
	}
}
