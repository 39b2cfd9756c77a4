import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HmacKey } from "../digest/hmac.ts";
import { isDecodeError } from "../error.ts";
import { parseHex } from "../hex.ts";
import { encodeUtf8 } from "../utf8.ts";
import { STUN_ATTRIBUTES } from "./attributes.ts";
import { EARLY_TURN_COOKIE, isEarlyTurnControl } from "./attributes-early-turn.ts";
import { shortTermKey } from "./credentials.ts";
import { encodeStun, type StunItem } from "./encode.ts";
import { verifyIntegrity } from "./integrity.ts";
import { attributeOf, decodeStun, type StunMessage } from "./message.ts";
import { stunType } from "./types.ts";

const ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const hex = (text: string) => parseHex(text.replaceAll(/\s/g, ""));
const COOKIE = { name: "magicCookie", value: EARLY_TURN_COOKIE } as const;

function classic(attributes: readonly StunItem[]): Uint8Array {
	return encodeStun({ class: "request", method: "allocate", transactionId: ID, attributes });
}

function read(bytes: Uint8Array): StunMessage {
	const message = decodeStun(bytes);
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}

describe("an early relay's messages", () => {
	test("have the numbers of draft-rosenberg-midcom-turn-01, and MORE-AVAILABLE that of -02", () => {
		const types = (["request", "success", "error"] as const).map((kind) => stunType(kind, "allocate"));
		expect(types).toEqual([0x0003, 0x0103, 0x0113]);
		const names = ["transportPreferences", "lifetime", "earlyAlternateServer", "magicCookie", "bandwidth"] as const;
		expect(names.map((name) => STUN_ATTRIBUTES[name].type)).toEqual([0x000c, 0x000d, 0x000e, 0x000f, 0x0010]);
		expect(STUN_ATTRIBUTES.moreAvailable.type).toBe(0x0011);
		expect(EARLY_TURN_COOKIE).toBe(0x72c64bc6);
	});

	test.each([
		["00000000", { port: "any", next: false }],
		["00000004", { port: "any", next: true }],
		["00000001", { port: "odd", next: false }],
		["00000002", { port: "even", next: false }],
		["00000006", { port: "even", next: true }],
		["00000003 0001c001c0000201", { port: "preallocated", at: { address: "192.0.2.1", port: 49_153 } }],
	] as const)("say by TRANSPORT-PREFERENCES of %s which port is wanted", (bytes, value) => {
		const message = classic([{ name: "transportPreferences", value }]);
		expect(message.subarray(24)).toEqual(hex(bytes));
		expect(attributeOf(read(message), "transportPreferences")).toEqual(value);
	});

	test.each(["00000003", "00000007 0001c001c0000201", "00000002 0001c001c0000201", "00000003 0009c001c0000201", ""])(
		"have no preferences in %s",
		(bytes) => {
			const message = classic([{ name: "unknown", type: 0x000c, value: hex(bytes) }]);
			expect(attributeOf(read(message), "transportPreferences")).toBeUndefined();
		},
	);

	test("are told from data by the cookie, which is their first attribute", () => {
		const request = classic([COOKIE, { name: "lifetime", value: 600 }]);
		expect(request.subarray(20, 28)).toEqual(hex("000f0004 72c64bc6"));
		expect(isEarlyTurnControl(request)).toBe(true);
		expect(isEarlyTurnControl(request.subarray(0, 28))).toBe(true);
		expect(isEarlyTurnControl(request.subarray(0, 27))).toBe(false);
		expect(isEarlyTurnControl(classic([{ name: "lifetime", value: 600 }, COOKIE]))).toBe(false);
		expect(isEarlyTurnControl(classic([{ name: "magicCookie", value: EARLY_TURN_COOKIE ^ 1 }]))).toBe(false);
		expect(isEarlyTurnControl(classic([{ name: "lifetime", value: EARLY_TURN_COOKIE }]))).toBe(false);
	});

	test("have what later ones have not, whose numbers stay as they were", () => {
		const bytes = encodeStun({
			class: "request",
			method: "channelBind",
			transactionId: new Uint8Array(12),
			attributes: [
				{ name: "channelNumber", value: 0x4000 },
				{ name: "unknown", type: 0x000f, value: hex("72c64bc6") },
			],
		});
		expect(read(bytes).attributes.map(({ name }) => name)).toEqual(["channelNumber", "unknown"]);
		const write = () =>
			encodeStun({ class: "request", method: "allocate", transactionId: new Uint8Array(12), attributes: [COOKIE] });
		expect(write).toThrow(RangeError);
	});
});

describe("integrity as RFC 3489 has it", () => {
	/** The text before the attribute, as §11.2.8 pads it, by another implementation. */
	function digestOf(bytes: Uint8Array, password: string): Uint8Array {
		const text = bytes.subarray(0, -24);
		const padded = Buffer.concat([text, new Uint8Array(-text.length & 63)]);
		return new Uint8Array(createHmac("sha1", password).update(padded).digest());
	}

	const key = shortTermKey("pass");
	const signed = (before: readonly StunItem[]) => classic([...before, { name: "messageIntegrity", key }]);
	const filler = (length: number): StunItem => ({ name: "unknown", type: 0x7f00, value: new Uint8Array(length) });

	test.each([
		["shorter than a block", [], 20],
		["of one block, which needs no padding", [filler(40)], 64],
		["of one block and a bit", [filler(44)], 68],
		["of two blocks", [filler(104)], 128],
	] as const)("covers a text that is %s", (_, before, length) => {
		const bytes = signed(before);
		expect(bytes.length - 24).toBe(length);
		expect(bytes.subarray(-20)).toEqual(digestOf(bytes, "pass"));
		expect(verifyIntegrity(read(bytes), key)).toBe(true);
		expect(verifyIntegrity(read(bytes), shortTermKey("pasS"))).toBe(false);
	});

	test("differs from the later one, but where the text is whole blocks", () => {
		const unpadded = (bytes: Uint8Array) =>
			new Uint8Array(createHmac("sha1", "pass").update(bytes.subarray(0, -24)).digest());
		for (const [length, same] of [
			[0, false],
			[40, true],
			[44, false],
			[104, true],
		] as const) {
			const bytes = signed([filler(length)]);
			expect([length, Buffer.from(bytes.subarray(-20)).equals(unpadded(bytes))]).toEqual([length, same]);
		}
	});

	test("is this one of a whole message", () => {
		const bytes = encodeStun({
			class: "request",
			method: "allocate",
			transactionId: ID,
			attributes: [
				COOKIE,
				{ name: "lifetime", value: 600 },
				{ name: "username", value: "1234" },
				{ name: "messageIntegrity", key: new HmacKey(encodeUtf8("pass")) },
			],
		});
		expect(bytes.subarray(0, 44)).toEqual(
			hex(`00030030 01020304 05060708 090a0b0c 0d0e0f10
				000f0004 72c64bc6 000d0004 00000258 00060004 31323334`),
		);
		expect(bytes.subarray(44, 48)).toEqual(hex("00080014"));
		expect(bytes.subarray(48)).toEqual(digestOf(bytes, "pass"));
	});

	test("is wrong with any one bit of the message turned", () => {
		const bytes = signed([COOKIE, filler(24)]);
		for (let at = 4; at < bytes.length; at++)
			for (let bit = 0; bit < 8; bit++) {
				const changed = bytes.slice();
				changed[at] = (changed[at] ?? 0) ^ (1 << bit);
				const message = decodeStun(changed);
				expect([at, bit, !isDecodeError(message) && verifyIntegrity(message, key)]).toEqual([at, bit, false]);
			}
	});
});
