import { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint, requireRange } from "../bytes.ts";
import { type DecodeError, decodeError } from "../error.ts";
import { type DnsEdns, decodeEdns, encodeEdns } from "./edns.ts";
import { encodeDnsName, readDnsName } from "./name.ts";
import { type DnsData, encodeDnsData, formatDnsData, readDnsData } from "./records.ts";
import { DNS_CLASSES, DNS_TYPES, dnsClassName, dnsTypeName } from "./types.ts";

/** What is asked (RFC 1035 §4.1.2). */
export interface DnsQuestion {
	readonly name: string;
	readonly type: number;
	readonly class: number;
}

/** One record (RFC 1035 §4.1.3); its type is `data.type`. */
export interface DnsRecord {
	readonly name: string;
	readonly class: number;
	/** In seconds. */
	readonly ttl: number;
	readonly data: DnsData;
}

/**
 * A message (RFC 1035 §4.1.1; AD and CD by RFC 4035 §3):
 *
 *     byte  0         1         2         3
 *         +-------------------+--+----+--+--+--+--+-+--+--+-----+
 *       0 | id                |QR|op- |AA|TC|RD|RA|0|AD|CD|rcode|
 *         |                   |  |code|  |  |  |  | |  |  |     |
 *         +-------------------+--+----+--+--+--+--+-+--+--+-----+
 *       4 | questions         | answers                         |
 *       8 | authorities       | additionals                     |
 *         +-------------------+---------------------------------+
 *      12 | questions, then records                             |
 */
export interface DnsMessage {
	readonly id: number;
	readonly response: boolean;
	readonly opcode: number;
	readonly authoritative: boolean;
	/** The TC bit: the answer did not fit, ask again over TCP. */
	readonly truncated: boolean;
	readonly recursionDesired: boolean;
	readonly recursionAvailable: boolean;
	readonly authenticData: boolean;
	readonly checkingDisabled: boolean;
	/** With the upper bits of EDNS, where there is EDNS; `dnsRcodeName` names it. */
	readonly rcode: number;
	readonly questions: readonly DnsQuestion[];
	readonly answers: readonly DnsRecord[];
	readonly authorities: readonly DnsRecord[];
	/** Without the OPT record that `edns` is made of. */
	readonly additionals: readonly DnsRecord[];
	readonly edns: DnsEdns | null;
	/** Why fewer questions or records are here than the header announces; null where all of them are. */
	readonly cut: DecodeError | null;
}

/** Length in bytes of a message's header. */
const HEADER_LENGTH = 12;

const FLAGS = {
	response: 0x8000,
	authoritative: 0x0400,
	truncated: 0x0200,
	recursionDesired: 0x0100,
	recursionAvailable: 0x0080,
	authenticData: 0x0020,
	checkingDisabled: 0x0010,
} as const;

/**
 * A message as far as its bytes go: only a missing header is an error. A record that cannot be read ends the message
 * and is told in `cut`.
 */
export function decodeDns(bytes: Uint8Array): DnsMessage | DecodeError {
	if (bytes.length < HEADER_LENGTH) return decodeError("truncated", 0, HEADER_LENGTH, bytes.length);
	const reader = new ByteReader(bytes);
	const id = reader.uint16();
	const word = reader.uint16();
	const [questionCount, ...counts] = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()] as const;
	const questions = readMany(reader, questionCount, readQuestion);
	const found: { edns: ReturnType<typeof decodeEdns> | null } = { edns: null };
	const [answers = [], authorities = [], additionals = []] = counts.map((count, section) =>
		readMany(reader, count, (from) => readRecord(from, section === 2 ? found : null)),
	);
	const flag = (bit: number) => (word & bit) !== 0;
	return {
		id,
		response: flag(FLAGS.response),
		opcode: (word >> 11) & 0x0f,
		authoritative: flag(FLAGS.authoritative),
		truncated: flag(FLAGS.truncated),
		recursionDesired: flag(FLAGS.recursionDesired),
		recursionAvailable: flag(FLAGS.recursionAvailable),
		authenticData: flag(FLAGS.authenticData),
		checkingDisabled: flag(FLAGS.checkingDisabled),
		rcode: ((found.edns?.upperRcode ?? 0) << 4) | (word & 0x0f),
		questions,
		answers,
		authorities,
		additionals,
		edns: found.edns?.edns ?? null,
		cut: reader.error,
	};
}

/** Up to `count` items; an item that cannot be read ends them. Null items are left out. */
function readMany<Item>(reader: ByteReader, count: number, read: (reader: ByteReader) => Item | null): Item[] {
	const items: Item[] = [];
	for (let index = 0; index < count && reader.error === null; index++) {
		const item = read(reader);
		if (reader.error === null && item !== null) items.push(item);
	}
	return items;
}

function readQuestion(reader: ByteReader): DnsQuestion {
	return { name: readDnsName(reader), type: reader.uint16(), class: reader.uint16() };
}

/** A record; null for the first OPT record, which goes into `found` where there is one to fill. */
function readRecord(
	reader: ByteReader,
	found: { edns: ReturnType<typeof decodeEdns> | null } | null,
): DnsRecord | null {
	const name = readDnsName(reader);
	const type = reader.uint16();
	const klass = reader.uint16();
	const ttl = reader.uint32();
	const length = reader.uint16();
	const start = reader.offset;
	const bytes = reader.bytes(length);
	if (reader.error !== null) return null;
	if (type === DNS_TYPES.OPT && found !== null && found.edns === null) {
		found.edns = decodeEdns(klass, ttl, bytes);
		return null;
	}
	// A reader that ends where the data ends, but knows all that names may point to.
	const data = new ByteReader(reader.at(0).bytes(reader.offset), start);
	return { name, class: klass, ttl, data: readDnsData(type, data) };
}

/** What `encodeDns` is told: false, 0, none, or class IN unless given. */
export type DnsFields = Partial<Omit<DnsMessage, "id" | "cut">> & { readonly id: number };

/** A message, names uncompressed; throws RangeError. */
export function encodeDns(fields: DnsFields): Uint8Array {
	const { questions = [], answers = [], authorities = [], additionals = [], edns = null, rcode = 0 } = fields;
	requireRange("rcode", rcode, edns === null ? 0xf : 0xfff);
	requireRange("opcode", fields.opcode ?? 0, 0xf);
	let word = ((fields.opcode ?? 0) << 11) | (rcode & 0x0f);
	for (const [name, bit] of Object.entries(FLAGS)) if (fields[name as keyof typeof FLAGS]) word |= bit;
	const counts = [questions.length, answers.length, authorities.length, additionals.length + (edns === null ? 0 : 1)];
	return concatBytes([
		encodeUint("id", fields.id, 2),
		encodeUint("flags", word, 2),
		...counts.map((count) => encodeUint("count", count, 2)),
		...questions.map(encodeQuestion),
		...[...answers, ...authorities, ...additionals].map(encodeRecord),
		...(edns === null ? [] : [encodeEdns(edns, rcode >> 4)]),
	]);
}

function encodeQuestion(question: DnsQuestion): Uint8Array {
	const { name, type } = question;
	return concatBytes([encodeDnsName(name), encodeUint("type", type, 2), encodeUint("class", question.class, 2)]);
}

function encodeRecord(record: DnsRecord): Uint8Array {
	const data = encodeDnsData(record.data);
	return concatBytes([
		encodeQuestion({ name: record.name, type: record.data.type, class: record.class }),
		encodeUint("ttl", record.ttl, 4),
		encodeUint("length of data", data.length, 2),
		data,
	]);
}

/** What `encodeDnsQuery` is told. */
export interface DnsQueryFields {
	readonly id: number;
	readonly name: string;
	readonly type: number;
	/** IN by default. */
	readonly class?: number;
	/** True by default. */
	readonly recursionDesired?: boolean;
	readonly checkingDisabled?: boolean;
	/** By default 1232 bytes, which every path carries unfragmented, and no DNSSEC; null for none. */
	readonly edns?: DnsEdns | null;
}

/** The UDP payload that fits the smallest MTU of IPv6: 1280 - 40 - 8 bytes (RFC 8200 §5). */
const SAFE_PAYLOAD_SIZE = 1232;

/** A query of one question; throws RangeError where the name is none. */
export function encodeDnsQuery(fields: DnsQueryFields): Uint8Array {
	const { id, name, type, recursionDesired = true, checkingDisabled = false } = fields;
	const edns: DnsEdns | null =
		fields.edns === undefined
			? { udpPayloadSize: SAFE_PAYLOAD_SIZE, version: 0, dnssecOk: false, options: [] }
			: fields.edns;
	const questions = [{ name, type, class: fields.class ?? DNS_CLASSES.IN }];
	return encodeDns({ id, recursionDesired, checkingDisabled, questions, edns });
}

/** A record as a zone file has it: `example.com. 300 IN A 192.0.2.1`. */
export function formatDnsRecord(record: DnsRecord): string {
	const { name, ttl, data } = record;
	return `${name} ${ttl} ${dnsClassName(record.class)} ${dnsTypeName(data.type)} ${formatDnsData(data)}`.trimEnd();
}
