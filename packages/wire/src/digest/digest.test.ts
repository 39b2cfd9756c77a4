import { createHash, createHmac } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes } from "../arbitraries.fixture.ts";
import { crc32, HmacKey, hmacSha1, hmacSha256, md5, sha1, sha256 } from "../index.ts";

const hex = (value: Uint8Array) => Buffer.from(value).toString("hex");
const ascii = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

const HASHES = [
	{ name: "sha1", ours: sha1 },
	{ name: "sha256", ours: sha256 },
	{ name: "md5", ours: md5 },
] as const;

describe.each(HASHES)("$name", ({ name, ours }) => {
	test("is that of another implementation for every length around the blocks' ends", () => {
		for (let length = 0; length <= 200; length++) {
			const input = new Uint8Array(length).fill(length);
			expect(hex(ours(input)), `${length} bytes`).toBe(createHash(name).update(input).digest("hex"));
		}
	});

	test("is that of another implementation for any bytes", () => {
		fc.assert(
			fc.property(bytes(0, 1000), (input) => hex(ours(input)) === createHash(name).update(input).digest("hex")),
			{ numRuns: 300 },
		);
	});
});

test.each([
	{ name: "sha1", hmac: hmacSha1 },
	{ name: "sha256", hmac: hmacSha256 },
])("HMAC with $name is that of another implementation for any key, again and again", ({ name, hmac }) => {
	fc.assert(
		fc.property(bytes(0, 150), bytes(0, 300), bytes(0, 300), (secret, first, second) => {
			const key = new HmacKey(secret);
			for (const input of [first, second, first])
				expect(hex(hmac(key, input))).toBe(createHmac(name, secret).update(input).digest("hex"));
		}),
		{ numRuns: 300 },
	);
});

test("a key is what it was made from, whatever becomes of those bytes", () => {
	const secret = ascii("secret");
	const key = new HmacKey(secret);
	secret.fill(0);
	expect(hex(hmacSha1(key, ascii("x")))).toBe(createHmac("sha1", "secret").update("x").digest("hex"));
});

test("CRC-32 is that of the standard's check value", () => {
	expect(crc32(ascii("123456789"))).toBe(0xcbf43926);
	expect(crc32(new Uint8Array(0))).toBe(0);
});

test("CRC-32 is that of another implementation for any bytes", () => {
	fc.assert(fc.property(bytes(0, 500), (input) => crc32(input) === zlibCrc32(input)));
});
