/** Arbitrary values for the laws: what every codec of this package may be told, generated from its tables. */
import fc from "fast-check";
import { errorLayout } from "../src/icmp/layout.ts";
import {
	type EXTENSION_OBJECTS,
	encodeIpv4Options,
	encodeTcpOptions,
	formatAddress,
	type IcmpExtension,
	type IcmpExtensionFields,
	IPV4_OPTIONS,
	IPV6_EXTENSION_TYPES,
	type Ipv4Option,
	icmpExtension,
	TCP_OPTIONS,
	type TcpOption,
} from "../src/index.ts";

export const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
/** Every length as likely as any other: the default would hardly leave the short ones. */
export const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: "max" });
const address4 = bytes(4, 4).map(formatAddress);
const address6 = bytes(16, 16).map(formatAddress);
export const family = fc.constantFrom<4 | 6>(4, 6);
export const addressPair = (version: 4 | 6) => {
	const address = version === 4 ? address4 : address6;
	return fc.record({ source: address, destination: address });
};
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

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

const anyAddress = fc.oneof(address4, address6);
const name = fc.stringMatching(/^[a-zA-Z0-9 ./:é-]{1,30}$/);
type FieldsOf<Kind> = Omit<Extract<IcmpExtensionFields, { readonly kind: Kind }>, "kind">;
const objectFields: { readonly [K in keyof typeof EXTENSION_OBJECTS]: fc.Arbitrary<FieldsOf<K>> } = {
	mpls: fc.record({
		labels: fc.array(fc.record({ label: uint(20), trafficClass: uint(3), bottom: fc.boolean(), ttl: uint(8) }), {
			minLength: 1,
			maxLength: 5,
		}),
	}),
	interface: fc.record({
		role: fc.constantFrom("incoming" as const, "subIp" as const, "outgoing" as const, "nextHop" as const),
		index: nullable(uint(32)),
		address: nullable(anyAddress),
		name: nullable(name),
		mtu: nullable(uint(32)),
	}),
	interfaceIdentification: fc.oneof(
		name.map((value) => ({ name: value, index: null, address: null })),
		uint(32).map((value) => ({ name: null, index: value, address: null })),
		anyAddress.map((value) => ({ name: null, index: null, address: value })),
	),
	extendedInformation: fc.record({ pointer: uint(32) }),
	node: fc.record({ address: nullable(anyAddress), name: nullable(name) }),
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
export const tcpOptions = arbitraryOptions<TcpOption>(tcpValues, TCP_OPTIONS).filter((list) =>
	fits(() => encodeTcpOptions(list)),
);
export const ipv4Options = arbitraryOptions<Ipv4Option>(ipv4Values, IPV4_OPTIONS).filter((list) =>
	fits(() => encodeIpv4Options(list)),
);
const extension: fc.Arbitrary<IcmpExtension> = fc.oneof(
	...Object.entries(objectFields).map(([kind, fields]) =>
		(fields as fc.Arbitrary<object>).map((value) => icmpExtension({ kind, ...value } as IcmpExtensionFields)),
	),
	fc
		.record({ class: fc.integer({ min: 6, max: 255 }), type: uint(8), words: fc.integer({ min: 0, max: 8 }) })
		.chain(({ words, ...object }) =>
			bytes(words * 4, words * 4).map((value) => ({ kind: "unknown" as const, ...object, bytes: value })),
		),
);
export const extensions = fc.array(extension, { maxLength: 4 });

export const ipv4Fields = fc.record({
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

export const ipv6Fields = fc.record({
	trafficClass: uint(8),
	flowLabel: uint(20),
	protocol: uint(8).filter((protocol) => !IPV6_EXTENSION_TYPES.includes(protocol)),
	hopLimit: uint(8),
	source: address6,
	destination: address6,
	extensionHeaders: fc.array(extensionHeader, { maxLength: 3 }),
});

export const tcpFields = family.chain((version) =>
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

export const udpFields = family.chain((version) =>
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

const ERROR_TYPES = { 4: [3, 4, 5, 11, 12], 6: [1, 2, 3, 4] } as const;

export const icmpError = family.chain((version) =>
	fc
		.record({ type: fc.constantFrom(...ERROR_TYPES[version]), code: uint(4), addresses: addressPair(6) })
		.chain(({ type, code, addresses }) => {
			const layout = errorLayout(version, type)!;
			const withMtu = layout.mtu !== null && (layout.mtu.code === null || layout.mtu.code === code);
			return fc.record({
				family: fc.constant(version),
				type: fc.constant<number>(type),
				code: fc.constant(code),
				source: fc.constant(addresses.source),
				destination: fc.constant(addresses.destination),
				quoted: bytes(0, 160),
				...(withMtu ? { mtu: uint(layout.mtu?.bits ?? 0) } : {}),
				...(layout.pointer === null ? {} : { pointer: uint(layout.pointer.bits) }),
				...(layout.gateway ? { gateway: address4 } : {}),
				...(layout.length === null ? {} : { extensions, compliant: fc.boolean() }),
			});
		}),
);
