import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
	attributeOf,
	classifyPacket,
	decodeChannelData,
	decodeStun,
	decodeStunFrame,
	encodeChannelData,
	encodeStun,
	type HmacKey,
	isDecodeError,
	longTermKey,
	networkStatusOf,
	opaqueString,
	rewriteNetworkStatus,
	type StunItem,
	type StunMessage,
	saslPrep,
	shortTermKey,
	trailingAttributeOf,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
} from "../index.ts";

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const CLASSIC_ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const key = shortTermKey("password");
const NULL_STATUS = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 };
const EMPTY: StunItem = { name: "networkStatus", value: NULL_STATUS };

function encode(attributes: readonly StunItem[], transactionId = ID): Uint8Array {
	return encodeStun({ class: "request", method: "binding", transactionId, attributes });
}

function read(bytes: Uint8Array): StunMessage {
	const message = decodeStun(bytes);
	if (isDecodeError(message)) throw new Error(message.error);
	return message;
}

const build = (attributes: readonly StunItem[], id = ID) => read(encode(attributes, id));

describe("what protects a message", () => {
	test("both digests may stand in it, the older first, and each is right", () => {
		const message = build([
			{ name: "username", value: "u" },
			{ name: "messageIntegrity", key },
			{ name: "messageIntegritySha256", key, length: 16 },
			{ name: "fingerprint" },
		]);
		expect([verifyIntegrity(message, key), verifyIntegritySha256(message, key), verifyFingerprint(message)]).toEqual([
			true,
			true,
			true,
		]);
		expect(attributeOf(message, "messageIntegritySha256")).toHaveLength(16);
	});

	test("nothing is right that is not there", () => {
		const message = build([]);
		expect([verifyIntegrity(message, key), verifyIntegritySha256(message, key), verifyFingerprint(message)]).toEqual([
			false,
			false,
			false,
		]);
	});

	test("a digest of less than 16 bytes is no digest, even if it is right as far as it goes", () => {
		const whole = build([{ name: "messageIntegritySha256", key, length: 16 }]);
		const cut = attributeOf(whole, "messageIntegritySha256")!.slice(0, 4);
		const message = build([{ name: "unknown", type: 0x001c, value: cut }]);
		expect(verifyIntegritySha256(message, key)).toBe(false);
		expect(verifyIntegritySha256(build([{ name: "unknown", type: 0x001c, value: new Uint8Array(0) }]), key)).toBe(
			false,
		);
	});

	test("what stands behind a digest does not count, but for the other digest, the fingerprint and what routers write", () => {
		const message = build([
			{ name: "priority", value: 1 },
			{ name: "messageIntegrity", key },
			{ name: "useCandidate", value: true },
			{ name: "priority", value: 2 },
			EMPTY,
			{ name: "fingerprint" },
		]);
		expect(attributeOf(message, "priority")).toBe(1);
		expect(attributeOf(message, "useCandidate")).toBeUndefined();
		expect(attributeOf(message, "networkStatus")).toBeUndefined();
		expect(trailingAttributeOf(message, "networkStatus")).toEqual(NULL_STATUS);
		expect(attributeOf(message, "fingerprint")).toBeDefined();
		expect(message.attributes.map((attribute) => attribute.protected)).toEqual([
			true,
			false,
			false,
			false,
			false,
			false,
		]);
	});

	test("a fingerprint that is not the last attribute is wrong, and is not written", () => {
		const right = encode([{ name: "fingerprint" }]);
		const value = attributeOf(read(right), "fingerprint")!;
		const message = build([
			{ name: "fingerprint", value },
			{ name: "useCandidate", value: true },
		]);
		expect(verifyFingerprint(message)).toBe(false);
		expect(() => encode([{ name: "fingerprint" }, { name: "useCandidate", value: true }])).toThrow(RangeError);
	});
});

describe("classic messages", () => {
	test("are told by the missing cookie, and keep all 16 bytes of their id", () => {
		const message = build([{ name: "changeRequest", value: { ip: true, port: false } }], CLASSIC_ID);
		expect(message).toMatchObject({ classic: true, transactionId: CLASSIC_ID });
		expect(attributeOf(message, "changeRequest")).toEqual({ ip: true, port: false });
	});

	test("have an integrity over zeros up to 64 bytes", () => {
		const bytes = encode(
			[
				{ name: "username", value: "user" },
				{ name: "messageIntegrity", key },
			],
			CLASSIC_ID,
		);
		const padded = Buffer.alloc(64);
		padded.set(bytes.subarray(0, 28));
		const digest = createHmac("sha1", "password").update(padded).digest();
		expect(Buffer.from(bytes.subarray(-20))).toEqual(digest);
		expect(verifyIntegrity(read(bytes), key)).toBe(true);
		expect(verifyIntegrity(read(bytes), shortTermKey("other"))).toBe(false);
	});

	test("fill what has to be a multiple of four bytes by their own rules, and refuse the rest", () => {
		const message = build(
			[
				{ name: "errorCode", value: { code: 431, reason: "no" } },
				{ name: "unknownAttributes", value: [0x7f00] },
			],
			CLASSIC_ID,
		);
		expect(attributeOf(message, "errorCode")).toEqual({ code: 431, reason: "no" });
		expect(attributeOf(message, "unknownAttributes")).toEqual([0x7f00, 0x7f00]);
		expect(() => encode([{ name: "username", value: "odd" }], CLASSIC_ID)).toThrow(RangeError);
	});
});

describe("decoding", () => {
	test.each([
		["nothing", new Uint8Array(0), "truncated"],
		["a header cut short", encode([]).subarray(0, 19), "truncated"],
		[
			"another protocol's first bits",
			Uint8Array.from(encode([]), (byte, index) => (index === 0 ? 0x40 : byte)),
			"badValue",
		],
		[
			"a length that is no multiple of four",
			Uint8Array.from(encode([]), (byte, index) => (index === 3 ? 2 : byte)),
			"badLength",
		],
		["more bytes than the length says", Uint8Array.from([...encode([]), 0, 0, 0, 0]), "badLength"],
		[
			"an attribute that runs over the end",
			Uint8Array.from(encode([EMPTY]), (byte, index) => (index === 23 ? 9 : byte)),
			"badLength",
		],
	] as const)("of %s is an error", (_, bytes, error) => {
		expect(decodeStun(bytes)).toMatchObject({ error });
	});

	test("keeps methods and error codes that it has no names for", () => {
		const bytes = encodeStun({ class: "error", method: 0x2a5, transactionId: ID, attributes: [] });
		expect(read(bytes)).toMatchObject({ class: "error", method: 0x2a5 });
	});

	test("reads PATH-NODE-PROBE of every length that the draft's words allow", () => {
		for (let length = 1; length <= 8; length++) {
			const value = Uint8Array.from({ length }, (_, index) => (index === 0 ? 9 : 0));
			expect(attributeOf(build([{ name: "unknown", type: 0x8055, value }]), "pathNodeProbe")).toEqual({ hop: 9 });
		}
	});
});

describe("encoding", () => {
	test.each([
		["a transaction id of another length", () => encode([], new Uint8Array(11))],
		["an address that is none", () => encode([{ name: "mappedAddress", value: { address: "host", port: 1 } }])],
		["a port beyond 16 bits", () => encode([{ name: "mappedAddress", value: { address: "192.0.2.1", port: 65536 } }])],
		["a username of 509 bytes", () => encode([{ name: "username", value: "u".repeat(509) }])],
		["an error code below 100", () => encode([{ name: "errorCode", value: { code: 99, reason: "" } }])],
		["a digest of 15 bytes", () => encode([{ name: "messageIntegritySha256", key, length: 15 }])],
		["more than 16 bits can count", () => encode([{ name: "data", value: new Uint8Array(65_536) }])],
		[
			"attributes of more than 65,535 bytes",
			() => encode(Array(2).fill({ name: "data", value: new Uint8Array(40_000) })),
		],
	] as const)("refuses %s", (_, make) => {
		expect(make).toThrow(RangeError);
		expect(encode([])).toHaveLength(20);
	});

	test("leaves out the zone of an address", () => {
		const message = build([{ name: "xorMappedAddress", value: { address: "fe80::1%eth0", port: 1 } }]);
		expect(attributeOf(message, "xorMappedAddress")).toEqual({ address: "fe80::1", port: 1 });
	});

	test("gives each message bytes of its own", () => {
		const first = encode([{ name: "software", value: "one" }]);
		const copy = first.slice();
		encode([{ name: "software", value: "two" }]);
		expect(first).toEqual(copy);
	});
});

describe("keys", () => {
	test("of long-term credentials are the example of RFC 8489 §9.2.2", () => {
		const made = longTermKey({ username: "user", realm: "realm", password: "pass", algorithm: "md5" });
		expect(Buffer.from(made.bytes).toString("hex")).toBe("8493fbc53ba582fb4c044c456bdc40eb");
	});

	test("are made of prepared text", () => {
		expect(opaqueString("a\u00A0e\u0301")).toBe("a \u00E9");
		expect(saslPrep("I\u00ADX\u2168")).toBe("IXIX");
		expect(Buffer.from(shortTermKey("e\u0301").bytes)).toEqual(Buffer.from(shortTermKey("\u00E9").bytes));
	});
});

describe("a router's word", () => {
	const router = { congested: true, upKbps: 1000, downKbps: 500 };

	function rewritten(
		attributes: readonly StunItem[],
		times = 1,
	): { readonly done: boolean; readonly message: StunMessage } {
		const bytes = encode(attributes);
		let done = false;
		for (let index = 0; index < times; index++) done = rewriteNetworkStatus(bytes, router);
		return { done, message: read(bytes) };
	}

	test("is written where one is asked for behind the digest, which stays right with the fingerprint", () => {
		const { done, message } = rewritten([{ name: "messageIntegrity", key }, EMPTY, { name: "fingerprint" }], 3);
		expect(done).toBe(true);
		expect(trailingAttributeOf(message, "networkStatus")).toEqual({ ...router, nodeCount: 3 });
		expect([verifyIntegrity(message, key), verifyFingerprint(message)]).toEqual([true, true]);
	});

	test("is written in a message that nothing protects", () => {
		expect(rewritten([EMPTY]).message.attributes[0]).toMatchObject({ value: { nodeCount: 1 } });
	});

	test.each([
		["asks for none", [{ name: "messageIntegrity", key }]],
		["has one before the digest alone", [EMPTY, { name: "messageIntegrity", key }]],
		[
			"has one between both digests",
			[{ name: "messageIntegrity", key }, EMPTY, { name: "messageIntegritySha256", key }],
		],
		["has a wrong fingerprint", [EMPTY, { name: "fingerprint", value: 1 }]],
		["has one of another length", [{ name: "unknown", type: 0x8051, value: new Uint8Array(4) }]],
	] as const satisfies readonly (readonly [string, readonly StunItem[]])[])(
		"is not written where a message %s",
		(_, attributes) => {
			const bytes = encode(attributes);
			const before = bytes.slice();
			expect(rewriteNetworkStatus(bytes, router)).toBe(false);
			expect(bytes).toEqual(before);
		},
	);

	test("never lowers the count or the congestion, never raises a bandwidth, and says nothing it does not know", () => {
		const full = { congested: true, nodeCount: 255, upKbps: 100, downKbps: 0 };
		const bytes = encode([{ name: "networkStatus", value: full }]);
		rewriteNetworkStatus(bytes, { congested: false, upKbps: 200, downKbps: 0 });
		expect(trailingAttributeOf(read(bytes), "networkStatus")).toEqual(full);
		rewriteNetworkStatus(bytes, { congested: false, upKbps: 1e9, downKbps: 1e9 });
		expect(trailingAttributeOf(read(bytes), "networkStatus")).toEqual({ ...full, downKbps: 65_535 });
	});

	test("is not written into anything else", () => {
		for (const bytes of [
			new Uint8Array(0),
			new Uint8Array(100),
			encode([EMPTY]).subarray(0, 30),
			encode([EMPTY], CLASSIC_ID),
		])
			expect(rewriteNetworkStatus(bytes, router)).toBe(false);
	});

	test("is read apart for the way there and the way back", () => {
		const there = { ...NULL_STATUS, nodeCount: 4 };
		const back = { ...NULL_STATUS, nodeCount: 5 };
		const both = (middle: readonly StunItem[]) =>
			networkStatusOf(
				build([{ name: "networkStatus", value: there }, ...middle, { name: "networkStatus", value: back }]),
			);
		expect(both([{ name: "messageIntegrity", key }])).toEqual({ upstream: there, downstream: back });
		expect(both([])).toEqual({ upstream: there, downstream: back });
		expect(networkStatusOf(build([]))).toEqual({ upstream: null, downstream: null });
		expect(networkStatusOf(build([{ name: "networkStatus", value: back }]))).toEqual({
			upstream: null,
			downstream: back,
		});
	});
});

describe("channel data", () => {
	test("is padded on a stream alone", () => {
		const fields = { channel: 0x4001, data: Uint8Array.of(1, 2, 3) };
		expect(encodeChannelData(fields, "datagram")).toHaveLength(7);
		expect(encodeChannelData(fields, "stream")).toHaveLength(8);
		expect(decodeChannelData(encodeChannelData(fields, "stream"))).toEqual(fields);
	});

	test("of another number or cut short is an error; ours is refused", () => {
		expect(decodeChannelData(Uint8Array.of(0x50, 0, 0, 0))).toMatchObject({ error: "badValue" });
		expect(decodeChannelData(Uint8Array.of(0x40, 0, 0, 1))).toMatchObject({ error: "truncated" });
		expect(() => encodeChannelData({ channel: 0x5000, data: new Uint8Array(0) }, "datagram")).toThrow(RangeError);
	});
});

describe("a stream", () => {
	test("is cut into messages wherever its bytes were torn", () => {
		const parts = [
			encode([EMPTY]),
			encodeChannelData({ channel: 0x4000, data: Uint8Array.of(1) }, "stream"),
			encode([]),
		];
		const stream = Uint8Array.from(parts.flatMap((part) => [...part]));
		const found: string[] = [];
		let pending = new Uint8Array(0);
		for (const byte of stream) {
			pending = Uint8Array.from([...pending, byte]);
			const frame = decodeStunFrame(pending);
			if (isDecodeError(frame) || pending.length < frame.length) continue;
			found.push(`${frame.kind} ${frame.length}`);
			pending = new Uint8Array(0);
		}
		expect(found).toEqual(["stun 32", "channelData 8", "stun 20"]);
	});

	test.each([
		["asks for more", Uint8Array.of(0, 1, 0), "truncated"],
		["is lost: TLS", Uint8Array.of(0x16, 3, 1, 1), "badLength"],
		["is lost: an HTTP method", Uint8Array.from(Buffer.from("POST / HTTP/1.1")), "badValue"],
		["is lost: no cookie", new Uint8Array(8), "badValue"],
		["is lost: reserved channels", Uint8Array.of(0x50, 0, 0, 0), "badValue"],
	])("%s", (_, bytes, error) => {
		expect(decodeStunFrame(bytes)).toMatchObject({ error });
	});

	test("may be about shared secrets without a cookie, where that is wanted, and about nothing else", () => {
		const frame = (type: number, classic: boolean) =>
			decodeStunFrame(Uint8Array.of(type >> 8, type, 0, 8, 1, 2, 3, 4), undefined, classic);
		for (const type of [0x0002, 0x0102, 0x0112]) {
			expect(frame(type, true)).toEqual({ kind: "stun", length: 28 });
			expect(frame(type, false)).toMatchObject({ error: "badValue" });
		}
		for (const type of [0x0001, 0x0003, 0x0101]) expect(frame(type, true)).toMatchObject({ error: "badValue" });
	});
});

test("packets on one socket are told apart by their first bytes", () => {
	const kinds = [0, 3, 4, 15, 16, 19, 20, 63, 64, 79, 80, 127, 128, 191, 192, 255].map((first) =>
		classifyPacket(Uint8Array.of(first, 0)),
	);
	expect(kinds).toEqual([
		...["stun", "stun", "unknown", "unknown", "zrtp", "zrtp", "dtls", "dtls", "turnChannel", "turnChannel"],
		...["quic", "quic", "rtp", "rtp", "quic", "quic"],
	]);
	expect([191, 192, 223, 224].map((second) => classifyPacket(Uint8Array.of(0x80, second)))).toEqual([
		"rtp",
		"rtcp",
		"rtcp",
		"rtp",
	]);
	expect(classifyPacket(new Uint8Array(0))).toBe("unknown");
});

test("a key may be shared by any number of messages", () => {
	const digests = (shared: HmacKey) =>
		[1, 2].map((value) =>
			encode([
				{ name: "priority", value },
				{ name: "messageIntegrity", key: shared },
			]),
		);
	expect(digests(key)).toEqual(digests(shortTermKey("password")));
});
