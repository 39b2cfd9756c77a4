/**
 * A channel between the two who know a code, over a server that may do what it likes. Pure: randomness and AES are handed
 * in. Payloads are text, go in order, and stand for themselves:
 *
 *     controlling  its share              (to whoever asks for the room)
 *     controlled   share, confirmation    then sealed messages
 *     controlling  confirmation           then sealed messages
 */

import type { IceRole } from "@whither/core";
import { decodeUtf8, encodeUtf8 } from "@whither/wire";
import { formatBase64Url, parseBase64Url } from "./base64url.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { type MeetMessage, readMeetMessage } from "./message.ts";
import { parseJson } from "./parse-json.ts";
import { beginSpake2, finishSpake2, type Spake2Exchange, type Spake2Keys, spake2Password } from "./spake2.ts";

/** AEAD_AES_256_GCM (RFC 5116 §5.2): keys of 32 bytes, nonces of 12, the 16 bytes of the tag behind the ciphertext. */
export interface SealPort {
	seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array;
	/** Null: the tag is wrong. */
	open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null;
}

/** What a channel is made of. */
export interface ChannelOrder {
	readonly role: IceRole;
	readonly password: string;
	/** 48 random bytes, for this channel alone. */
	readonly random: Uint8Array;
	readonly aead: SealPort;
}

/** What a payload of the other end came to. */
export type Opened =
	/** It knows the code; `reply` is to be sent before anything else, if there is one. */
	| { readonly type: "confirmed"; readonly reply: string | null }
	| { readonly type: "message"; readonly message: MeetMessage }
	/** Rightly sealed, and of no known kind. */
	| { readonly type: "unknown" }
	| { readonly type: "failed"; readonly why: "wrongPassword" | "tampered" };

/** Messages are as long as this many bytes, or twice that, and so on: lengths would tell how many candidates there are. */
const PAD_BYTES = 128;
const SHARE_LENGTH = 33;
const CONFIRMATION_LENGTH = 32;
const TAMPERED = { type: "failed", why: "tampered" } as const;
const PROTOCOL = "whither.meet/1";
const SIDES = { controlling: "A", controlled: "B" } as const;
const OTHERS = { controlling: "controlled", controlled: "controlling" } as const;

/** A key and the number of the next message under it. */
interface Direction {
	readonly key: Uint8Array;
	next: number;
}

/** One end; a failure is final. */
export class SealedChannel {
	readonly #order: ChannelOrder;
	readonly #exchange: Spake2Exchange;
	#keys: Spake2Keys | null = null;
	#outgoing: Direction | null = null;
	#incoming: Direction | null = null;
	#confirmed = false;
	#failed = false;

	constructor(order: ChannelOrder) {
		this.#order = order;
		const { role, random } = order;
		this.#exchange = beginSpake2({ side: SIDES[role], password: spake2Password(order.password), random });
	}

	/** Ours, as text. */
	get share(): string {
		return formatBase64Url(this.#exchange.share);
	}

	/** Whether messages can be sealed. */
	get ready(): boolean {
		return this.#outgoing !== null;
	}

	/** The controlled end's start: the payload that answers the share of the other, in `room`; null: that is none. */
	answer(room: string, share: string): string | null {
		const peer = parseBase64Url(share);
		if (peer === null || !this.#agree(room, peer) || this.#keys === null) return null;
		return formatBase64Url(Uint8Array.of(...this.#exchange.share, ...this.#keys.confirmation));
	}

	/** A message as a payload; throws where the channel is not ready. */
	seal(message: MeetMessage): string {
		if (this.#outgoing === null) throw new Error("there is no key to seal with yet");
		const plaintext = encodeUtf8(JSON.stringify(message));
		const padded = new Uint8Array(Math.ceil((plaintext.length + 1) / PAD_BYTES) * PAD_BYTES).fill(0x20);
		padded.set(plaintext);
		const { key } = this.#outgoing;
		return formatBase64Url(this.#order.aead.seal(key, nonceOf(this.#outgoing.next++), padded));
	}

	/** The next payload of the other end; each is taken once, in order. */
	open(room: string, payload: string): Opened {
		const bytes = parseBase64Url(payload);
		const opened = bytes === null || this.#failed ? TAMPERED : this.#openBytes(room, bytes);
		if (opened.type === "failed") {
			this.#failed = true;
			// Nothing is said under a key that the other end did not prove to have.
			this.#outgoing = null;
		}
		return opened;
	}

	#openBytes(room: string, bytes: Uint8Array): Opened {
		return this.#confirmed ? this.#unseal(bytes) : this.#confirm(room, bytes);
	}

	#confirm(room: string, bytes: Uint8Array): Opened {
		const begins = this.#order.role === "controlling";
		if (begins && !this.#agree(room, bytes.subarray(0, SHARE_LENGTH))) return TAMPERED;
		const confirmation = begins ? bytes.subarray(SHARE_LENGTH) : bytes;
		if (confirmation.length !== CONFIRMATION_LENGTH) return TAMPERED;
		if (this.#keys === null || !isSame(confirmation, this.#keys.expected))
			return { type: "failed", why: "wrongPassword" };
		this.#confirmed = true;
		return { type: "confirmed", reply: begins ? formatBase64Url(this.#keys.confirmation) : null };
	}

	/** False: that was no share. */
	#agree(room: string, peerShare: Uint8Array): boolean {
		const identities = { A: `${PROTOCOL} ${room} controlling`, B: `${PROTOCOL} ${room} controlled` };
		this.#keys = finishSpake2(this.#exchange, peerShare, identities);
		if (this.#keys === null) return false;
		const { role } = this.#order;
		this.#outgoing = directionOf(this.#keys, role);
		this.#incoming = directionOf(this.#keys, OTHERS[role]);
		return true;
	}

	#unseal(bytes: Uint8Array): Opened {
		const plaintext =
			this.#incoming && this.#order.aead.open(this.#incoming.key, nonceOf(this.#incoming.next++), bytes);
		if (plaintext === null) return TAMPERED;
		const message = readMeetMessage(parseJson(decodeUtf8(plaintext)));
		return message === null ? { type: "unknown" } : { type: "message", message };
	}
}

/** The key for what `sender` says: another for each end, so that nothing can be sent back to where it comes from. */
function directionOf({ key: secret }: Spake2Keys, sender: IceRole): Direction {
	const info = encodeUtf8(`${PROTOCOL} messages of the ${sender} end`);
	return { key: hkdfSha256({ secret, salt: new Uint8Array(0), info, length: 32 }), next: 0 };
}

/** Each number once for each key. */
function nonceOf(number: number): Uint8Array {
	const nonce = new Uint8Array(12);
	new DataView(nonce.buffer).setBigUint64(4, BigInt(number));
	return nonce;
}

/** In a time that does not tell where they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
	let difference = one.length ^ other.length;
	for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
	return difference === 0;
}
