/** Laws that hold for every codec of this package: one row a codec, each law run for each row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	addressPair,
	bytes,
	extensions,
	family,
	icmpError,
	ipv4Fields,
	ipv4Options,
	ipv6Fields,
	tcpFields,
	tcpOptions,
	udpFields,
	uint,
} from "../testing/arbitraries.ts";
import {
	decodeExtensions,
	decodeIcmp,
	decodeIpv4,
	decodeIpv4Options,
	decodeIpv6,
	decodeQuoted,
	decodeTcp,
	decodeTcpOptions,
	decodeUdp,
	encodeExtensions,
	encodeIcmpEcho,
	encodeIcmpError,
	encodeIpv4,
	encodeIpv4Options,
	encodeIpv6,
	encodeTcp,
	encodeTcpOptions,
	encodeUdp,
	isDecodeError,
} from "./index.ts";

/** Encoded samples of one codec, and how to read and write them again. */
interface CodecRow {
	readonly name: string;
	readonly sample: fc.Arbitrary<{ readonly encoded: Uint8Array; readonly expected: object }>;
	readonly decode: (bytes: Uint8Array) => unknown;
	/** Encodes what was decoded from a sample. */
	readonly again: (decoded: never, expected: never) => Uint8Array;
	/** The length that the encoded bytes claim for themselves. */
	readonly claimedLength: (encoded: Uint8Array, decoded: never) => number;
}

function row<Expected extends object, Decoded>(spec: {
	readonly name: string;
	readonly sample: fc.Arbitrary<{ readonly encoded: Uint8Array; readonly expected: Expected }>;
	readonly decode: (bytes: Uint8Array) => Decoded;
	readonly again: (decoded: Exclude<Decoded, { readonly error: string }>, expected: Expected) => Uint8Array;
	readonly claimedLength: (encoded: Uint8Array, decoded: Exclude<Decoded, { readonly error: string }>) => number;
}): CodecRow {
	return spec;
}

const uint16At = (encoded: Uint8Array, offset: number) => (encoded[offset]! << 8) | encoded[offset + 1]!;

const CODECS: readonly CodecRow[] = [
	row({
		name: "IPv4",
		sample: fc.tuple(ipv4Fields, bytes(0, 40)).map(([fields, payload]) => ({
			encoded: encodeIpv4(fields, payload),
			expected: { header: { version: 4 as const, ...fields }, payload, truncated: false },
		})),
		decode: decodeIpv4,
		again: ({ header, payload }) => encodeIpv4(header, payload),
		claimedLength: (encoded) => uint16At(encoded, 2),
	}),
	row({
		name: "IPv6",
		sample: fc.tuple(ipv6Fields, bytes(0, 40)).map(([{ extensionHeaders, protocol, ...fields }, payload]) => ({
			encoded: encodeIpv6({ extensionHeaders, protocol, ...fields }, payload),
			expected: {
				header: fields,
				protocol,
				payload,
				truncated: false,
				extensionHeaders: extensionHeaders.map(({ type }) => ({ type })),
			},
		})),
		decode: decodeIpv6,
		again: ({ header, protocol, extensionHeaders, payload }) =>
			encodeIpv6({ ...header, protocol, extensionHeaders }, payload),
		claimedLength: (encoded) => 40 + uint16At(encoded, 4),
	}),
	row({
		name: "UDP",
		sample: fc.tuple(udpFields, bytes(0, 40)).map(([fields, payload]) => ({
			encoded: encodeUdp(fields, payload),
			expected: {
				header: { sourcePort: fields.sourcePort, destinationPort: fields.destinationPort },
				payload,
				truncated: false,
				fields,
			},
		})),
		decode: (encoded) => decodeUdp(encoded),
		again: ({ payload }, { fields }) => encodeUdp(fields, payload),
		claimedLength: (encoded) => uint16At(encoded, 4),
	}),
	row({
		name: "TCP",
		sample: fc.tuple(tcpFields, bytes(0, 40)).map(([{ options, ...fields }, payload]) => {
			const { family: _, source: __, destination: ___, ...header } = fields;
			return {
				encoded: encodeTcp({ options, ...fields }, payload),
				expected: { header, payload, truncated: false, fields },
			};
		}),
		decode: (encoded) => decodeTcp(encoded),
		again: ({ header, payload }, { fields }) => encodeTcp({ ...fields, options: header.options }, payload),
		claimedLength: (encoded, { payload }) => (encoded[12]! >> 4) * 4 + payload.length,
	}),
	row({
		name: "ICMP echo",
		sample: fc
			.record({
				family,
				direction: fc.constantFrom("request" as const, "reply" as const),
				id: uint(16),
				sequence: uint(16),
				payload: bytes(0, 40),
				addresses: addressPair(6),
			})
			.map(({ addresses, ...fields }) => ({
				encoded: encodeIcmpEcho(fields.family, { ...fields, ...addresses }),
				expected: {
					checksumValid: true,
					body: { kind: "echo", id: fields.id, sequence: fields.sequence, payload: fields.payload },
					fields: { ...fields, ...addresses },
				},
			})),
		decode: (encoded) => decodeIcmp(encoded[0]! >= 128 ? 6 : 4, encoded),
		again: ({ body }, { fields }) =>
			body.kind === "echo" ? encodeIcmpEcho(fields.family, { ...fields, ...body }) : new Uint8Array(0),
		claimedLength: (_, { body }) => 8 + (body.kind === "echo" ? body.payload.length : -1),
	}),
	row({
		name: "ICMP extension structure",
		sample: extensions.map((list) => ({ encoded: encodeExtensions(list), expected: { extensions: list } })),
		decode: decodeExtensions,
		again: (decoded) => encodeExtensions(decoded.extensions),
		claimedLength: (_, decoded) => decoded.extensions.reduce((sum, object) => sum + 4 + object.bytes.length, 4),
	}),
];

describe.each(CODECS)("$name", ({ sample, decode, again, claimedLength }) => {
	const runs = { numRuns: 150 };
	test("what was encoded decodes to the same value", () => {
		fc.assert(
			fc.property(sample, ({ encoded, expected }) => {
				const { fields: _, ...value } = expected as { fields?: unknown };
				expect(decode(encoded)).toMatchObject(value);
			}),
			runs,
		);
	});
	test("the length that it claims is the length that it has", () => {
		fc.assert(
			fc.property(sample, ({ encoded }) => claimedLength(encoded, decode(encoded) as never) === encoded.length),
			runs,
		);
	});
	test("encoding what was decoded gives the same bytes", () => {
		fc.assert(
			fc.property(sample, ({ encoded, expected }) => {
				expect(again(decode(encoded) as never, expected as never)).toEqual(encoded);
			}),
			runs,
		);
	});
	test("every truncation returns a value or an error", () => {
		fc.assert(
			fc.property(sample, ({ encoded }) => {
				for (let length = 0; length < encoded.length; length++) answers(decode(encoded.subarray(0, length)));
			}),
			{ numRuns: 60 },
		);
	});
	test("every change of a single byte returns a value or an error", () => {
		fc.assert(
			fc.property(sample, uint(8), ({ encoded }, other) => {
				for (let offset = 0; offset < encoded.length; offset++) {
					for (const value of [0, 1, 0x7f, 0x80, 0xff, other, encoded[offset]! ^ 1]) {
						const changed = encoded.slice();
						changed[offset] = value;
						answers(decode(changed));
					}
				}
			}),
			{ numRuns: 30 },
		);
	});
	test("any bytes at all return a value or an error", () => {
		fc.assert(
			fc.property(bytes(0, 200), (input) => answers(decode(input))),
			{ numRuns: 500 },
		);
	});
});

function answers(decoded: unknown): void {
	if (typeof decoded !== "object" || decoded === null) throw new Error(`neither value nor error: ${String(decoded)}`);
	if (isDecodeError(decoded) && !(decoded.need >= 0 && decoded.have >= 0)) throw new Error("an error without figures");
}

describe("ICMP errors", () => {
	const decodedBody = (message: { family: 4 | 6; source: string; destination: string }, encoded: Uint8Array) => {
		const decoded = decodeIcmp(message.family, encoded, message.family === 6 ? message : {});
		if (isDecodeError(decoded) || decoded.body.kind !== "error") throw new Error("no error message");
		return { ...decoded, body: decoded.body };
	};
	test("come back with their quote, extensions, MTU, pointer and gateway in either layout", () => {
		fc.assert(
			fc.property(icmpError, (message) => {
				const decoded = decodedBody(message, encodeIcmpError(message.family, message));
				const { body } = decoded;
				expect(decoded).toMatchObject({ type: message.type, code: message.code, checksumValid: true });
				expect(body.extensionsInvalid).toBe(false);
				expect([body.mtu, body.pointer, body.gateway]).toEqual([
					body.mtu === null ? null : message.mtu,
					message.pointer ?? null,
					message.gateway ?? null,
				]);
				expect(body.extensions).toEqual(message.extensions ?? []);
				const kept = Math.min(message.quoted.length, body.quoted.length);
				expect(body.quoted.subarray(0, kept)).toEqual(message.quoted.subarray(0, kept));
				expect(body.quoted.subarray(kept).every((byte) => byte === 0)).toBe(true);
			}),
			{ numRuns: 300 },
		);
	});
	test("stay decodable whatever single byte changes and wherever they end, and so do their quotes", () => {
		fc.assert(
			fc.property(icmpError, uint(8), (message, other) => {
				const encoded = encodeIcmpError(message.family, message);
				for (let offset = 0; offset < encoded.length; offset++) {
					const changed = encoded.slice();
					changed[offset] = other;
					for (const input of [changed, encoded.subarray(0, offset)]) {
						const decoded = decodeIcmp(message.family, input, message);
						answers(decoded);
						if (!isDecodeError(decoded) && decoded.body.kind === "error") {
							answers(decodeQuoted(message.family, decoded.body.quoted));
						}
					}
				}
			}),
			{ numRuns: 60 },
		);
	});
});

describe("quoted packets", () => {
	const transport = tcpFields.chain((fields) => bytes(0, 30).map((payload) => ({ fields, payload })));
	test("give addresses, ports and payload as far as they go, at every length", () => {
		fc.assert(
			fc.property(transport, fc.boolean(), ({ fields, payload }, tcp) => {
				const segment = tcp ? encodeTcp(fields, payload) : encodeUdp(fields, payload);
				const protocol = tcp ? 6 : 17;
				const { source, destination } = fields;
				const headerLength = fields.family === 4 ? 20 : 40;
				const packet =
					fields.family === 4
						? encodeIpv4({ ttl: 1, protocol, source, destination }, segment)
						: encodeIpv6({ hopLimit: 1, protocol, source, destination }, segment);
				for (let length = 0; length <= packet.length; length++) {
					const quoted = decodeQuoted(fields.family, packet.subarray(0, length));
					if (length < headerLength) {
						expect(isDecodeError(quoted)).toBe(true);
						continue;
					}
					const there = length - headerLength;
					const transportLength = segment.length - payload.length;
					expect(quoted).toMatchObject({ source, destination, protocol, ttl: 1, length: packet.length });
					expect(quoted).toMatchObject({
						truncated: length < packet.length,
						ports: there < 4 ? null : { source: fields.sourcePort, destination: fields.destinationPort },
						segment: segment.subarray(0, there),
						payload: payload.subarray(0, Math.max(0, there - transportLength)),
					});
				}
			}),
			{ numRuns: 40 },
		);
	});
});

describe.each([
	{ name: "TCP", decode: decodeTcpOptions, encode: encodeTcpOptions as (list: never) => Uint8Array, list: tcpOptions },
	{
		name: "IPv4",
		decode: decodeIpv4Options,
		encode: encodeIpv4Options as (list: never) => Uint8Array,
		list: ipv4Options as fc.Arbitrary<readonly object[]>,
	},
])("$name options", ({ decode, encode, list }) => {
	test("come back as they were, with at most an end of list behind them", () => {
		fc.assert(
			fc.property(list as fc.Arbitrary<readonly object[]>, (options) => {
				const decoded = decode(encode(options as never));
				expect(decoded.slice(0, options.length)).toEqual(options);
				expect(decoded.slice(options.length).every((option) => option.name === "endOfList")).toBe(true);
				expect(decoded.length - options.length).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 400 },
		);
	});
	test("keep every byte of any list at all, malformed ones included", () => {
		fc.assert(
			fc.property(bytes(0, 40), (input) => {
				const padded = new Uint8Array(Math.ceil(input.length / 4) * 4);
				padded.set(input);
				expect(encode(decode(input) as never)).toEqual(padded);
			}),
			{ numRuns: 2000 },
		);
	});
});
