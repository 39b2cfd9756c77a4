/**
 * The few synchronous primitives that some formats need. This package implements none of them: whoever has them passes
 * them in. Keys are 16 bytes, nonces 12, digests 32.
 */
export interface CryptoPort {
	/** SHA-256 (FIPS 180-4). */
	sha256(bytes: Uint8Array): Uint8Array;
	/** HMAC with SHA-256 (RFC 2104). */
	hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array;
	/** AES-128 of one block of 16 bytes (FIPS 197). */
	aes128EncryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array;
	/** AEAD_AES_128_GCM (RFC 5116 §5.1): the ciphertext with its 16-byte tag behind it. */
	aes128GcmSeal(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plaintext: Uint8Array): Uint8Array;
	/** The plaintext of ciphertext and tag; null where the tag is wrong or missing. */
	aes128GcmOpen(key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, ciphertext: Uint8Array): Uint8Array | null;
}
