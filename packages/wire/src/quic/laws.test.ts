/** Laws for QUIC and TLS, generated from their tables. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { address4, address6, bytes, uint } from "../arbitraries.fixture.ts";
import { testCrypto } from "../crypto.fixture.ts";
import {
	CLIENT_HELLO_EXTENSIONS,
	type ClientHelloExtension,
	decodeClientHello,
	decodeQuicFrames,
	decodeQuicPacket,
	decodeQuicPayload,
	decodeQuicTransportParameters,
	decodeServerHello,
	deriveInitialKeys,
	encodeClientHello,
	encodeClientInitial,
	encodeQuicFrames,
	encodeQuicRetry,
	encodeQuicTransportParameters,
	encodeQuicVersionNegotiation,
	encodeServerHello,
	encodeVarint,
	isDecodeError,
	type QUIC_FRAMES,
	QUIC_TRANSPORT_PARAMETERS,
	QUIC_V1,
	QUIC_V2,
	type QuicFrame,
	type QuicTransportParameter,
	SERVER_HELLO_EXTENSIONS,
	type ServerHelloExtension,
	verifyQuicRetry,
} from "../index.ts";
import { codecLaws, row } from "../laws.fixture.ts";

type ValueOf<Item, Name> = Extract<Item, { readonly name: Name }> extends { readonly value: infer V } ? V : never;

/** One item of any row; a row added to a table without an arbitrary does not compile. */
function anyItem<Item>(
	table: Readonly<Record<string, { readonly type: number }>>,
	values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Item> {
	const rows = Object.entries(values).map(([name, value]) =>
		value.map((v) => ({ name, type: table[name]!.type, value: v })),
	);
	return fc.oneof(...rows) as unknown as fc.Arbitrary<Item>;
}

const small = fc.integer({ min: 0, max: 2 ** 30 });
const wide = fc.oneof(fc.maxSafeNat(), fc.bigInt({ min: 2n ** 53n, max: 2n ** 62n - 1n }));
const word = fc.stringMatching(/^[a-z0-9é-]{1,20}$/);
const port = uint(16);
const yes = fc.constant(true as const);

const ranges = fc.array(fc.tuple(uint(8), uint(8)), { minLength: 1, maxLength: 4 }).map((steps) => {
	let top = 4000;
	return steps.map(([gap, length]) => {
		const largest = top - gap;
		top = largest - length - 2;
		return { smallest: largest - length, largest };
	});
});
const ecn = fc.record({ ect0: small, ect1: small, ce: small });

const frameValues: { readonly [N in keyof typeof QUIC_FRAMES]: fc.Arbitrary<ValueOf<QuicFrame, N>> } = {
	padding: fc.integer({ min: 1, max: 40 }),
	ping: fc.constant(null),
	ack: fc.record({ delay: small, ranges }),
	ackEcn: fc.record({ delay: small, ranges, ecn }),
	crypto: fc.record({ offset: small, data: bytes(0, 40) }),
	newToken: bytes(0, 40),
	connectionClose: fc.record({ errorCode: small, frameType: small, reason: word }),
	applicationClose: fc.record({ errorCode: small, reason: word }),
	handshakeDone: fc.constant(null),
};
const frame = fc.oneof(
	...Object.entries(frameValues).map(([name, value]) =>
		(value as fc.Arbitrary<unknown>).map((v) => ({ name, value: v })),
	),
) as unknown as fc.Arbitrary<QuicFrame>;
/** Two runs of padding behind each other are one. */
const frames = fc
	.array(frame, { maxLength: 5 })
	.map((list) => list.filter((item, index) => item.name !== "padding" || list[index - 1]?.name !== "padding"))
	.filter((list) => list.every((item, index) => item.name !== "padding" || list[index - 1]?.name !== "padding"));

const place = fc.record({ address: address4, port });
const parameterValues: {
	readonly [N in keyof typeof QUIC_TRANSPORT_PARAMETERS]: fc.Arbitrary<ValueOf<QuicTransportParameter, N>>;
} = {
	originalDestinationConnectionId: bytes(0, 20),
	maxIdleTimeout: wide,
	statelessResetToken: bytes(16, 16),
	maxUdpPayloadSize: wide,
	initialMaxData: wide,
	initialMaxStreamDataBidiLocal: wide,
	initialMaxStreamDataBidiRemote: wide,
	initialMaxStreamDataUni: wide,
	initialMaxStreamsBidi: wide,
	initialMaxStreamsUni: wide,
	ackDelayExponent: wide,
	maxAckDelay: wide,
	disableActiveMigration: yes,
	preferredAddress: fc.record({
		ipv4: place,
		ipv6: fc.record({ address: address6, port }),
		connectionId: bytes(0, 20),
		statelessResetToken: bytes(16, 16),
	}),
	activeConnectionIdLimit: wide,
	initialSourceConnectionId: bytes(0, 20),
	retrySourceConnectionId: bytes(0, 20),
	versionInformation: fc.record({ chosen: uint(32), available: fc.array(uint(32), { maxLength: 3 }) }),
	maxDatagramFrameSize: wide,
	greaseQuicBit: yes,
};
const unknownParameter = fc
	.record({ type: fc.integer({ min: 0x3000, max: 0x3fff }), value: bytes(0, 20) })
	.map((item) => ({ name: "unknown" as const, ...item }));
const parameters = fc.array(
	fc.oneof(anyItem<QuicTransportParameter>(QUIC_TRANSPORT_PARAMETERS, parameterValues), unknownParameter),
	{ maxLength: 5 },
);

const share = fc.record({ group: uint(16), key: bytes(0, 40) });
const numbers = fc.array(uint(16), { maxLength: 6 });
const clientValues: {
	readonly [N in keyof typeof CLIENT_HELLO_EXTENSIONS]: fc.Arbitrary<ValueOf<ClientHelloExtension, N>>;
} = {
	serverName: word,
	supportedGroups: numbers,
	signatureAlgorithms: numbers,
	alpn: fc.array(word, { maxLength: 3 }),
	supportedVersions: numbers,
	pskKeyExchangeModes: fc.array(uint(8), { maxLength: 3 }),
	keyShare: fc.array(share, { maxLength: 3 }),
	quicTransportParameters: parameters,
};
const serverValues: {
	readonly [N in keyof typeof SERVER_HELLO_EXTENSIONS]: fc.Arbitrary<ValueOf<ServerHelloExtension, N>>;
} = {
	preSharedKey: uint(16),
	supportedVersions: uint(16),
	// A share of no bytes has the length of a group alone only without its own length: both are told apart.
	keyShare: fc.record({ group: uint(16), key: fc.option(bytes(1, 40), { nil: null }) }),
};

const clientHello = fc.record({
	legacyVersion: uint(16),
	random: bytes(32, 32),
	legacySessionId: bytes(0, 32),
	cipherSuites: numbers,
	legacyCompressionMethods: bytes(0, 2),
	extensions: fc.array(anyItem<ClientHelloExtension>(CLIENT_HELLO_EXTENSIONS, clientValues), { maxLength: 4 }),
});
const serverHello = fc.record({
	legacyVersion: uint(16),
	random: bytes(32, 32),
	legacySessionIdEcho: bytes(0, 32),
	cipherSuite: uint(16),
	legacyCompressionMethod: uint(8),
	extensions: fc.array(anyItem<ServerHelloExtension>(SERVER_HELLO_EXTENSIONS, serverValues), { maxLength: 3 }),
});
const uint24At1 = (encoded: Uint8Array) => (encoded[1]! << 16) | (encoded[2]! << 8) | encoded[3]!;

const version = fc.constantFrom(QUIC_V1, QUIC_V2);
const connectionId = bytes(0, 20);
const retry = fc.record({
	version,
	dcid: connectionId,
	scid: connectionId,
	token: bytes(0, 60),
	originalDcid: connectionId,
});

codecLaws([
	row({
		name: "QUIC frames",
		sample: frames.map((list) => ({ encoded: encodeQuicFrames(list), expected: { list } })),
		decode: (encoded) => ({ list: decodeQuicFrames(encoded) }),
		again: ({ list }) => encodeQuicFrames(list),
		claimedLength: (_, { list }) => encodeQuicFrames(list).length,
	}),
	row({
		name: "QUIC transport parameters",
		sample: parameters.map((list) => ({ encoded: encodeQuicTransportParameters(list), expected: { list } })),
		decode: (encoded) => ({ list: decodeQuicTransportParameters(encoded) }),
		again: ({ list }) => encodeQuicTransportParameters(list),
		claimedLength: (_, { list }) => encodeQuicTransportParameters(list).length,
	}),
	row({
		name: "QUIC Retry",
		sample: retry.map((fields) => {
			const { originalDcid: _, ...expected } = fields;
			return { encoded: encodeQuicRetry(fields, testCrypto), expected: { ...expected, fields } };
		}),
		decode: decodeQuicPacket,
		again: (packet, { fields }) =>
			packet.kind === "retry"
				? encodeQuicRetry({ ...packet, originalDcid: fields.originalDcid }, testCrypto)
				: new Uint8Array(0),
		claimedLength: (_, { bytes: own }) => own.length,
	}),
	row({
		name: "QUIC Version Negotiation",
		sample: fc
			.record({ dcid: connectionId, scid: connectionId, versions: fc.array(uint(32), { minLength: 1, maxLength: 5 }) })
			.map((fields) => ({ encoded: encodeQuicVersionNegotiation(fields), expected: fields })),
		decode: decodeQuicPacket,
		again: (packet, { versions }) =>
			packet.kind === "versionNegotiation" ? encodeQuicVersionNegotiation({ ...packet, versions }) : new Uint8Array(0),
		claimedLength: (_, { bytes: own }) => own.length,
	}),
	row({
		name: "TLS ClientHello",
		sample: clientHello.map((hello) => ({ encoded: encodeClientHello(hello), expected: hello })),
		decode: decodeClientHello,
		again: (hello) => encodeClientHello(hello),
		claimedLength: (encoded) => 4 + uint24At1(encoded),
	}),
	row({
		name: "TLS ServerHello",
		sample: serverHello.map((hello) => ({ encoded: encodeServerHello(hello), expected: hello })),
		decode: decodeServerHello,
		again: (hello) => encodeServerHello(hello),
		claimedLength: (encoded) => 4 + uint24At1(encoded),
	}),
]);

test("an Initial opens to what went into it, whatever its fields", () => {
	const fields = fc.record({
		version,
		dcid: connectionId,
		scid: connectionId,
		token: bytes(0, 60),
		packetNumber: uint(16),
		frames,
		padTo: fc.constantFrom(0, 100, 1200),
	});
	fc.assert(
		fc.property(fields, (initial) => {
			const packet = decodeQuicPacket(encodeClientInitial(initial, testCrypto));
			if (isDecodeError(packet) || packet.kind !== "initial") throw new Error("not an Initial");
			expect(packet).toMatchObject({ dcid: initial.dcid, scid: initial.scid, token: initial.token, truncated: false });
			expect(packet.bytes.length).toBeGreaterThanOrEqual(initial.padTo);
			const { client } = deriveInitialKeys(initial.version, initial.dcid, testCrypto);
			const opened = decodeQuicPayload(packet, client, testCrypto);
			if (isDecodeError(opened)) throw new Error(opened.error);
			expect(opened.packetNumber).toBe(initial.packetNumber);
			expect(opened.frames.slice(0, Math.max(0, initial.frames.length - 1))).toEqual(initial.frames.slice(0, -1));
		}),
		{ numRuns: 100 },
	);
});

test("a Retry's tag answers for every byte", () => {
	fc.assert(
		fc.property(retry, fc.nat(), (fields, at) => {
			const encoded = encodeQuicRetry(fields, testCrypto);
			encoded[at % encoded.length]! ^= 4;
			const packet = decodeQuicPacket(encoded);
			if (isDecodeError(packet) || packet.kind !== "retry") return;
			expect(verifyQuicRetry(packet, fields.originalDcid, testCrypto)).toBe(false);
		}),
		{ numRuns: 200 },
	);
});

test("a varint is never longer than it must be", () => {
	fc.assert(fc.property(wide, (value) => encodeVarint(value).length <= (value < 64 ? 1 : value < 16_384 ? 2 : 8)));
});
