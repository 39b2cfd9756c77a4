/** The messages of one connection as they come in (RFC 3261 §18.3), and the empty lines between them (RFC 5626 §3.5.1). Pure. */
import { concatBytes } from "@whither/wire";
import { splitSipStream } from "../message/stream.ts";

/** What a connection has brought. */
export interface CutMessages {
	readonly messages: readonly Uint8Array[];
	/** How often the other end has asked whether we are still there. */
	readonly pings: number;
	/** Null: it may go on; else for people, why the connection is of no more use. */
	readonly broken: string | null;
}

const NOTHING = new Uint8Array(0);
/** Length of a ping, two empty lines; one of them alone is the answer. */
const PING_BYTES = 4;
const CR = 0x0d;
/** Nobody sends one message in more pieces than this, each of which has it looked through anew; ours. */
const MOST_PIECES = 2_048;

/** One direction of one connection. */
export class SipMessageCutter {
	#held: Uint8Array = NOTHING;
	#pieces = 0;
	#broken: string | null = null;

	/** Takes bytes in. The messages are in memory of their own. */
	push(bytes: Uint8Array): CutMessages {
		const messages: Uint8Array[] = [];
		let pings = 0;
		this.#held = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
		this.#pieces++;
		while (this.#broken === null) {
			const frame = splitSipStream(this.#held);
			if (frame.kind === "broken") {
				this.#broken = frame.why;
				break;
			}
			pings += Math.floor(frame.skipped / PING_BYTES);
			if (frame.kind === "more") {
				this.#keep(frame.skipped);
				break;
			}
			messages.push(this.#held.slice(frame.skipped, frame.end));
			this.#held = this.#held.subarray(frame.end);
			this.#pieces = 0;
		}
		if (this.#pieces > MOST_PIECES) this.#broken ??= "it comes in crumbs";
		if (this.#broken !== null) this.#held = NOTHING;
		return { messages, pings, broken: this.#broken };
	}

	/** Part of a ping stays until the rest of it has come. */
	#keep(skipped: number): void {
		const rest = this.#held.subarray(skipped);
		const isEmpty = rest.length === 0 || (rest.length === 1 && rest[0] === CR);
		this.#held = this.#held.slice(isEmpty ? skipped - (skipped % PING_BYTES) : skipped);
		if (isEmpty) this.#pieces = 0;
	}
}
