/** The cryptography that some formats need, by Node's own library. */
import type { CryptoPort } from "@whither/wire";

type NodeCrypto = typeof import("node:crypto");

/** Loaded by the first use: most traces need none, and loading takes some milliseconds. */
let loaded: NodeCrypto | null = null;

function library(): NodeCrypto {
	loaded ??= process.getBuiltinModule("node:crypto");
	return loaded;
}

const TAG_LENGTH = 16;

/** The crypto port over node:crypto. */
export const nodeCrypto: CryptoPort = {
	sha256: (bytes) => bytesOf(library().createHash("sha256").update(bytes).digest()),
	hmacSha256: (key, bytes) => bytesOf(library().createHmac("sha256", key).update(bytes).digest()),
	aes128EncryptBlock(key, block) {
		const cipher = library().createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
		// Without padding a whole block comes out at once.
		return bytesOf(cipher.update(block));
	},
	aes128GcmSeal(key, nonce, associated, plaintext) {
		const cipher = library().createCipheriv("aes-128-gcm", key, nonce).setAAD(associated);
		const sealed = new Uint8Array(plaintext.length + TAG_LENGTH);
		sealed.set(cipher.update(plaintext));
		// GCM is a stream cipher: nothing is left for the end but the tag.
		cipher.final();
		sealed.set(cipher.getAuthTag(), plaintext.length);
		return sealed;
	},
	aes128GcmOpen(key, nonce, associated, ciphertext) {
		if (ciphertext.length < TAG_LENGTH) return null;
		const split = ciphertext.length - TAG_LENGTH;
		const decipher = library().createDecipheriv("aes-128-gcm", key, nonce).setAAD(associated);
		decipher.setAuthTag(ciphertext.subarray(split));
		try {
			const plaintext = bytesOf(decipher.update(ciphertext.subarray(0, split)));
			decipher.final();
			return plaintext;
		} catch {
			return null;
		}
	},
};

function bytesOf(buffer: Uint8Array): Uint8Array {
	return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
