import type { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { type ItemOf, type ItemRow, itemCodec, TYPE_LENGTH_16 } from "../item-list.ts";
import {
	decodeQuicTransportParameters,
	encodeQuicTransportParameters,
	type QuicTransportParameter,
} from "../quic/transport-parameters.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { encodeNumbers, encodeVector, readNumbers, readVector, readWhole } from "./vectors.ts";

/** One share of a key exchange (RFC 8446 §4.2.8); X25519's has 32 bytes. */
export interface TlsKeyShare {
	readonly group: number;
	readonly key: Uint8Array;
}

/** An extension that is one vector of numbers, `size` bytes each. */
function numbersExtension(type: number, meaning: string, size: 1 | 2, lengthSize: 1 | 2): ItemRow<readonly number[]> {
	return {
		type,
		meaning,
		decode: (bytes) => readWhole(bytes, (reader) => readNumbers(reader, size, lengthSize)),
		encode: (values) => encodeNumbers(meaning, values, size, lengthSize),
	};
}

/** An extension that is one 16-bit number, as a server selects it. */
function selectionExtension(type: number, meaning: string): ItemRow<number> {
	return {
		type,
		meaning,
		decode: (bytes) => readWhole(bytes, (reader) => reader.uint16()),
		encode: (value) => encodeUint(meaning, value, 2),
	};
}

const HOST_NAME = 0;

/** RFC 6066 §3, for a list of one host name, which is all that anybody sends; others stay bytes. */
const SERVER_NAME: ItemRow<string> = {
	type: 0,
	meaning: "server_name",
	decode: (bytes) => readWhole(bytes, (reader) => readWhole(readVector(reader, 2), readHostName) ?? failed(reader)),
	encode: (name) =>
		encodeVector("names", concatBytes([Uint8Array.of(HOST_NAME), encodeVector("name", encodeUtf8(name), 2)]), 2),
};

function readHostName(reader: ByteReader): string {
	if (reader.uint8() !== HOST_NAME) reader.fail("badValue", 0, HOST_NAME, 1);
	return decodeUtf8(readVector(reader, 2));
}

function failed(reader: ByteReader): string {
	reader.fail("badValue", reader.offset, 0, 0);
	return "";
}

/** RFC 7301 §3.1: names of protocols, such as `h3`. */
const ALPN: ItemRow<readonly string[]> = {
	type: 16,
	meaning: "application_layer_protocol_negotiation",
	decode: (bytes) => readWhole(bytes, (reader) => readAll(reader, (item) => decodeUtf8(readVector(item, 1)))),
	encode: (names) =>
		encodeVector("protocols", concatBytes(names.map((name) => encodeVector("protocol", encodeUtf8(name), 1))), 2),
};

const KEY_SHARES: ItemRow<readonly TlsKeyShare[]> = {
	type: 51,
	meaning: "key_share",
	decode: (bytes) => readWhole(bytes, (reader) => readAll(reader, readKeyShare)),
	encode: (shares) => encodeVector("key shares", concatBytes(shares.map(encodeKeyShare)), 2),
};

/** The server's share; in a HelloRetryRequest only the group that it wants, then without a key (RFC 8446 §4.2.8). */
const SERVER_KEY_SHARE: ItemRow<{ readonly group: number; readonly key: Uint8Array | null }> = {
	type: 51,
	meaning: "key_share",
	decode: (bytes) =>
		readWhole(bytes, (reader) => (bytes.length === 2 ? { group: reader.uint16(), key: null } : readKeyShare(reader))),
	encode: ({ group, key }) => (key === null ? encodeUint("group", group, 2) : encodeKeyShare({ group, key })),
};

/** Everything in one vector with a length of two bytes, item by item. */
function readAll<Item>(reader: ByteReader, readItem: (reader: ByteReader) => Item): readonly Item[] {
	const items = readWhole(readVector(reader, 2), (inner) => {
		const list: Item[] = [];
		while (inner.remaining > 0 && inner.error === null) list.push(readItem(inner));
		return list;
	});
	if (items === null) reader.fail("badLength", reader.offset, 0, 0);
	return items ?? [];
}

function readKeyShare(reader: ByteReader): TlsKeyShare {
	return { group: reader.uint16(), key: readVector(reader, 2) };
}

function encodeKeyShare({ group, key }: TlsKeyShare): Uint8Array {
	return concatBytes([encodeUint("group", group, 2), encodeVector("key", key, 2)]);
}

/** RFC 9001 §8.2. */
const TRANSPORT_PARAMETERS: ItemRow<readonly QuicTransportParameter[]> = {
	type: 57,
	meaning: "quic_transport_parameters",
	decode: decodeQuicTransportParameters,
	encode: encodeQuicTransportParameters,
};

/** The extensions of a ClientHello that we read and write (IANA TLS ExtensionType Values); others stay bytes. */
export const CLIENT_HELLO_EXTENSIONS = {
	serverName: SERVER_NAME,
	supportedGroups: numbersExtension(10, "supported_groups", 2, 2),
	signatureAlgorithms: numbersExtension(13, "signature_algorithms", 2, 2),
	alpn: ALPN,
	supportedVersions: numbersExtension(43, "supported_versions", 2, 1),
	pskKeyExchangeModes: numbersExtension(45, "psk_key_exchange_modes", 1, 1),
	keyShare: KEY_SHARES,
	quicTransportParameters: TRANSPORT_PARAMETERS,
} as const;

/** The extensions of a ServerHello or HelloRetryRequest (RFC 8446 §4.2); others stay bytes. */
export const SERVER_HELLO_EXTENSIONS = {
	preSharedKey: selectionExtension(41, "pre_shared_key"),
	supportedVersions: selectionExtension(43, "supported_versions"),
	keyShare: SERVER_KEY_SHARE,
} as const;

/** One extension as a value; its type follows from its row. */
export type ClientHelloExtension = ItemOf<typeof CLIENT_HELLO_EXTENSIONS>;
export type ServerHelloExtension = ItemOf<typeof SERVER_HELLO_EXTENSIONS>;

/** Codecs of both lists, without the length before them. */
export const CLIENT_EXTENSIONS = itemCodec(CLIENT_HELLO_EXTENSIONS, TYPE_LENGTH_16);
export const SERVER_EXTENSIONS = itemCodec(SERVER_HELLO_EXTENSIONS, TYPE_LENGTH_16);

/** An extension to send, with its type filled in from the table. */
export function clientHelloExtension<Name extends keyof typeof CLIENT_HELLO_EXTENSIONS>(
	name: Name,
	value: Extract<ClientHelloExtension, { readonly name: Name }>["value"],
): ClientHelloExtension {
	return { name, type: CLIENT_HELLO_EXTENSIONS[name].type, value } as ClientHelloExtension;
}
