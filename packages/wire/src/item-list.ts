import { ByteReader } from "./byte-reader.ts";
import { concatBytes, encodeUint, roundUp } from "./bytes.ts";

/**
 * Lists of items that carry a type and a length: TLS extensions, QUIC transport parameters, SCTP chunks, parameters and
 * causes, EDNS options. One table row describes one item; an item's TypeScript type follows from its row.
 * (IPv4 and TCP options, which have items without a length, are in `option-list.ts`.)
 */
export interface ItemRow<Value> {
	readonly type: number;
	/** The registry's name. */
	readonly meaning: string;
	/** The value from an item's bytes; null where they do not fit the item. */
	decode(bytes: Uint8Array): Value | null;
	/** An item's bytes; throws RangeError. */
	encode(value: Value): Uint8Array;
}

/** Rows by the name that the item has in our values. */
export type ItemTable = Readonly<Record<string, ItemRow<unknown>>>;

/** What a table's items look like as values; `Extra` is what a head carries besides type and length. */
export type ItemOf<Table extends ItemTable, Extra extends object = object> = Extra &
	(
		| {
				readonly [Name in keyof Table & string]: {
					readonly name: Name;
					readonly type: number;
					readonly value: Table[Name] extends ItemRow<infer Value> ? Value : never;
				};
		  }[keyof Table & string]
		/** A type without a row, or with bytes that do not fit its row. */
		| { readonly name: "unknown"; readonly type: number; readonly value: Uint8Array }
		/** A length beyond the list; the value is everything from the item's head on, and nothing follows. */
		| { readonly name: "malformed"; readonly type: number; readonly value: Uint8Array }
	);

/** What stands before an item's bytes. */
export interface ItemHead {
	readonly type: number;
	/** Of the bytes that follow the head, without padding. */
	readonly length: number;
	/** Merged into the item. */
	readonly extra?: object;
}

/** How a list writes its heads and where it pads. */
export interface ItemFormat {
	readHead(reader: ByteReader): ItemHead;
	/** Throws RangeError. */
	writeHead(item: AnyItem, length: number): Uint8Array;
	/** Items begin at multiples of this. */
	readonly alignment: 1 | 4;
	/** Whether padding follows the last item too. */
	readonly padLast: boolean;
}

/** An item whose name and value are not checked by the compiler. */
export interface AnyItem {
	readonly name: string;
	readonly type: number;
	readonly value: unknown;
}

/** Decoder and encoder of one table. */
export interface ItemCodec<Item> {
	/** Every item up to the end of the bytes; never throws and always ends. */
	readonly decode: (bytes: Uint8Array) => readonly Item[];
	/** Throws RangeError. */
	readonly encode: (items: readonly Item[]) => Uint8Array;
}

/** Heads of two 16-bit numbers, type and length of the value, as TLS and EDNS have them. */
export const TYPE_LENGTH_16: ItemFormat = {
	readHead: (reader) => ({ type: reader.uint16(), length: reader.uint16() }),
	writeHead: (item, length) =>
		concatBytes([encodeUint("item type", item.type, 2), encodeUint("item length", length, 2)]),
	alignment: 1,
	padLast: false,
};

/** Builds a table's decoder and encoder. */
export function itemCodec<Table extends ItemTable, Extra extends object = object>(
	table: Table,
	format: ItemFormat,
): ItemCodec<ItemOf<Table, Extra>> {
	const byType = new Map<number, readonly [name: string, row: ItemRow<unknown>]>();
	for (const [name, row] of Object.entries(table)) byType.set(row.type, [name, row]);
	return {
		decode: (bytes) => decodeItems(byType, format, bytes) as unknown as ItemOf<Table, Extra>[],
		encode: (items) => encodeItems(table, format, items),
	};
}

function decodeItems(
	byType: ReadonlyMap<number, readonly [string, ItemRow<unknown>]>,
	format: ItemFormat,
	bytes: Uint8Array,
): readonly AnyItem[] {
	const items: AnyItem[] = [];
	const reader = new ByteReader(bytes);
	while (reader.remaining > 0) {
		const start = reader.offset;
		const { type, length, extra } = format.readHead(reader);
		if (reader.error !== null || length < 0 || length > reader.remaining) {
			items.push({ name: "malformed", type, ...extra, value: bytes.subarray(start) });
			break;
		}
		items.push({ ...decodeItem(byType.get(type), type, reader.bytes(length)), ...extra });
		reader.bytes(Math.min(roundUp(reader.offset, format.alignment) - reader.offset, reader.remaining));
	}
	return items;
}

function decodeItem(found: readonly [string, ItemRow<unknown>] | undefined, type: number, bytes: Uint8Array): AnyItem {
	const value = found?.[1].decode(bytes) ?? null;
	return found === undefined || value === null
		? { name: "unknown", type, value: bytes }
		: { name: found[0], type, value };
}

function encodeItems(table: ItemTable, format: ItemFormat, items: readonly AnyItem[]): Uint8Array {
	const parts: Uint8Array[] = [];
	for (const [index, item] of items.entries()) {
		const part = encodeItem(table, format, item);
		parts.push(part);
		const padding = roundUp(part.length, format.alignment) - part.length;
		const last = index === items.length - 1;
		if (padding > 0 && item.name !== "malformed" && (!last || format.padLast)) parts.push(new Uint8Array(padding));
	}
	return concatBytes(parts);
}

function encodeItem(table: ItemTable, format: ItemFormat, item: AnyItem): Uint8Array {
	if (item.name === "malformed") return requireBytes(item);
	const row = table[item.name];
	if (row === undefined && item.name !== "unknown") throw new RangeError(`no such item: ${item.name}`);
	const value = row === undefined ? requireBytes(item) : row.encode(item.value);
	return concatBytes([format.writeHead(row === undefined ? item : { ...item, type: row.type }, value.length), value]);
}

function requireBytes(item: AnyItem): Uint8Array {
	if (!(item.value instanceof Uint8Array)) throw new RangeError(`item ${item.name} needs bytes`);
	return item.value;
}
