/** The messages of a STUN stream, cut out of the bytes as they come (RFC 8489 section 6.2.2, RFC 8656 section 12.5). */
import { decodeStunFrame, isDecodeError } from "@whither/wire";

/** One direction of one stream. What it holds back is less than one message, 65 kB. */
export class StreamMessages {
	readonly #channelData: boolean;
	#held = new Uint8Array(0);
	#broken = false;

	/** `channelData`: TURN's other kind of message may come too; without, it is as wrong as any other protocol. */
	constructor({ channelData }: { readonly channelData: boolean }) {
		this.#channelData = channelData;
	}

	/** The two sides have lost each other: the stream is of no more use. */
	get broken(): boolean {
		return this.#broken;
	}

	/** Every message that is whole now, each in memory of its own; none once the stream is broken. */
	push(bytes: Uint8Array): readonly Uint8Array[] {
		const all = joined(this.#held, bytes);
		const messages: Uint8Array[] = [];
		let from = 0;
		while (!this.#broken) {
			const rest = all.subarray(from);
			const frame = decodeStunFrame(rest);
			if (isDecodeError(frame)) {
				this.#broken = frame.error !== "truncated";
				break;
			}
			if (frame.kind === "channelData" && !this.#channelData) this.#broken = true;
			if (this.#broken || frame.length > rest.length) break;
			messages.push(rest.slice(0, frame.length));
			from += frame.length;
		}
		this.#held = this.#broken ? new Uint8Array(0) : all.slice(from);
		return messages;
	}
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
	if (before.length === 0) return after;
	const all = new Uint8Array(before.length + after.length);
	all.set(before);
	all.set(after, before.length);
	return all;
}
