/** Handshake message types (RFC 8446 §4). */
export const TLS_HANDSHAKE = { clientHello: 1, serverHello: 2, encryptedExtensions: 8, finished: 20 } as const;

/** Protocol versions as they stand in messages (RFC 8446 §4.1.2, §4.2.1). */
export const TLS_VERSION = { tls12: 0x0303, tls13: 0x0304 } as const;

/** Cipher suites of TLS 1.3 (RFC 8446 §B.4). */
export const TLS_CIPHER_SUITES = {
	TLS_AES_128_GCM_SHA256: 0x1301,
	TLS_AES_256_GCM_SHA384: 0x1302,
	TLS_CHACHA20_POLY1305_SHA256: 0x1303,
	TLS_AES_128_CCM_SHA256: 0x1304,
	TLS_AES_128_CCM_8_SHA256: 0x1305,
} as const;

/** Named groups that servers accept today (RFC 8446 §4.2.7). */
export const TLS_GROUPS = {
	secp256r1: 0x0017,
	secp384r1: 0x0018,
	secp521r1: 0x0019,
	x25519: 0x001d,
	x448: 0x001e,
} as const;

/** Signature schemes that a TLS 1.3 client offers (RFC 8446 §4.2.3). */
export const TLS_SIGNATURE_SCHEMES = {
	rsa_pkcs1_sha256: 0x0401,
	rsa_pkcs1_sha384: 0x0501,
	rsa_pkcs1_sha512: 0x0601,
	ecdsa_secp256r1_sha256: 0x0403,
	ecdsa_secp384r1_sha384: 0x0503,
	ecdsa_secp521r1_sha512: 0x0603,
	rsa_pss_rsae_sha256: 0x0804,
	rsa_pss_rsae_sha384: 0x0805,
	rsa_pss_rsae_sha512: 0x0806,
	ed25519: 0x0807,
	ed448: 0x0808,
} as const;

/** PSK key exchange modes (RFC 8446 §4.2.9). */
export const TLS_PSK_MODES = { psk_ke: 0, psk_dhe_ke: 1 } as const;
