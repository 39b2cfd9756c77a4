/** Laws that hold for every codec of this package: one row a codec, each law run for each row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address4, address6, addressPair, bytes, family, uint } from "./arbitraries.fixture.ts";
import {
	decodeIcmp,
	decodeIpv4,
	decodeIpv4Options,
	decodeIpv6,
	decodeQuoted,
	decodeTcp,
	decodeTcpOptions,
	decodeUdp,
	encodeIcmpEcho,
	encodeIpv4,
	encodeIpv4Options,
	encodeIpv6,
	encodeTcp,
	encodeTcpOptions,
	encodeUdp,
	IPV4_OPTIONS,
	IPV6_EXTENSION_TYPES,
	type Ipv4Option,
	isDecodeError,
	TCP_OPTIONS,
	type TcpOption,
} from "./index.ts";
import { type CodecRow, codecLaws, row } from "./laws.fixture.ts";

type OptionValue<Option, Name> =
	Extract<Option, { readonly name: Name }> extends { readonly value: infer V } ? V : never;

/** One arbitrary a row: a row added to the table without one does not compile. */
const tcpValues: { readonly [N in keyof typeof TCP_OPTIONS]: fc.Arbitrary<OptionValue<TcpOption, N>> } = {
	maximumSegmentSize: uint(16),
	windowScale: uint(8),
	sackPermitted: fc.constant(true),
	sack: fc.array(fc.record({ start: uint(32), end: uint(32) }), { minLength: 1, maxLength: 4 }),
	timestamps: fc.record({ value: uint(32), echo: uint(32) }),
	md5Signature: bytes(16, 16),
	quickStart: bytes(6, 6),
	userTimeout: fc.record({ unit: fc.constantFrom("seconds" as const, "minutes" as const), time: uint(15) }),
	authentication: bytes(2, 22),
	multipath: bytes(1, 26).map((value) => ({ subtype: (value[0] ?? 0) >> 4, bytes: value })),
	fastOpenCookie: bytes(0, 16),
	encryptionNegotiation: bytes(0, 20),
	accurateEcn0: fc.array(uint(24), { maxLength: 3 }),
	accurateEcn1: fc.array(uint(24), { maxLength: 3 }),
	experiment1: bytes(0, 20),
	experiment2: bytes(0, 20),
};

const route = fc.record({ pointer: uint(8), addresses: fc.array(address4, { maxLength: 9 }) });
const ipv4Values: { readonly [N in keyof typeof IPV4_OPTIONS]: fc.Arbitrary<OptionValue<Ipv4Option, N>> } = {
	recordRoute: route,
	mtuProbe: uint(16),
	mtuReply: uint(16),
	quickStart: bytes(6, 6),
	timestamp: fc.constantFrom(0, 1, 3).chain((flag) =>
		fc.record({
			pointer: uint(8),
			overflow: uint(4),
			flag: fc.constant(flag),
			entries: fc.array(fc.record({ address: flag === 0 ? fc.constant(null) : address4, time: uint(32) }), {
				maxLength: flag === 0 ? 9 : 4,
			}),
		}),
	),
	traceroute: bytes(10, 10),
	security: bytes(1, 30),
	looseSourceRoute: route,
	extendedSecurity: bytes(1, 30),
	commercialSecurity: bytes(4, 30),
	streamId: uint(16),
	strictSourceRoute: route,
	routerAlert: uint(16),
};

function arbitraryOptions<Option>(values: Readonly<Record<string, fc.Arbitrary<unknown>>>, kinds: object) {
	const rows = Object.entries(values).map(([optionName, value]) =>
		value.map((v) => ({
			name: optionName,
			kind: (kinds as Record<string, { kind: number }>)[optionName]!.kind,
			value: v,
		})),
	);
	const noOperation = fc.constant({ name: "noOperation", kind: 1, value: null });
	return fc.array(fc.oneof(noOperation, ...rows), { maxLength: 4 }) as unknown as fc.Arbitrary<Option[]>;
}

const fits = (encode: () => Uint8Array) => {
	try {
		encode();
		return true;
	} catch {
		return false;
	}
};
const tcpOptions = arbitraryOptions<TcpOption>(tcpValues, TCP_OPTIONS).filter((list) =>
	fits(() => encodeTcpOptions(list)),
);
const ipv4Options = arbitraryOptions<Ipv4Option>(ipv4Values, IPV4_OPTIONS).filter((list) =>
	fits(() => encodeIpv4Options(list)),
);
const ipv4Fields = fc.record({
	tos: uint(8),
	identification: uint(16),
	dontFragment: fc.boolean(),
	moreFragments: fc.boolean(),
	fragmentOffset: uint(13).map((units) => units * 8),
	ttl: uint(8),
	protocol: uint(8),
	source: address4,
	destination: address4,
	options: ipv4Options.map(encodeIpv4Options),
});

const extensionHeader = fc
	.record({ type: fc.constantFrom(...IPV6_EXTENSION_TYPES), units: fc.integer({ min: 0, max: 2 }) })
	.chain(({ type, units }) => {
		const length = type === 44 ? 8 : type === 51 ? (units + 2) * 4 : (units + 1) * 8;
		return bytes(length, length).map((value) => {
			value[1] = units;
			if (type === 44) value.set([0, 1], 2);
			return { type, bytes: length < 8 ? new Uint8Array(8) : value };
		});
	});

const ipv6Fields = fc.record({
	trafficClass: uint(8),
	flowLabel: uint(20),
	protocol: uint(8).filter((protocol) => !IPV6_EXTENSION_TYPES.includes(protocol)),
	hopLimit: uint(8),
	source: address6,
	destination: address6,
	extensionHeaders: fc.array(extensionHeader, { maxLength: 3 }),
});

const tcpFields = family.chain((version) =>
	addressPair(version).chain((addresses) =>
		fc.record({
			family: fc.constant(version),
			source: fc.constant(addresses.source),
			destination: fc.constant(addresses.destination),
			sourcePort: uint(16),
			destinationPort: uint(16),
			sequence: uint(32),
			acknowledgment: uint(32),
			flags: uint(12),
			window: uint(16),
			urgentPointer: uint(16),
			options: tcpOptions,
		}),
	),
);

const udpFields = family.chain((version) =>
	addressPair(version).chain((addresses) =>
		fc.record({
			family: fc.constant(version),
			source: fc.constant(addresses.source),
			destination: fc.constant(addresses.destination),
			sourcePort: uint(16),
			destinationPort: uint(16),
		}),
	),
);

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
];

codecLaws(CODECS);

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
