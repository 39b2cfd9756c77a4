/** The crypto port over node:crypto, for tests. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import type { CryptoPort } from "./crypto.ts";

const TAG_LENGTH = 16;

export const testCrypto: CryptoPort = {
	sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
	hmacSha256: (key, bytes) => new Uint8Array(createHmac("sha256", key).update(bytes).digest()),
	aes128EncryptBlock(key, block) {
		const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
		return new Uint8Array(Buffer.concat([cipher.update(block), cipher.final()]));
	},
	aes128GcmSeal(key, nonce, associated, plaintext) {
		const cipher = createCipheriv("aes-128-gcm", key, nonce).setAAD(associated);
		return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
	},
	aes128GcmOpen(key, nonce, associated, ciphertext) {
		if (ciphertext.length < TAG_LENGTH) return null;
		const decipher = createDecipheriv("aes-128-gcm", key, nonce).setAAD(associated);
		decipher.setAuthTag(ciphertext.subarray(ciphertext.length - TAG_LENGTH));
		try {
			const text = decipher.update(ciphertext.subarray(0, ciphertext.length - TAG_LENGTH));
			return new Uint8Array(Buffer.concat([text, decipher.final()]));
		} catch {
			return null;
		}
	},
};
