/** The laws of every codec: one row a codec, each law run for each row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, uint } from "./arbitraries.fixture.ts";
import { isDecodeError } from "./index.ts";

/** Encoded samples of one codec, and how to read and write them again. */
export interface CodecRow {
	readonly name: string;
	readonly sample: fc.Arbitrary<{ readonly encoded: Uint8Array; readonly expected: object }>;
	readonly decode: (bytes: Uint8Array) => unknown;
	/** Encodes what was decoded from a sample. */
	readonly again: (decoded: never, expected: never) => Uint8Array;
	/** The length that the encoded bytes claim for themselves. */
	readonly claimedLength: (encoded: Uint8Array, decoded: never) => number;
}

/** A row whose parts fit each other. */
export function row<Expected extends object, Decoded>(spec: {
	readonly name: string;
	readonly sample: fc.Arbitrary<{ readonly encoded: Uint8Array; readonly expected: Expected }>;
	readonly decode: (bytes: Uint8Array) => Decoded;
	readonly again: (decoded: Exclude<Decoded, { readonly error: string }>, expected: Expected) => Uint8Array;
	readonly claimedLength: (encoded: Uint8Array, decoded: Exclude<Decoded, { readonly error: string }>) => number;
}): CodecRow {
	return spec;
}

/** Runs every law for every row. */
export function codecLaws(codecs: readonly CodecRow[]): void {
	describe.each(codecs)("$name", ({ sample, decode, again, claimedLength }) => {
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
						for (const value of [0, 1, 0x7f, 0x80, 0xff, other, (encoded[offset] ?? 0) ^ 1]) {
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
}

/** A decoder answers with a value or an error that has its figures. */
function answers(decoded: unknown): void {
	if (typeof decoded !== "object" || decoded === null) throw new Error(`neither value nor error: ${String(decoded)}`);
	if (isDecodeError(decoded) && !(decoded.need >= 0 && decoded.have >= 0)) throw new Error("an error without figures");
}
