/** AEAD_AES_256_GCM without the browser's own: that is there on `https:` and on loopback alone. */
import { gcm } from "@noble/ciphers/aes.js";
import type { SealPort } from "../../../../packages/whither/src/api/meet/signalling/sealed-channel.ts";

/** The port of `SealedChannel`. */
export const nobleAead: SealPort = {
	seal: (key, nonce, plaintext) => gcm(key, nonce).encrypt(plaintext),
	open(key, nonce, sealed) {
		try {
			return gcm(key, nonce).decrypt(sealed);
		} catch {
			return null;
		}
	},
};
