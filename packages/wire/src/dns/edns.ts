import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type ItemOf, type ItemRow, itemCodec, TYPE_LENGTH_16 } from "../item-list.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { DNS_TYPES } from "./types.ts";

function bytesOption(type: number, meaning: string): ItemRow<Uint8Array> {
	return { type, meaning, decode: (bytes) => bytes, encode: (value) => value };
}

/** RFC 8914 §2: why a resolver answered as it did. */
const EXTENDED_ERROR: ItemRow<{ readonly infoCode: number; readonly text: string }> = {
	type: 15,
	meaning: "Extended DNS Error",
	decode(bytes) {
		if (bytes.length < 2) return null;
		const reader = new ByteReader(bytes);
		return { infoCode: reader.uint16(), text: decodeUtf8(reader.rest()) };
	},
	encode: ({ infoCode, text }) => concatBytes([encodeUint("info code", infoCode, 2), encodeUtf8(text)]),
};

/** EDNS options (IANA DNS EDNS0 Option Codes) that answers show; others stay bytes. */
export const EDNS_OPTIONS = {
	/** RFC 5001: the server's name for itself. */
	nsid: bytesOption(3, "NSID"),
	/** RFC 7871. */
	clientSubnet: bytesOption(8, "edns-client-subnet"),
	/** RFC 7873. */
	cookie: bytesOption(10, "COOKIE"),
	/** RFC 7830. */
	padding: bytesOption(12, "Padding"),
	extendedError: EXTENDED_ERROR,
} as const;

/** One EDNS option as a value; its type follows from its row. */
export type EdnsOption = ItemOf<typeof EDNS_OPTIONS>;

const CODEC = itemCodec(EDNS_OPTIONS, TYPE_LENGTH_16);

/**
 * The OPT pseudo-record (RFC 6891 §6.1.2), which uses a record's fields for other ends:
 *
 *     +------+----------+-------------+-------------------------------------+--------+---------
 *     | root | type, 41 | class: UDP  | TTL: upper bits of | version | flags | length | options
 *     |      |          | payload size| rcode (8)          | (8)     | (16)  | (16)   |
 *     +------+----------+-------------+-------------------------------------+--------+---------
 */
export interface DnsEdns {
	/** How large an answer the sender takes, in bytes. */
	readonly udpPayloadSize: number;
	readonly version: number;
	/** The DO bit: send DNSSEC records (RFC 3225). */
	readonly dnssecOk: boolean;
	readonly options: readonly EdnsOption[];
}

const DNSSEC_OK = 0x8000;

/** EDNS out of the fields of an OPT record, and the upper 8 bits of the response code. */
export function decodeEdns(
	udpPayloadSize: number,
	ttl: number,
	data: Uint8Array,
): { readonly edns: DnsEdns; readonly upperRcode: number } {
	return {
		edns: {
			udpPayloadSize,
			version: (ttl >>> 16) & 0xff,
			dnssecOk: (ttl & DNSSEC_OK) !== 0,
			options: CODEC.decode(data),
		},
		upperRcode: ttl >>> 24,
	};
}

/** The whole OPT record; throws RangeError. */
export function encodeEdns(edns: DnsEdns, upperRcode: number): Uint8Array {
	const data = CODEC.encode(edns.options);
	return concatBytes([
		Uint8Array.of(0),
		encodeUint("type", DNS_TYPES.OPT, 2),
		encodeUint("UDP payload size", edns.udpPayloadSize, 2),
		encodeUint("upper bits of rcode", upperRcode, 1),
		encodeUint("EDNS version", edns.version, 1),
		encodeUint("EDNS flags", edns.dnssecOk ? DNSSEC_OK : 0, 2),
		encodeUint("length of options", data.length, 2),
		data,
	]);
}
