import { concatBytes, requireRange, roundUp } from "./bytes.ts";

/**
 * Option lists as IPv4 (RFC 791 §3.1) and TCP (RFC 9293 §3.1) have them. Kind 0 ends the list and kind 1 does nothing,
 * each in one byte; every other option is
 *
 *     +--------+--------+------------------
 *     | kind   | length | value, length - 2
 *     +--------+--------+------------------
 *
 * One table row describes one option; an option's TypeScript type follows from its row.
 */
export interface OptionRow<Value> {
	readonly kind: number;
	/** The registry's name. */
	readonly meaning: string;
	/** The value from the bytes after kind and length; null where they do not fit the option. */
	decode(bytes: Uint8Array): Value | null;
	/** The bytes after kind and length; throws RangeError. */
	encode(value: Value): Uint8Array;
}

/** Rows by the name that the option has in our values. */
export type OptionTable = Readonly<Record<string, OptionRow<unknown>>>;

/** What a table's options look like as values, with the three forms that every list has. */
export type OptionOf<Table extends OptionTable> =
	| {
			readonly [Name in keyof Table & string]: {
				readonly name: Name;
				readonly kind: number;
				readonly value: Table[Name] extends OptionRow<infer Value> ? Value : never;
			};
	  }[keyof Table & string]
	/** The end of the list; the value is what follows it, usually zeros. */
	| { readonly name: "endOfList"; readonly kind: 0; readonly value: Uint8Array }
	| { readonly name: "noOperation"; readonly kind: 1; readonly value: null }
	/** A kind without a row, or with bytes that do not fit its row; the bytes after kind and length. */
	| { readonly name: "unknown"; readonly kind: number; readonly value: Uint8Array }
	/** A length below 2 or beyond the list; the value is everything from the kind on, and nothing follows. */
	| { readonly name: "malformed"; readonly kind: number; readonly value: Uint8Array };

/** Decoder and encoder of one table. */
export interface OptionCodec<Option> {
	/** Every option up to the end of the list; never throws and always ends, whatever the lengths say. */
	readonly decode: (bytes: Uint8Array) => readonly Option[];
	/** The list zero padded to a multiple of 4, at most 40 bytes; throws RangeError. */
	readonly encode: (options: readonly Option[]) => Uint8Array;
}

const END_OF_LIST = 0;
const NO_OPERATION = 1;
/** Both headers count their length in 4 bits of 32-bit words, 5 of which are taken. */
const MAXIMUM_LIST = 40;

interface AnyOption {
	readonly name: string;
	readonly kind: number;
	readonly value: unknown;
}

/** Builds a table's decoder and encoder. */
export function optionCodec<Table extends OptionTable>(table: Table): OptionCodec<OptionOf<Table>> {
	const byKind = new Map<number, readonly [name: string, row: OptionRow<unknown>]>();
	for (const [name, row] of Object.entries(table)) byKind.set(row.kind, [name, row]);
	return {
		decode: (bytes) => decodeList(byKind, bytes) as OptionOf<Table>[],
		encode: (options) => encodeList(table, options),
	};
}

function decodeList(
	byKind: ReadonlyMap<number, readonly [string, OptionRow<unknown>]>,
	bytes: Uint8Array,
): readonly AnyOption[] {
	const options: AnyOption[] = [];
	let offset = 0;
	while (offset < bytes.length) {
		const kind = bytes[offset] ?? 0;
		if (kind === END_OF_LIST) {
			options.push({ name: "endOfList", kind, value: bytes.subarray(offset + 1) });
			break;
		}
		if (kind === NO_OPERATION) {
			options.push({ name: "noOperation", kind, value: null });
			offset += 1;
			continue;
		}
		const length = bytes[offset + 1] ?? 0;
		if (length < 2 || offset + length > bytes.length) {
			options.push({ name: "malformed", kind, value: bytes.subarray(offset) });
			break;
		}
		options.push(decodeOption(byKind.get(kind), kind, bytes.subarray(offset + 2, offset + length)));
		offset += length;
	}
	return options;
}

function decodeOption(
	found: readonly [string, OptionRow<unknown>] | undefined,
	kind: number,
	bytes: Uint8Array,
): AnyOption {
	const value = found?.[1].decode(bytes) ?? null;
	return found === undefined || value === null
		? { name: "unknown", kind, value: bytes }
		: { name: found[0], kind, value };
}

function encodeList(table: OptionTable, options: readonly AnyOption[]): Uint8Array {
	const joined = concatBytes(options.map((option) => encodeOption(table, option)));
	if (joined.length > MAXIMUM_LIST)
		throw new RangeError(`options take ${joined.length} bytes, the header has room for 40`);
	const padded = new Uint8Array(roundUp(joined.length, 4));
	padded.set(joined);
	return padded;
}

function encodeOption(table: OptionTable, option: AnyOption): Uint8Array {
	if (option.name === "noOperation") return Uint8Array.of(NO_OPERATION);
	if (option.name === "endOfList") return concatBytes([Uint8Array.of(END_OF_LIST), requireBytes(option)]);
	if (option.name === "malformed") return requireBytes(option);
	const row = table[option.name];
	if (row === undefined && option.name !== "unknown") throw new RangeError(`no such option: ${option.name}`);
	const kind = row?.kind ?? option.kind;
	requireRange("option kind", kind, 0xff);
	if (kind === END_OF_LIST || kind === NO_OPERATION) throw new RangeError("kinds 0 and 1 have no length");
	const value = row === undefined ? requireBytes(option) : row.encode(option.value);
	return concatBytes([Uint8Array.of(kind, value.length + 2), value]);
}

function requireBytes(option: AnyOption): Uint8Array {
	if (!(option.value instanceof Uint8Array)) throw new RangeError(`option ${option.name} needs bytes`);
	return option.value;
}
