import type { ByteReader } from "../byte-reader.ts";
import { concatBytes } from "../bytes.ts";
import { formatHex } from "../hex.ts";
import {
	BASE64_REST,
	CHARACTER_STRINGS,
	type DnsField,
	HASHED_NAME,
	HEX_REST,
	IPV4,
	IPV6,
	NAME,
	QUOTED_REST,
	SALT,
	TAG,
	TIME,
	TYPE,
	TYPE_BITMAP,
	UINT8,
	UINT16,
	UINT32,
} from "./fields.ts";
import { SERVICE_PARAMETERS } from "./service-parameters.ts";
import { DNS_TYPES } from "./types.ts";

/** RFC 4034 §5.1. */
const DS_FIELDS = { keyTag: UINT16, algorithm: UINT8, digestType: UINT8, digest: HEX_REST };
/** RFC 4034 §2.1. */
const DNSKEY_FIELDS = { flags: UINT16, protocol: UINT8, algorithm: UINT8, publicKey: BASE64_REST };
/** RFC 9460 §2.2; priority 0 is an alias. */
const SVCB_FIELDS = { priority: UINT16, target: NAME, parameters: SERVICE_PARAMETERS };

/** The data of each record type, field by field, in the order of the wire and of the presentation format. */
export const DNS_RECORDS = {
	/** RFC 1035 §3.4.1. */
	A: { address: IPV4 },
	NS: { host: NAME },
	CNAME: { target: NAME },
	/** RFC 1035 §3.3.13; all but the first two and the serial in seconds. */
	SOA: {
		primary: NAME,
		mailbox: NAME,
		serial: UINT32,
		refresh: UINT32,
		retry: UINT32,
		expire: UINT32,
		minimum: UINT32,
	},
	PTR: { target: NAME },
	MX: { preference: UINT16, exchange: NAME },
	TXT: { strings: CHARACTER_STRINGS },
	/** RFC 3596 §2.2. */
	AAAA: { address: IPV6 },
	/** RFC 2782. */
	SRV: { priority: UINT16, weight: UINT16, port: UINT16, target: NAME },
	DNAME: { target: NAME },
	DS: DS_FIELDS,
	/** RFC 4034 §3.1. */
	RRSIG: {
		typeCovered: TYPE,
		algorithm: UINT8,
		labels: UINT8,
		originalTtl: UINT32,
		expiration: TIME,
		inception: TIME,
		keyTag: UINT16,
		signer: NAME,
		signature: BASE64_REST,
	},
	/** RFC 4034 §4.1. */
	NSEC: { next: NAME, types: TYPE_BITMAP },
	DNSKEY: DNSKEY_FIELDS,
	/** RFC 5155 §3.2. */
	NSEC3: { algorithm: UINT8, flags: UINT8, iterations: UINT16, salt: SALT, next: HASHED_NAME, types: TYPE_BITMAP },
	/** RFC 5155 §4.2. */
	NSEC3PARAM: { algorithm: UINT8, flags: UINT8, iterations: UINT16, salt: SALT },
	/** RFC 7344 §3.1. */
	CDS: DS_FIELDS,
	CDNSKEY: DNSKEY_FIELDS,
	SVCB: SVCB_FIELDS,
	HTTPS: SVCB_FIELDS,
	/** RFC 8659 §4.1. */
	CAA: { flags: UINT8, tag: TAG, value: QUOTED_REST },
} as const;

type RecordTable = typeof DNS_RECORDS;

/** What a record says; its type follows from its row in `DNS_RECORDS`. */
export type DnsData =
	| {
			readonly [Name in keyof RecordTable]: {
				readonly name: Name;
				readonly type: number;
				readonly value: {
					readonly [Field in keyof RecordTable[Name]]: RecordTable[Name][Field] extends DnsField<infer Value>
						? Value
						: never;
				};
			};
	  }[keyof RecordTable]
	/** A type without a row, or data that does not fit its row. */
	| { readonly name: "unknown"; readonly type: number; readonly value: Uint8Array };

type AnyFields = Readonly<Record<string, DnsField<unknown>>>;

const BY_TYPE: ReadonlyMap<number, readonly [name: string, fields: AnyFields]> = new Map(
	Object.entries(DNS_RECORDS).map(([name, fields]) => [
		DNS_TYPES[name as keyof RecordTable],
		[name, fields as AnyFields],
	]),
);

/** Data to send, with the type's number filled in from the table. */
export function dnsData<Name extends keyof RecordTable>(
	name: Name,
	value: Extract<DnsData, { readonly name: Name }>["value"],
): DnsData {
	return { name, type: DNS_TYPES[name], value } as DnsData;
}

/** The data from where the reader stands to its end; names may point back into the message. */
export function readDnsData(type: number, reader: ByteReader): DnsData {
	const start = reader.offset;
	const found = BY_TYPE.get(type);
	if (found !== undefined) {
		const value: Record<string, unknown> = {};
		for (const [field, row] of Object.entries(found[1])) value[field] = row.read(reader);
		if (reader.error === null && reader.remaining === 0) return { name: found[0], type, value } as unknown as DnsData;
	}
	return { name: "unknown", type, value: reader.at(start).rest() };
}

/** The data as bytes, names uncompressed; throws RangeError. */
export function encodeDnsData(data: DnsData): Uint8Array {
	if (data.name === "unknown") return data.value;
	const fields = Object.entries(DNS_RECORDS[data.name] as AnyFields);
	const values = data.value as Readonly<Record<string, unknown>>;
	return concatBytes(fields.map(([field, row]) => row.write(values[field])));
}

/** The data as a zone file has it; RFC 3597 §5 where we do not know the type (`\# 4 0A000001`). */
export function formatDnsData(data: DnsData): string {
	if (data.name === "unknown") {
		const hex = formatHex(data.value).toUpperCase();
		return hex === "" ? "\\# 0" : `\\# ${data.value.length} ${hex}`;
	}
	const fields = Object.entries(DNS_RECORDS[data.name] as AnyFields);
	const values = data.value as Readonly<Record<string, unknown>>;
	const texts = fields.map(([field, row]) => row.format(values[field]));
	return texts.filter((text) => text !== "").join(" ");
}
