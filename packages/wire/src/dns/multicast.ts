import { type DecodeError, isDecodeError } from "../error.ts";
import { type DnsFields, type DnsMessage, type DnsQuestion, type DnsRecord, decodeDns, encodeDns } from "./message.ts";

/** Where multicast DNS is spoken (RFC 6762 §3). */
export const MDNS_PORT = 5353;
export const MDNS_GROUPS: Readonly<Record<4 | 6, string>> = { 4: "224.0.0.251", 6: "ff02::fb" };

/** A question on a link, whose class has 15 bits (RFC 6762 §18.12). */
export interface MdnsQuestion extends DnsQuestion {
	/** The QU bit: an answer to whoever asks alone will do (§5.4). */
	readonly unicastResponse: boolean;
}

/** A record on a link, whose class has 15 bits (RFC 6762 §18.13). */
export interface MdnsRecord extends DnsRecord {
	/** Nobody else has records of this name and type: what is known from before is to be forgotten (§10.2). */
	readonly cacheFlush: boolean;
}

interface MdnsSections {
	readonly questions: readonly MdnsQuestion[];
	readonly answers: readonly MdnsRecord[];
	readonly authorities: readonly MdnsRecord[];
	readonly additionals: readonly MdnsRecord[];
}

/** A message of multicast DNS: a DNS message in which the top bit of each class means something else. */
export interface MdnsMessage extends Omit<DnsMessage, keyof MdnsSections>, MdnsSections {}

/** What `encodeMdns` is told: as `encodeDns`, with the bits. */
export type MdnsFields = Omit<DnsFields, keyof MdnsSections> & Partial<MdnsSections>;

const TOP_BIT = 0x8000;

/** As `decodeDns`. */
export function decodeMdns(bytes: Uint8Array): MdnsMessage | DecodeError {
	const message = decodeDns(bytes);
	if (isDecodeError(message)) return message;
	return {
		...message,
		questions: message.questions.map((one) => ({ ...withoutBit(one), unicastResponse: hasBit(one) })),
		answers: message.answers.map(recordOf),
		authorities: message.authorities.map(recordOf),
		additionals: message.additionals.map(recordOf),
	};
}

/** As `encodeDns`; throws RangeError also for a class of more than 15 bits. */
export function encodeMdns(fields: MdnsFields): Uint8Array {
	const { questions = [], answers = [], authorities = [], additionals = [], ...rest } = fields;
	return encodeDns({
		...rest,
		questions: questions.map(({ unicastResponse, ...one }) => withBit(one, unicastResponse)),
		answers: answers.map(plainRecord),
		authorities: authorities.map(plainRecord),
		additionals: additionals.map(plainRecord),
	});
}

type Classed = { readonly class: number };

function hasBit(one: Classed): boolean {
	return (one.class & TOP_BIT) !== 0;
}

function withoutBit<One extends Classed>(one: One): One {
	return { ...one, class: one.class & ~TOP_BIT };
}

function withBit<One extends Classed>(one: One, bit: boolean): One {
	if (hasBit(one)) throw new RangeError(`a class of multicast DNS has 15 bits: ${one.class}`);
	return bit ? { ...one, class: one.class | TOP_BIT } : one;
}

function recordOf(one: DnsRecord): MdnsRecord {
	return { ...withoutBit(one), cacheFlush: hasBit(one) };
}

function plainRecord({ cacheFlush, ...one }: MdnsRecord): DnsRecord {
	return withBit(one, cacheFlush);
}
