/** AEAD_AES_256_GCM by Node's own library, which is loaded by the first use. */
import type { SealPort } from "./sealed-channel.ts";

const TAG_LENGTH = 16;

/** The port over node:crypto. */
export const nodeAead: SealPort = {
	seal(key, nonce, plaintext) {
		const cipher = process.getBuiltinModule("node:crypto").createCipheriv("aes-256-gcm", key, nonce);
		const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
		sealed.set(cipher.update(plaintext));
		cipher.final();
		sealed.set(cipher.getAuthTag(), plaintext.length);
		return sealed;
	},
	open(key, nonce, sealed) {
		if (sealed.length < TAG_LENGTH) return null;
		const split = sealed.length - TAG_LENGTH;
		const decipher = process.getBuiltinModule("node:crypto").createDecipheriv("aes-256-gcm", key, nonce);
		decipher.setAuthTag(sealed.subarray(split));
		try {
			const plaintext = Uint8Array.from(decipher.update(sealed.subarray(0, split)));
			decipher.final();
			return plaintext;
		} catch {
			return null;
		}
	},
};
