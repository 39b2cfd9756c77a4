/** Laws for STUN messages, generated from the attribute table. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address4, address6, bytes, uint } from "../arbitraries.fixture.ts";
import {
	decodeChannelData,
	decodeStun,
	decodeStunFrame,
	encodeChannelData,
	encodeStun,
	isDecodeError,
	STUN_ATTRIBUTES,
	STUN_METHODS,
	type StunAttribute,
	type StunAttributeName,
	type StunAttributeValue,
	type StunItem,
	type StunMessage,
	type StunMethod,
} from "../index.ts";
import { codecLaws, row } from "../laws.fixture.ts";

const address = fc.record({ address: fc.oneof(address4, address6), port: uint(16) });
const text = fc.stringMatching(/^[a-zA-Z0-9 ./:é界-]{0,40}$/);
const yes = fc.constant(true as const);
const anyBytes = bytes(0, 40);
const family = fc.constantFrom<4 | 6>(4, 6);
const code = fc.record({ hundreds: fc.integer({ min: 1, max: 6 }), number: fc.integer({ min: 0, max: 99 }) });
const errorCode = fc.record({
	code: code.map(({ hundreds, number }) => 100 * hundreds + number),
	reason: text.map((t) => t.trimEnd()),
});
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const algorithm = fc.record({
	algorithm: fc.constantFrom<"md5" | "sha256" | number>("md5", "sha256", 3, 0xffff),
	parameters: bytes(0, 9),
});
const status = fc.record({ congested: fc.boolean(), nodeCount: uint(8), upKbps: uint(16), downKbps: uint(16) });
const streamType = {
	audio: fc.boolean(),
	video: fc.boolean(),
	data: fc.boolean(),
	other: fc.boolean(),
	interactivity: uint(8),
};
const usage = { averageKbps: uint(16), maximumKbps: uint(16) };
const priority = { priority: uint(8), delaySensitive: fc.boolean(), streamIndex: uint(16), sessionId: uint(32) };

/** One arbitrary a row: a row added to the table without one does not compile. */
const values: { readonly [Name in StunAttributeName]: fc.Arbitrary<StunAttributeValue<Name>> } = {
	mappedAddress: address,
	responseAddress: address,
	sourceAddress: address,
	changedAddress: address,
	username: text,
	password: text,
	messageIntegrity: bytes(20, 20),
	errorCode,
	unknownAttributes: fc.array(uint(16), { maxLength: 6 }),
	reflectedFrom: address,
	realm: text,
	nonce: text,
	messageIntegritySha256: fc.integer({ min: 4, max: 8 }).chain((words) => bytes(4 * words, 4 * words)),
	passwordAlgorithm: algorithm,
	userHash: bytes(32, 32),
	xorMappedAddress: address,
	passwordAlgorithms: fc.array(algorithm, { maxLength: 4 }),
	alternateDomain: text,
	software: text,
	alternateServer: address,
	fingerprint: uint(32),
	transportPreferences: fc.oneof(
		fc.record({ port: fc.constantFrom<"any" | "odd" | "even">("any", "odd", "even"), next: fc.boolean() }),
		address.map((at) => ({ port: "preallocated" as const, at })).filter(({ at }) => !at.address.includes(":")),
	),
	magicCookie: uint(32),
	bandwidth: uint(32),
	moreAvailable: address,
	earlyAlternateServer: address,
	channelNumber: uint(16),
	lifetime: uint(32),
	xorPeerAddress: address,
	data: anyBytes,
	xorRelayedAddress: address,
	requestedAddressFamily: family,
	evenPort: fc.boolean(),
	requestedTransport: uint(8),
	dontFragment: yes,
	accessToken: anyBytes,
	reservationToken: bytes(8, 8),
	connectionId: uint(32),
	additionalAddressFamily: family,
	draftAdditionalAddressFamily: family,
	addressErrorCode: fc.tuple(family, errorCode).map(([which, error]) => ({ family: which, ...error })),
	icmp: fc.record({ type: uint(7), code: uint(9), data: uint(32) }),
	thirdPartyAuthorization: text,
	mobilityTicket: anyBytes,
	changeRequest: fc.record({ ip: fc.boolean(), port: fc.boolean() }),
	padding: anyBytes,
	responsePort: uint(16),
	transactionTransmitCounter: fc.record({ request: uint(8), response: uint(8) }),
	cacheTimeout: uint(32),
	responseOrigin: address,
	otherAddress: address,
	ecnCheck: fc.record({ ecn: uint(2), valid: fc.boolean() }),
	pathNodeProbe: fc.record({ hop: uint(8) }),
	probePadding: anyBytes,
	streamType: fc.record(streamType),
	networkStatus: status,
	bandwidthUsage: fc.record(usage),
	streamPriority: fc.record(priority),
	subStreamType: fc.record({ ...streamType, transportId: uint64 }),
	subBandwidthUsage: fc.record({ ...usage, transportId: uint64 }),
	subStreamPriority: fc.record({ ...priority, transportId: uint64 }),
	enfFlowDescription: fc.record({ streamType: uint(4), maximumKbps: uint(16) }),
	enfNetworkStatus: status,
	priority: uint(32),
	useCandidate: yes,
	iceControlled: uint64,
	iceControlling: uint64,
	origin: text,
	ciscoStunFlowdata: anyBytes,
	nomination: uint(32),
	googNetworkInfo: fc.record({ networkId: uint(16), networkCost: uint(16) }),
	googLastIceCheckReceived: anyBytes,
	googMiscInfo: fc.array(uint(16), { maxLength: 6 }),
	googObsolete1: anyBytes,
	googConnectionId: anyBytes,
	googDelta: anyBytes,
	googDeltaAck: anyBytes,
	googMessageIntegrity32: bytes(4, 4),
	dtlsInStun: anyBytes,
	dtlsInStunAcknowledgement: anyBytes,
	retransmitCount: uint(32),
};

const NAMES = Object.keys(values) as StunAttributeName[];
const isClassicAlone = (name: StunAttributeName) => STUN_ATTRIBUTES[name].classicAlone === true;
const itemOf = (name: StunAttributeName) =>
	(values[name] as fc.Arbitrary<unknown>).map((value) => ({ name, value }) as StunItem);
/** Types that no row has. */
const unknownItem = fc
	.record({ type: fc.constantFrom(0x0f00, 0x7fff, 0x8f00, 0xfffe), value: anyBytes })
	.map((item) => ({ name: "unknown" as const, ...item }));
const anyItem = fc.oneof(
	unknownItem,
	...NAMES.filter((name) => name !== "fingerprint" && !isClassicAlone(name)).map(itemOf),
);

const head = {
	class: fc.constantFrom<StunMessage["class"]>("request", "indication", "success", "error"),
	method: fc.constantFrom<StunMethod | number>(...(Object.keys(STUN_METHODS) as StunMethod[]), 0x07f, 0xfff),
};

function again(message: StunMessage): Uint8Array {
	const attributes = message.attributes.map(({ name, type, value }) =>
		name === "unknown" ? { name, type, value } : { name, value },
	) as StunItem[];
	const { class: messageClass, method, transactionId } = message;
	return encodeStun({ class: messageClass, method, transactionId, attributes });
}

const ids = bytes(12, 12);
const classicIds = bytes(16, 16).filter(([first]) => first !== 0x21);
/** What fits RFC 3489, which pads nothing. */
const CLASSIC_NAMES = [
	"responseAddress",
	"changeRequest",
	"sourceAddress",
	"changedAddress",
	"errorCode",
	"reflectedFrom",
	"messageIntegrity",
	"mappedAddress",
	"lifetime",
	"transportPreferences",
	"magicCookie",
	"bandwidth",
	"moreAvailable",
	"earlyAlternateServer",
] as const satisfies readonly StunAttributeName[];
const classicItem = fc.oneof(
	...CLASSIC_NAMES.map(itemOf),
	fc
		.array(uint(16), { maxLength: 3 })
		.map((types) => ({ name: "unknownAttributes" as const, value: [...types, ...types] })),
	bytes(0, 5).map((value) => ({ name: "unknown" as const, type: 0x7f00, value: new Uint8Array(4 * value.length) })),
);

function messageRow(name: string, id: fc.Arbitrary<Uint8Array>, items: fc.Arbitrary<StunItem[]>) {
	return row({
		name,
		sample: fc.record({ ...head, transactionId: id, attributes: items }).map((fields) => ({
			encoded: encodeStun(fields),
			expected: {
				class: fields.class,
				method: fields.method,
				transactionId: fields.transactionId,
				classic: fields.transactionId.length === 16,
				attributes: fields.attributes.map((item) => ({ ...item })),
			},
		})),
		decode: decodeStun,
		again: (message) => again(message as StunMessage),
		claimedLength: (encoded) => 20 + (encoded[2]! << 8) + encoded[3]!,
	});
}

codecLaws([
	messageRow("STUN", ids, fc.array(anyItem, { maxLength: 8 })),
	messageRow("classic STUN", classicIds, fc.array(classicItem, { maxLength: 6 })),
	row({
		name: "channel data",
		sample: fc
			.record({ channel: fc.integer({ min: 0x4000, max: 0x4fff }), data: anyBytes })
			.map((expected) => ({ encoded: encodeChannelData(expected, "stream"), expected })),
		decode: decodeChannelData,
		again: (decoded) => encodeChannelData(decoded as never, "stream"),
		claimedLength: (encoded) => {
			const frame = decodeStunFrame(encoded);
			return isDecodeError(frame) ? -1 : frame.length;
		},
	}),
]);

describe.each(NAMES)("%s", (name) => {
	const classic = isClassicAlone(name);
	const write = (item: StunItem, id = new Uint8Array(classic ? 16 : 12)) =>
		encodeStun({ class: "request", method: "binding", transactionId: id, attributes: [item] });
	const first = (encoded: Uint8Array): StunAttribute => (decodeStun(encoded) as StunMessage).attributes[0]!;

	test("comes back as it was written", () => {
		fc.assert(
			fc.property(itemOf(name), classic ? classicIds : ids, (item, id) => {
				expect(first(write(item, id))).toEqual({ ...item, type: STUN_ATTRIBUTES[name].type, protected: false });
			}),
			{ numRuns: 100 },
		);
	});

	test("with bytes of any length is read or kept as bytes", () => {
		const { type } = STUN_ATTRIBUTES[name];
		fc.assert(
			fc.property(bytes(0, 40), (any) => {
				const value = classic ? any.subarray(any.length % 4) : any;
				const read = first(write({ name: "unknown", type, value }));
				expect(read.type).toBe(type);
				if (read.name === "unknown") expect(read.value).toEqual(value);
				else expect(() => write(read as StunItem)).not.toThrow();
			}),
			{ numRuns: 200 },
		);
	});
});

test("the row of each type that two share is told by the length, or by the cookie", () => {
	const types = new Map<number, StunAttributeName[]>();
	for (const name of NAMES) {
		const { type } = STUN_ATTRIBUTES[name];
		types.set(type, [...(types.get(type) ?? []), name]);
	}
	expect([...types.values()].filter((names) => names.length > 1)).toEqual([
		["transportPreferences", "channelNumber"],
		["enfFlowDescription", "nomination"],
	]);
});
