import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
	attributeOf,
	decodeStun,
	encodeStun,
	HmacKey,
	longTermKey,
	parseNonceFeatures,
	type StunMessage,
	saslPrep,
	shortTermKey,
	userHash,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
} from "../index.ts";
import {
	LONG_TERM,
	LONG_TERM_PASSWORD,
	SAMPLE_LONG_TERM,
	SAMPLE_REQUEST,
	SAMPLE_RESPONSE_4,
	SAMPLE_RESPONSE_6,
	SAMPLE_SHA256,
	SHORT_TERM_PASSWORD,
} from "./vectors.fixture.ts";

const read = (bytes: Uint8Array) => decodeStun(bytes) as StunMessage;
const key = shortTermKey(SHORT_TERM_PASSWORD);

test("the request of RFC 5769 §2.1 is read, and both its digests are right", () => {
	const message = read(SAMPLE_REQUEST);
	expect(message).toMatchObject({ class: "request", method: "binding", classic: false });
	expect(attributeOf(message, "software")).toBe("STUN test client");
	expect(attributeOf(message, "priority")).toBe(0x6e0001ff);
	expect(attributeOf(message, "iceControlled")).toBe(0x932ff9b151263b36n);
	expect(attributeOf(message, "username")).toBe("evtj:h6vY");
	expect(verifyIntegrity(message, key)).toBe(true);
	expect(verifyFingerprint(message)).toBe(true);
});

describe.each([
	{ family: 4, sample: SAMPLE_RESPONSE_4, address: "192.0.2.1" },
	{ family: 6, sample: SAMPLE_RESPONSE_6, address: "2001:db8:1234:5678:11:2233:4455:6677" },
])("the IPv$family response of RFC 5769", ({ sample, address }) => {
	test("is read, and both its digests are right", () => {
		const message = read(sample);
		expect(message).toMatchObject({ class: "success", method: "binding" });
		expect(attributeOf(message, "xorMappedAddress")).toEqual({ address, port: 32853 });
		expect(verifyIntegrity(message, key)).toBe(true);
		expect(verifyFingerprint(message)).toBe(true);
	});

	test("is wrong under another password, and with any bit of what is protected turned", () => {
		expect(verifyIntegrity(read(sample), shortTermKey("another"))).toBe(false);
		for (let offset = 8; offset < sample.length - 12; offset++) {
			const changed = sample.slice();
			changed[offset] = (changed[offset] ?? 0) ^ 1;
			const message = decodeStun(changed);
			if ("error" in message) continue;
			expect(verifyIntegrity(message, key) && verifyFingerprint(message), `byte ${offset}`).toBe(false);
		}
	});
});

test("the long-term request of RFC 5769 §2.4 is written byte for byte, its password prepared as RFC 5389 asks", () => {
	const password = LONG_TERM_PASSWORD.typed;
	const made = encodeStun({
		class: "request",
		method: "binding",
		transactionId: SAMPLE_LONG_TERM.subarray(8, 20),
		attributes: [
			{ name: "username", value: LONG_TERM.username },
			{ name: "nonce", value: "f//499k954d6OL34oL9FSTvy64sA" },
			{ name: "realm", value: LONG_TERM.realm },
			{
				name: "messageIntegrity",
				key: longTermKey({ ...LONG_TERM, password, algorithm: "md5", preparation: "saslPrep" }),
			},
		],
	});
	expect(made).toEqual(SAMPLE_LONG_TERM);
	expect(saslPrep(password)).toBe(LONG_TERM_PASSWORD.prepared);
});

test("the request of RFC 8489 §B.1 is written byte for byte", () => {
	const password = LONG_TERM_PASSWORD.prepared;
	const made = encodeStun({
		class: "request",
		method: "binding",
		transactionId: SAMPLE_SHA256.subarray(8, 20),
		attributes: [
			{ name: "userHash", value: userHash(LONG_TERM.username, LONG_TERM.realm) },
			{ name: "nonce", value: "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA" },
			{ name: "realm", value: LONG_TERM.realm },
			{ name: "passwordAlgorithm", value: { algorithm: "sha256", parameters: new Uint8Array(0) } },
			{ name: "messageIntegritySha256", key: longTermKey({ ...LONG_TERM, password, algorithm: "sha256" }) },
		],
	});
	expect(made).toEqual(SAMPLE_SHA256);
});

test("the digests of RFC 8489 §B.1 are those of another implementation", () => {
	const message = read(SAMPLE_SHA256);
	const { username, realm } = LONG_TERM;
	expect(Buffer.from(attributeOf(message, "userHash")!)).toEqual(
		createHash("sha256").update(`${username}:${realm}`).digest(),
	);
	const secret = createHash("sha256").update(`${username}:${realm}:${LONG_TERM_PASSWORD.prepared}`).digest();
	const digest = createHmac("sha256", secret).update(SAMPLE_SHA256.subarray(0, -36)).digest();
	expect(Buffer.from(attributeOf(message, "messageIntegritySha256")!)).toEqual(digest);
	expect(verifyIntegritySha256(message, new HmacKey(secret))).toBe(true);
	expect(parseNonceFeatures(attributeOf(message, "nonce")!)).toEqual({
		passwordAlgorithms: false,
		usernameAnonymity: true,
	});
});
