import { formatIpv4, formatIpv6, requireAddress } from "../address.ts";
import { formatBase64 } from "../base-n.ts";
import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type ItemOf, type ItemRow, itemCodec, TYPE_LENGTH_16 } from "../item-list.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { DnsField } from "./fields.ts";
import { ESCAPED_IN_QUOTES, formatByte } from "./name.ts";

function listParameter<Item>(
	type: number,
	meaning: string,
	read: (reader: ByteReader) => Item,
	write: (item: Item) => Uint8Array,
): ItemRow<readonly Item[]> {
	return {
		type,
		meaning,
		decode(bytes) {
			const reader = new ByteReader(bytes);
			const items: Item[] = [];
			while (reader.remaining > 0 && reader.error === null) items.push(read(reader));
			return reader.error === null ? items : null;
		},
		encode: (items) => concatBytes(items.map(write)),
	};
}

function addressesParameter(type: number, meaning: string, family: 4 | 6): ItemRow<readonly string[]> {
	const length = family === 4 ? 4 : 16;
	return {
		type,
		meaning,
		decode(bytes) {
			if (bytes.length % length !== 0) return null;
			const addresses: string[] = [];
			for (let offset = 0; offset < bytes.length; offset += length)
				addresses.push(family === 4 ? formatIpv4(bytes, offset) : formatIpv6(bytes, offset));
			return addresses;
		},
		encode: (addresses) => concatBytes(addresses.map((address) => requireAddress(address, family))),
	};
}

const UINT16_LIST = [(reader: ByteReader) => reader.uint16(), (value: number) => encodeUint("key", value, 2)] as const;

/** Service parameters (RFC 9460 §14.3.2; IANA DNS SVCB Service Parameter Keys). */
export const DNS_SERVICE_PARAMETERS = {
	mandatory: listParameter(0, "mandatory", ...UINT16_LIST),
	alpn: listParameter(
		1,
		"alpn",
		(reader) => decodeUtf8(reader.bytes(reader.uint8())),
		(name: string) => {
			const bytes = encodeUtf8(name);
			return concatBytes([encodeUint("length of alpn", bytes.length, 1), bytes]);
		},
	),
	noDefaultAlpn: {
		type: 2,
		meaning: "no-default-alpn",
		decode: (bytes) => (bytes.length === 0 ? true : null),
		encode: () => new Uint8Array(0),
	} satisfies ItemRow<true>,
	port: {
		type: 3,
		meaning: "port",
		decode: (bytes) => (bytes.length === 2 ? new ByteReader(bytes).uint16() : null),
		encode: (port) => encodeUint("port", port, 2),
	} satisfies ItemRow<number>,
	ipv4hint: addressesParameter(4, "ipv4hint", 4),
	ech: { type: 5, meaning: "ech", decode: (bytes) => bytes, encode: (bytes) => bytes } satisfies ItemRow<Uint8Array>,
	ipv6hint: addressesParameter(6, "ipv6hint", 6),
} as const;

/** One service parameter as a value; its type follows from its row. */
export type DnsServiceParameter = ItemOf<typeof DNS_SERVICE_PARAMETERS>;

const CODEC = itemCodec(DNS_SERVICE_PARAMETERS, TYPE_LENGTH_16);

/** Parameters to the end of the data; a list that breaks off is an error of the reader. */
export const SERVICE_PARAMETERS: DnsField<readonly DnsServiceParameter[]> = {
	read(reader) {
		const start = reader.offset;
		const items = CODEC.decode(reader.rest());
		if (items.at(-1)?.name === "malformed") reader.fail("badLength", start, 0, 0);
		return items;
	},
	write: (items) => CODEC.encode(items),
	format: (items) => items.map(formatParameter).join(" "),
};

/** RFC 9460 §2.1, Appendix A. */
function formatParameter(item: DnsServiceParameter): string {
	switch (item.name) {
		case "mandatory":
			return `mandatory=${item.value.map(keyName).join(",")}`;
		case "alpn":
			return `alpn="${item.value.map(escapeListItem).join(",")}"`;
		case "noDefaultAlpn":
			return "no-default-alpn";
		case "port":
			return `port=${item.value}`;
		case "ipv4hint":
		case "ipv6hint":
			return `${item.name}=${item.value.join(",")}`;
		case "ech":
			return `ech="${formatBase64(item.value)}"`;
		default:
			return `key${item.type}="${[...item.value].map((byte) => formatByte(byte, ESCAPED_IN_QUOTES)).join("")}"`;
	}
}

function keyName(key: number): string {
	return Object.values(DNS_SERVICE_PARAMETERS).find((row) => row.type === key)?.meaning ?? `key${key}`;
}

/** A comma within an item is escaped once for the list, and its backslash once more for the string (RFC 9460 §A.1). */
function escapeListItem(text: string): string {
	const inList = text.replace(/[\\,]/g, "\\$&");
	return [...encodeUtf8(inList)].map((byte) => formatByte(byte, ESCAPED_IN_QUOTES)).join("");
}
