/** Laws for SCTP, DCCP, UDP-Lite and pcapng, generated from their tables. */
import fc from "fast-check";
import { address4, address6, addressPair, bytes, family, uint } from "./arbitraries.fixture.ts";
import {
	DCCP_TYPES,
	decodeDccp,
	decodePcapng,
	decodeSctp,
	decodeUdpLite,
	encodeDccp,
	encodePcapngInterface,
	encodePcapngPacket,
	encodePcapngSection,
	encodeSctp,
	encodeUdpLite,
	SCTP_CAUSES,
	SCTP_CHUNKS,
	SCTP_PARAMETERS,
	type SctpCause,
	type SctpChunk,
	type SctpParameter,
} from "./index.ts";
import { codecLaws, row } from "./laws.fixture.ts";

type ValueOf<Item, Name> = Extract<Item, { readonly name: Name }> extends { readonly value: infer V } ? V : never;

function anyItem<Item>(
	table: Readonly<Record<string, { readonly type: number }>>,
	values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Item> {
	const rows = Object.entries(values).map(([name, value]) =>
		value.map((v) => ({ name, type: table[name]!.type, value: v })),
	);
	return fc.oneof(...rows) as unknown as fc.Arbitrary<Item>;
}

const some = bytes(0, 13);
const yes = fc.constant(true as const);
const parameterValues: { readonly [N in keyof typeof SCTP_PARAMETERS]: fc.Arbitrary<ValueOf<SctpParameter, N>> } = {
	ipv4Address: address4,
	ipv6Address: address6,
	stateCookie: some,
	unrecognized: some,
	cookiePreservative: some,
	supportedAddressTypes: fc.array(uint(16), { maxLength: 3 }),
	forwardTsnSupported: yes,
};
const causeValues: { readonly [N in keyof typeof SCTP_CAUSES]: fc.Arbitrary<ValueOf<SctpCause, N>> } = {
	invalidStreamIdentifier: some,
	missingMandatoryParameter: some,
	staleCookie: some,
	outOfResource: yes,
	unresolvableAddress: some,
	unrecognizedChunkType: some,
	invalidMandatoryParameter: yes,
	unrecognizedParameters: some,
	noUserData: some,
	cookieReceivedWhileShuttingDown: yes,
	restartWithNewAddresses: some,
	userInitiatedAbort: some,
	protocolViolation: some,
};
const causes = fc.array(anyItem<SctpCause>(SCTP_CAUSES, causeValues), { maxLength: 3 });
const init = fc.record({
	initiateTag: uint(32),
	receiverWindow: uint(32),
	outboundStreams: uint(16),
	inboundStreams: uint(16),
	initialTsn: uint(32),
	parameters: fc.array(anyItem<SctpParameter>(SCTP_PARAMETERS, parameterValues), { maxLength: 3 }),
});
const chunkValues: { readonly [N in keyof typeof SCTP_CHUNKS]: fc.Arbitrary<ValueOf<SctpChunk, N>> } = {
	data: some,
	init,
	initAck: init,
	sack: some,
	heartbeat: some,
	heartbeatAck: some,
	abort: causes,
	shutdown: uint(32),
	shutdownAck: yes,
	error: causes,
	cookieEcho: some,
	cookieAck: yes,
	shutdownComplete: yes,
};
const chunk = fc
	.tuple(anyItem<SctpChunk>(SCTP_CHUNKS, chunkValues), uint(8))
	.map(([item, flags]): SctpChunk => ({ ...item, flags }));

const ends = family.chain((version) =>
	fc
		.record({ addresses: addressPair(version), sourcePort: uint(16), destinationPort: uint(16) })
		.map(({ addresses, ...ports }) => ({ family: version, ...addresses, ...ports })),
);

const dccp = fc
	.record({
		ends,
		type: fc.constantFrom(...Object.values(DCCP_TYPES)),
		sequence: uint(48),
		acknowledgment: uint(48),
		serviceCode: uint(32),
		reset: fc.record({ code: uint(8), data: bytes(3, 3) }),
		ccVal: uint(4),
		checksumCoverage: fc.constantFrom(0, 1),
		optionWords: fc.integer({ min: 0, max: 4 }),
		payload: bytes(0, 40),
	})
	.map(({ ends: addresses, optionWords, payload, ...fields }) => {
		const { type } = fields;
		const header = {
			...fields,
			acknowledgment: type === DCCP_TYPES.request || type === DCCP_TYPES.data ? null : fields.acknowledgment,
			serviceCode: type === DCCP_TYPES.request || type === DCCP_TYPES.response ? fields.serviceCode : null,
			reset: type === DCCP_TYPES.reset ? fields.reset : null,
			options: new Uint8Array(optionWords * 4).fill(optionWords),
		};
		return { header, payload, fields: { ...addresses, ...header } };
	});

codecLaws([
	row({
		name: "SCTP",
		sample: fc
			.record({ sourcePort: uint(16), destinationPort: uint(16), verificationTag: uint(32) })
			.chain((header) => fc.array(chunk, { maxLength: 3 }).map((chunks) => ({ header, chunks })))
			.map(({ header, chunks }) => ({
				encoded: encodeSctp(header, chunks),
				expected: { header, chunks, checksumValid: true },
			})),
		decode: decodeSctp,
		again: ({ header, chunks }) => encodeSctp(header, chunks),
		claimedLength: (_, { header, chunks }) => encodeSctp(header, chunks).length,
	}),
	row({
		name: "DCCP",
		sample: dccp.map(({ header, payload, fields }) => ({
			encoded: encodeDccp(fields, payload),
			expected: { header, payload, truncated: false, fields },
		})),
		decode: decodeDccp,
		again: ({ header, payload }, { fields }) => encodeDccp({ ...fields, ...header }, payload),
		claimedLength: (encoded, { payload }) => encoded[4]! * 4 + payload.length,
	}),
	row({
		name: "UDP-Lite",
		sample: fc.tuple(ends, bytes(0, 40), fc.boolean()).map(([fields, payload, whole]) => {
			const coverage = whole ? 0 : 8;
			const { sourcePort, destinationPort } = fields;
			return {
				encoded: encodeUdpLite({ ...fields, coverage }, payload),
				expected: { header: { sourcePort, destinationPort, coverage }, payload, fields },
			};
		}),
		decode: decodeUdpLite,
		again: ({ header, payload }, { fields }) => encodeUdpLite({ ...fields, coverage: header.coverage }, payload),
		claimedLength: (_, { payload }) => 8 + payload.length,
	}),
	row({
		name: "pcapng",
		sample: fc
			.array(
				fc.record({
					packet: bytes(0, 30),
					timestamp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
					comment: fc.option(fc.stringMatching(/^[a-zé ]{0,9}$/), { nil: null }),
				}),
				{ maxLength: 3 },
			)
			.map((packets) => ({
				encoded: encodeFile(packets),
				expected: { error: null, packets },
			})),
		decode(encoded) {
			const { blocks, error } = decodePcapng(encoded);
			return { error: error ?? null, blocks, packets: blocks.filter((block) => block.kind === "packet") };
		},
		again: ({ packets }) => encodeFile(packets),
		claimedLength: (_, { blocks }) => blocks.reduce((sum, block) => sum + block.bytes.length, 0),
	}),
]);

function encodeFile(
	packets: readonly { readonly packet: Uint8Array; readonly timestamp: bigint; readonly comment: string | null }[],
): Uint8Array {
	const blocks = packets.map(({ packet, timestamp, comment }) =>
		encodePcapngPacket({ packet, timestampNs: timestamp, ...(comment === null ? {} : { comment }) }),
	);
	return Uint8Array.from(Buffer.concat([encodePcapngSection(), encodePcapngInterface(), ...blocks]));
}
