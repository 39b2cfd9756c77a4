/** Laws for ICMP errors and their extensions, generated from the object table. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	decodeExtensions,
	decodeIcmp,
	decodeQuoted,
	decodeStun,
	type EXTENSION_OBJECTS,
	encodeExtensions,
	encodeIcmpError,
	encodeStun,
	formatAddress,
	type IcmpExtension,
	type IcmpExtensionFields,
	icmpExtension,
	isDecodeError,
	type StunMessage,
} from "../index.ts";
import { errorLayout } from "./layout.ts";

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength, size: "max" });
const address4 = bytes(4, 4).map(formatAddress);
const address6 = bytes(16, 16).map(formatAddress);
const family = fc.constantFrom<4 | 6>(4, 6);
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const anyAddress = fc.oneof(address4, address6);
const name = fc.stringMatching(/^[a-zA-Z0-9 ./:é-]{1,30}$/);
/** One arbitrary a row: a row added to the table without one does not compile. */
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
	stun: fc.record({ id: bytes(12, 12), upKbps: uint(16), downKbps: uint(16) }).map(({ id, upKbps, downKbps }) => {
		const value = { congested: false, nodeCount: 1, upKbps, downKbps };
		const encoded = encodeStun({
			class: "success",
			method: "binding",
			transactionId: id,
			attributes: [{ name: "networkStatus", value }],
		});
		return { message: decodeStun(encoded) as StunMessage };
	}),
};

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
const extensions = fc.array(extension, { maxLength: 4 });

const ERROR_TYPES = { 4: [3, 4, 5, 11, 12], 6: [1, 2, 3, 4] } as const;

const icmpError = family.chain((version) =>
	fc
		.record({
			type: fc.constantFrom(...ERROR_TYPES[version]),
			code: uint(4),
			addresses: fc.record({ source: address6, destination: address6 }),
		})
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

function answers(decoded: unknown): void {
	if (typeof decoded !== "object" || decoded === null) throw new Error(`neither value nor error: ${String(decoded)}`);
}

describe("extension structures", () => {
	test("come back object by object, and are encoded again to the same bytes", () => {
		fc.assert(
			fc.property(extensions, (list) => {
				const encoded = encodeExtensions(list);
				const decoded = decodeExtensions(encoded);
				expect(decoded).toEqual({ extensions: list });
				if (!isDecodeError(decoded)) expect(encodeExtensions(decoded.extensions)).toEqual(encoded);
				expect(encoded.length).toBe(list.reduce((sum, object) => sum + 4 + object.bytes.length, 4));
			}),
			{ numRuns: 300 },
		);
	});
	test("follow from the fields of their objects alone", () => {
		fc.assert(
			fc.property(extensions, (list) => {
				const told = list.map(({ bytes: _, ...fields }) => fields as IcmpExtensionFields);
				const known = list.filter((object) => object.kind !== "unknown");
				expect(encodeExtensions(told.filter((fields) => fields.kind in objectFields))).toEqual(encodeExtensions(known));
			}),
		);
	});
	test("without a checksum to guard them give objects or an error for every truncation and single-byte change", () => {
		fc.assert(
			fc.property(extensions, uint(8), (list, other) => {
				const unguarded = encodeExtensions(list);
				unguarded.set([0, 0], 2);
				for (let offset = 0; offset < unguarded.length; offset++) {
					answers(decodeExtensions(unguarded.subarray(0, offset)));
					for (const value of [0, 1, 3, 0x7f, 0xff, other]) {
						const changed = unguarded.slice();
						changed[offset] = value;
						answers(decodeExtensions(changed));
					}
				}
			}),
			{ numRuns: 60 },
		);
	});
	test("of any bytes at all give objects or an error", () => {
		fc.assert(
			fc.property(bytes(0, 120), (rest) => answers(decodeExtensions(Uint8Array.of(0x20, 0, 0, 0, ...rest)))),
			{ numRuns: 500 },
		);
	});
});

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
