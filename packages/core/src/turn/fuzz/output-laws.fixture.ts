/** What holds of everything that a relay server puts out, whoever sent what: for whoever throws inputs at one. */
import { decodeChannelData, isDecodeError } from "@whither/wire";

/** Tenants fill what they send with 0xa0 and their number, and their peers with 0xb0 and the same number. */
export const OF_CLIENT = 0xa0;
export const OF_PEER = 0xb0;

/** So many equal bytes do not stand in digests, addresses and ids by chance. */
const RUN = 6;

/** A broken law; it names what leaked or where. */
export class BrokenLaw extends Error {}

/** Throws where a run of another tenant's marks stands in bytes that go to this one or to this one's peers. */
export function noStrangersBytes(bytes: Uint8Array, tenant: number, origin: number): void {
	let length = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at] ?? 0;
		length = at > 0 && byte === bytes[at - 1] ? length + 1 : 1;
		if (length < RUN || byte === origin + tenant) continue;
		const kind = byte & 0xf0;
		if (kind === OF_CLIENT || kind === OF_PEER) throw new BrokenLaw(`0x${byte.toString(16)} went to tenant ${tenant}`);
	}
}

/** Throws where anything but zeros fills a message up: between attributes, or behind channel data. */
export function paddedWithZeros(bytes: Uint8Array): void {
	if ((bytes[0] ?? 0) >>> 6 === 1) {
		const read = decodeChannelData(bytes);
		if (isDecodeError(read)) throw new BrokenLaw("channel data that nobody can read");
		zeros(bytes, 4 + read.data.length, bytes.length);
		if (bytes.length > 4 + read.data.length + 3) throw new BrokenLaw("more padding than there is to pad");
		return;
	}
	let at = 20;
	while (at < bytes.length) {
		const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
		const end = at + 4 + length;
		const next = at + 4 + ((length + 3) & ~3);
		zeros(bytes, end, next);
		at = next;
	}
	const told = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
	if (at !== bytes.length || told !== bytes.length - 20)
		throw new BrokenLaw("a message of another length than it says");
}

function zeros(bytes: Uint8Array, from: number, to: number): void {
	for (let at = from; at < to; at++) if (bytes[at] !== 0) throw new BrokenLaw(`padding that is not zero at ${at}`);
}

/** A stretch of equal bytes. */
export function marked(byte: number, length: number): Uint8Array {
	return new Uint8Array(length).fill(byte);
}
