import { isDecodeError } from "../error.ts";
import { decodeStun, type StunMessage } from "../stun/message.ts";
import type { ObjectRow } from "./object-row.ts";

/**
 * Enriched ICMP (draft-martinsen-tram-stuntrace-00 §6): a router's STUN response about the probe that ended there, with
 * what it knows of itself. Deviation: the draft does not say how it is carried, and no class was ever assigned: 0xF7 is the
 * first for private use, C-Type 1 is this project's. Nor does it end the transaction, as the draft has it: it is a hint and no
 * more, for a router has no password, so nothing protects it.
 */
export const STUN_OBJECT: ObjectRow<0xf7, { readonly message: StunMessage }> = {
	class: 0xf7,
	meaning: "STUN",
	decode(type, payload) {
		const message = type === 1 ? decodeStun(payload) : null;
		return message === null || isDecodeError(message) ? null : { message };
	},
	encode: ({ message }) => ({ type: 1, bytes: message.bytes }),
};
