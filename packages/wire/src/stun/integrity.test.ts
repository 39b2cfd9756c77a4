import { expect, test } from "vitest";
import { HmacKey } from "../digest/hmac.ts";
import { isDecodeError } from "../error.ts";
import { encodeStun } from "./encode.ts";
import { sameDigest, verifyIntegrity, verifyIntegritySha256 } from "./integrity.ts";
import { decodeStun } from "./message.ts";

/** The bytes, and which of them were read. */
function watched(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly read: number[] } {
	const read: number[] = [];
	const get = (target: Uint8Array, key: string | symbol) => {
		const index = typeof key === "string" ? Number(key) : Number.NaN;
		if (Number.isInteger(index)) read.push(index);
		return Reflect.get(target, key) as unknown;
	};
	return { bytes: new Proxy(bytes, { get }), read };
}

test.each([20, 16, 32])("a digest of %i bytes is compared whole, wherever it differs", (length) => {
	const expected = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
	for (let wrong = -1; wrong < length; wrong++) {
		const message = new Uint8Array(24 + length);
		message.set(expected.subarray(0, length), 24);
		if (wrong >= 0) message[24 + wrong] = 0xff;
		const shown = watched(message);
		const made = watched(expected);
		expect(sameDigest(shown.bytes, { value: 24, end: 24 + length }, made.bytes)).toBe(wrong < 0);
		expect(shown.read).toEqual(Array.from({ length }, (_, index) => 24 + index));
		expect(made.read).toEqual(Array.from({ length }, (_, index) => index));
	}
});

const KEY = new HmacKey(new Uint8Array(16).fill(1));

test.each([
	["MESSAGE-INTEGRITY", { name: "messageIntegrity", key: KEY }, verifyIntegrity],
	["MESSAGE-INTEGRITY-SHA256", { name: "messageIntegritySha256", key: KEY }, verifyIntegritySha256],
	["one of 16 bytes", { name: "messageIntegritySha256", key: KEY, length: 16 }, verifyIntegritySha256],
] as const)("%s with any one bit wrong is wrong", (_, item, verify) => {
	const attributes = [{ name: "username", value: "user" } as const, item];
	const bytes = encodeStun({ class: "request", method: "refresh", transactionId: new Uint8Array(12), attributes });
	const holds = (changed: Uint8Array) => {
		const message = decodeStun(changed);
		return !isDecodeError(message) && verify(message, KEY);
	};
	expect(holds(bytes)).toBe(true);
	for (let at = 32; at < bytes.length; at++)
		for (let bit = 0; bit < 8; bit++) {
			const changed = bytes.slice();
			changed[at] = (changed[at] ?? 0) ^ (1 << bit);
			expect([at, bit, holds(changed)]).toEqual([at, bit, false]);
		}
});
