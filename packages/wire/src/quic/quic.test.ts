import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { testCrypto } from "../crypto.fixture.ts";
import {
	decodeClientHello,
	decodeQuicDatagram,
	decodeQuicFrames,
	decodeQuicInvariant,
	decodeQuicPacket,
	decodeQuicPayload,
	decodeServerHello,
	decodeVarint,
	deriveInitialKeys,
	encodeClientHello,
	encodeClientInitial,
	encodeQuicPacket,
	encodeQuicRetry,
	encodeQuicVersionNegotiation,
	encodeServerHello,
	encodeServerInitial,
	encodeStatelessReset,
	encodeVarint,
	HELLO_RETRY_REQUEST_RANDOM,
	isDecodeError,
	isReservedQuicVersion,
	isStatelessReset,
	joinQuicCrypto,
	looksLikeStatelessReset,
	QUIC_V1,
	QUIC_V2,
	QUIC_VERSIONS,
	type QuicInitialPacket,
	type QuicRetryPacket,
	quicErrorName,
	quicFrame,
	quicVersionName,
	verifyQuicRetry,
} from "../index.ts";
import { QUIC_VECTOR_DCID, QUIC_VECTOR_SCID, QUIC_VECTORS } from "./vectors.fixture.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const dcid = hex(QUIC_VECTOR_DCID);
const scid = hex(QUIC_VECTOR_SCID);
const none = new Uint8Array(0);

function initial(bytes: Uint8Array): QuicInitialPacket {
	const packet = decodeQuicPacket(bytes);
	if (isDecodeError(packet) || packet.kind !== "initial") throw new Error(JSON.stringify(packet));
	return packet;
}

describe.each(Object.entries(QUIC_VECTORS))("the sample packets of %s", (_, vector) => {
	const { version } = vector;
	const keys = deriveInitialKeys(version, dcid, testCrypto);

	test("keys follow from the connection ID", () => {
		const inHex = (side: typeof keys.client) =>
			Object.fromEntries(Object.entries(side).map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")]));
		expect(inHex(keys.client)).toEqual(vector.clientKeys);
		expect(inHex(keys.server)).toEqual(vector.serverKeys);
	});

	test("the client's Initial opens to its frames", () => {
		const packet = initial(hex(vector.clientPacket));
		expect(packet).toMatchObject({ version, dcid, scid: none, token: none, truncated: false });
		const opened = decodeQuicPayload(packet, keys.client, testCrypto);
		if (isDecodeError(opened)) throw new Error(opened.error);
		expect(opened.packetNumber).toBe(2);
		const padding = 1162 - vector.clientFrames.length / 2;
		expect(opened.frames).toEqual([...decodeQuicFrames(hex(vector.clientFrames)), quicFrame("padding", padding)]);
	});

	test("the client's Initial is encoded byte by byte", () => {
		const frames = decodeQuicFrames(hex(vector.clientFrames));
		const packet = encodeClientInitial({ version, dcid, scid: none, packetNumber: 2, frames }, testCrypto);
		expect(packet).toEqual(hex(vector.clientPacket));
	});

	test("the client's handshake is a ClientHello that is encoded back byte by byte", () => {
		const stream = joinQuicCrypto(decodeQuicFrames(hex(vector.clientFrames)));
		const hello = decodeClientHello(stream);
		if (isDecodeError(hello)) throw new Error(hello.error);
		const named = Object.fromEntries(hello.extensions.map((extension) => [extension.name, extension.value]));
		expect(named).toMatchObject({
			serverName: "example.com",
			alpn: ["alpn"],
			supportedVersions: [0x0304],
			supportedGroups: [0x001d, 0x0017, 0x0018],
			keyShare: [{ group: 0x001d }],
			quicTransportParameters: expect.arrayContaining([
				{ name: "initialMaxData", type: 4, value: 2n ** 62n - 1n },
				{ name: "initialSourceConnectionId", type: 15, value: dcid },
			]),
		});
		expect(encodeClientHello(hello)).toEqual(stream);
	});

	test("the server's Initial opens to an ACK and a ServerHello", () => {
		const packet = initial(hex(vector.serverPacket));
		expect(packet).toMatchObject({ version, dcid: none, scid });
		const opened = decodeQuicPayload(packet, keys.server, testCrypto);
		if (isDecodeError(opened)) throw new Error(opened.error);
		expect(opened.packetNumber).toBe(1);
		expect(opened.frames[0]).toEqual(quicFrame("ack", { delay: 0, ranges: [{ smallest: 0, largest: 0 }] }));
		const stream = joinQuicCrypto(opened.frames);
		const hello = decodeServerHello(stream);
		if (isDecodeError(hello)) throw new Error(hello.error);
		expect(hello).toMatchObject({ cipherSuite: 0x1301 });
		expect(encodeServerHello(hello)).toEqual(stream);
	});

	test("the server's Initial is encoded byte by byte", () => {
		const frames = decodeQuicFrames(hex(vector.serverFrames));
		const fields = { version, dcid: none, scid, packetNumber: 1, packetNumberLength: 2, keyDcid: dcid } as const;
		expect(encodeServerInitial({ ...fields, frames }, testCrypto)).toEqual(hex(vector.serverPacket));
	});

	test("the Retry's tag is right for the client's connection ID and for no other", () => {
		const packet = decodeQuicPacket(hex(vector.retry)) as QuicRetryPacket;
		expect(packet).toMatchObject({ kind: "retry", version, dcid: none, scid, token: hex("746f6b656e") });
		expect(verifyQuicRetry(packet, dcid, testCrypto)).toBe(true);
		expect(verifyQuicRetry(packet, scid, testCrypto)).toBe(false);
	});

	test("the Retry is encoded byte by byte", () => {
		const fields = { version, dcid: none, scid, token: hex("746f6b656e"), originalDcid: dcid };
		expect(encodeQuicRetry(fields, testCrypto)).toEqual(hex(vector.retry));
	});

	test("a single changed bit anywhere closes the server's Initial", () => {
		const bytes = hex(vector.serverPacket);
		for (let offset = 0; offset < bytes.length; offset++) {
			const changed = bytes.slice();
			changed[offset]! ^= 1;
			const packet = decodeQuicPacket(changed);
			if (isDecodeError(packet) || packet.kind !== "initial") continue;
			expect(isDecodeError(decodeQuicPayload(packet, keys.server, testCrypto)), `byte ${offset}`).toBe(true);
		}
	});
});

test("the salts and the Retry secret of version 2 are the digests that RFC 9369 says", () => {
	const digest = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());
	expect(digest("QUICv2 salt").subarray(0, 20)).toEqual(QUIC_VERSIONS.v2.initialSalt);
	expect(digest("QUICv2 version number").subarray(0, 4)).toEqual(hex(QUIC_V2.toString(16)));
	expect(digest("HelloRetryRequest")).toEqual(HELLO_RETRY_REQUEST_RANDOM);
});

describe("varints", () => {
	/** RFC 9000 §A.1. */
	test.each([
		["c2197c5eff14e88c", 151_288_809_941_952_652n, 8],
		["9d7f3e7d", 494_878_333, 4],
		["7bbd", 15_293, 2],
		["25", 37, 1],
	])("%s is %s", (bytes, value, length) => {
		expect(encodeVarint(value)).toEqual(hex(bytes));
		const decoded = decodeVarint(hex(bytes));
		if (typeof value === "bigint") expect(decoded).toMatchObject({ error: "badValue" });
		else expect(decoded).toEqual({ value, length });
	});

	test("a longer encoding than needed is read, and written where asked for", () => {
		expect(decodeVarint(hex("4025"))).toEqual({ value: 37, length: 2 });
		expect(encodeVarint(37, 2)).toEqual(hex("4025"));
	});

	test("what does not fit throws", () => {
		for (const write of [() => encodeVarint(-1), () => encodeVarint(2n ** 62n), () => encodeVarint(64, 1)])
			expect(write).toThrow(RangeError);
		expect(() => encodeVarint(2 ** 53)).toThrow(RangeError);
	});
});

describe("datagrams", () => {
	const keys = deriveInitialKeys(QUIC_V1, dcid, testCrypto);
	const fields = { version: QUIC_V1, dcid: none, scid, packetNumber: 0, frames: [quicFrame("ping", null)] };
	const first = encodeServerInitial({ ...fields, keyDcid: dcid }, testCrypto);
	const second = encodeQuicPacket({ ...fields, kind: "handshake" }, keys.server, testCrypto);
	const short = hex(`40${"11".repeat(30)}`);

	test("coalesced packets are walked one by one, with zeros behind them told apart", () => {
		const datagram = Uint8Array.from([...first, ...second, ...short]);
		expect(decodeQuicDatagram(datagram)).toMatchObject({
			packets: [
				{ kind: "initial", bytes: first },
				{ kind: "handshake", bytes: second },
				{ kind: "short", bytes: short },
			],
			error: null,
		});
		const padded = decodeQuicDatagram(Uint8Array.from([...first, 0, 0, 0]));
		expect(padded).toMatchObject({ packets: [{ kind: "initial" }], rest: hex("000000"), error: { error: "badValue" } });
	});

	test("a packet that was cut off says so and does not open", () => {
		const cut = initial(first.subarray(0, first.length - 1));
		expect(cut.truncated).toBe(true);
		expect(decodeQuicPayload(cut, keys.server, testCrypto)).toMatchObject({ error: "truncated" });
	});

	test("a Version Negotiation lists its versions", () => {
		const bytes = encodeQuicVersionNegotiation({ dcid: scid, scid: dcid, versions: [QUIC_V2, 0x1a2a3a4a] });
		expect(decodeQuicPacket(bytes)).toMatchObject({ kind: "versionNegotiation", versions: [QUIC_V2, 0x1a2a3a4a] });
		expect(isReservedQuicVersion(0x1a2a3a4a)).toBe(true);
		expect(quicVersionName(0x1a2a3a4a)).toBe("0x1a2a3a4a (reserved)");
		expect(decodeQuicPacket(bytes.subarray(0, bytes.length - 1))).toMatchObject({ error: "badLength" });
	});

	test("a version that nobody knows still shows its connection IDs", () => {
		const bytes = hex(`80aabbccdd08${QUIC_VECTOR_DCID}01ff00`);
		expect(decodeQuicPacket(bytes)).toMatchObject({ kind: "unknownVersion", version: 0xaabbccdd, dcid });
		expect(decodeQuicInvariant(bytes)).toMatchObject({ form: "long", scid: hex("ff"), rest: hex("00") });
	});

	test("a stateless reset is known by its token, and without one by its form", () => {
		const token = hex("000102030405060708090a0b0c0d0e0f");
		const reset = encodeStatelessReset(hex("ffaabbccdd"), token);
		expect(isStatelessReset(reset, token)).toBe(true);
		expect(isStatelessReset(reset, hex("ff".repeat(16)))).toBe(false);
		expect(looksLikeStatelessReset(reset)).toBe(true);
		expect(looksLikeStatelessReset(first)).toBe(false);
		expect(looksLikeStatelessReset(reset.subarray(0, 20))).toBe(false);
	});

	test("packet numbers are found next to the largest one heard", () => {
		for (const [packetNumber, largest] of [
			[0xa82f9b32, 0xa82f30ea],
			[255, -1],
			[256, 255],
			[0x1_0000_0001, 0xffff_ffff],
		] as const) {
			const packetNumberLength = packetNumber > 0xffff ? 4 : 2;
			const bytes = encodeServerInitial({ ...fields, packetNumber, packetNumberLength, keyDcid: dcid }, testCrypto);
			expect(decodeQuicPayload(initial(bytes), keys.server, testCrypto, largest)).toMatchObject({ packetNumber });
		}
	});
});

describe("frames", () => {
	test("an unknown type keeps the rest and ends the list", () => {
		expect(decodeQuicFrames(hex("0130aabb"))).toEqual([
			quicFrame("ping", null),
			{ name: "unknown", type: 0x30, value: hex("30aabb") },
		]);
	});

	test("a frame that breaks off is malformed", () => {
		expect(decodeQuicFrames(hex("060005aa"))).toMatchObject([{ name: "malformed", type: 6, value: hex("060005aa") }]);
		// A range below packet number 0.
		expect(decodeQuicFrames(hex("0201000005"))).toMatchObject([{ name: "malformed", type: 2 }]);
	});

	test("ECN counts and reasons are read", () => {
		expect(decodeQuicFrames(hex("03050001000001030201"))).toMatchObject([
			{
				name: "ackEcn",
				value: {
					ranges: [
						{ smallest: 5, largest: 5 },
						{ smallest: 2, largest: 3 },
					],
				},
			},
		]);
		expect(decodeQuicFrames(hex("1c410a06026e6f"))).toEqual([
			quicFrame("connectionClose", { errorCode: 0x10a, frameType: 6, reason: "no" }),
		]);
		expect(quicErrorName(0x10a)).toBe("CRYPTO_ERROR (unexpected_message)");
		expect(quicErrorName(0x02)).toBe("CONNECTION_REFUSED");
	});

	test("pieces of the handshake join in any order, up to the first gap", () => {
		const piece = (offset: number, text: string) => quicFrame("crypto", { offset, data: Buffer.from(text) });
		const frames = [piece(4, "efgh"), piece(0, "abcd"), piece(2, "cdEF"), piece(20, "z")];
		expect(Buffer.from(joinQuicCrypto(frames)).toString()).toBe("abcdEFgh");
	});
});
