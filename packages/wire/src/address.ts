import { type DecodeError, decodeError, isDecodeError } from "./error.ts";

/**
 * Bytes of an address in text: 4 for a dotted quad, 16 for any form of RFC 4291 §2.2 (an IPv4-mapped one stays 16).
 * Leading zeros in a dotted quad and zones (`%eth0`) are errors; the error's offset counts characters.
 */
export function parseAddress(text: string): Uint8Array | DecodeError {
	return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

interface Endpoint {
	readonly address: string;
	readonly port: number;
}

/** An address and a port as people write them: `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
export function formatEndpoint({ address, port }: Endpoint): string {
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether both are the same address and port, both in canonical text; null is none. */
export function isSameEndpoint(a: Endpoint | null, b: Endpoint | null): boolean {
	return a !== null && b !== null && a.port === b.port && a.address === b.address;
}

/** Whether two addresses have their first bits in common, which are those of a network; never of two families. */
export function isOneNetwork(a: string, b: string, prefixLength: number): boolean {
	const [one, other] = [parseAddress(a), parseAddress(b)];
	if (isDecodeError(one) || isDecodeError(other) || one.length !== other.length) return false;
	for (let bit = 0; bit < prefixLength; bit += 8) {
		const mask = (0xff00 >> Math.min(8, prefixLength - bit)) & 0xff;
		if ((((one[bit >> 3] ?? 0) ^ (other[bit >> 3] ?? 0)) & mask) !== 0) return false;
	}
	return true;
}

/** 4 or 6 for an address in text, null for anything else. */
export function addressFamily(text: string): 4 | 6 | null {
	const bytes = parseAddress(text);
	if (isDecodeError(bytes)) return null;
	return bytes.length === 4 ? 4 : 6;
}

/**
 * Whoever a source address counts to, where strangers are held to a share: an IPv4 address (mapped or not), or the /64 that an IPv6 host may
 * take any address of. For comparing alone; what is no address stands for itself.
 */
export function holderOf(source: string): string {
	if (!source.includes(":")) return source;
	const [plain = ""] = source.replace(/^::ffff:(?=\d+\.)/i, "").split("%", 1);
	const bytes = parseAddress(plain);
	return isDecodeError(bytes) || bytes.length === 4 ? plain : `${bytes.subarray(0, 8).join(".")}/64`;
}

function parseIpv4(text: string): Uint8Array | DecodeError {
	return readIpv4(text) ?? parseIpv4Parts(text);
}

/** The bytes of a dotted quad, in one go; null: it is none, and why, `parseIpv4Parts` finds out. */
function readIpv4(text: string): Uint8Array | null {
	const bytes = new Uint8Array(4);
	let count = 0;
	let digits = 0;
	let value = 0;
	for (let index = 0; index <= text.length; index++) {
		const digit = index < text.length ? text.charCodeAt(index) - 0x30 : DOT;
		if (digit === DOT) {
			if (digits === 0 || value > 255 || count === 4) return null;
			bytes[count++] = value;
			digits = 0;
			value = 0;
		} else {
			if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && value === 0)) return null;
			value = 10 * value + digit;
			digits++;
		}
	}
	return count === 4 ? bytes : null;
}

/** "." less "0". */
const DOT = -2;

function parseIpv4Parts(text: string): Uint8Array | DecodeError {
	const parts = text.split(".");
	if (parts.length !== 4) return decodeError("badLength", 0, 4, parts.length);
	const bytes = new Uint8Array(4);
	let position = 0;
	for (let index = 0; index < 4; index++) {
		const part = parts[index] ?? "";
		if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return decodeError("badValue", position, 1, part.length);
		const value = Number(part);
		if (value > 255) return decodeError("badValue", position, 255, value);
		bytes[index] = value;
		position += part.length + 1;
	}
	return bytes;
}

function parseIpv6(text: string): Uint8Array | DecodeError {
	const gap = text.indexOf("::");
	if (gap < 0) {
		const groups = parseGroups(text, 0, "end");
		if (isDecodeError(groups)) return groups;
		return groups.length === 16 ? Uint8Array.from(groups) : decodeError("badLength", 0, 16, groups.length);
	}
	const head = parseGroups(text.slice(0, gap), 0, "start");
	if (isDecodeError(head)) return head;
	const tail = parseGroups(text.slice(gap + 2), gap + 2, "end");
	if (isDecodeError(tail)) return tail;
	// RFC 5952 §4.2.2 forbids writing "::" for one group, but RFC 4291 §2.2 lets a reader meet it.
	if (head.length + tail.length > 14) return decodeError("badLength", gap, 14, head.length + tail.length);
	const bytes = new Uint8Array(16);
	bytes.set(head, 0);
	bytes.set(tail, 16 - tail.length);
	return bytes;
}

/** Bytes of the colon-separated groups at the start or end of an address; the last at its end may be a dotted quad. */
function parseGroups(text: string, offset: number, place: "start" | "end"): number[] | DecodeError {
	const bytes: number[] = [];
	if (text === "") return bytes;
	const parts = text.split(":");
	let position = offset;
	for (const [index, part] of parts.entries()) {
		if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
			const value = Number.parseInt(part, 16);
			bytes.push(value >> 8, value & 0xff);
		} else {
			const quad = place === "end" && index === parts.length - 1 ? parseIpv4(part) : null;
			if (quad === null || isDecodeError(quad)) return decodeError("badValue", position, 1, part.length);
			bytes.push(...quad);
		}
		position += part.length + 1;
	}
	return bytes;
}

/**
 * Canonical text of 4 or 16 bytes: dotted quad, or RFC 5952 (with the mixed form `::ffff:192.0.2.1` for IPv4-mapped
 * addresses, §5). Throws RangeError for any other length.
 */
export function formatAddress(bytes: Uint8Array): string {
	if (bytes.length === 4) return formatIpv4(bytes, 0);
	if (bytes.length === 16) return formatIpv6(bytes, 0);
	throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
}

/** Dotted quad of the four bytes at `offset`, which must be there. */
export function formatIpv4(bytes: Uint8Array, offset: number): string {
	return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** RFC 5952 text of the sixteen bytes at `offset`, which must be there. */
export function formatIpv6(bytes: Uint8Array, offset: number): string {
	const groups: number[] = [];
	for (let index = offset; index < offset + 16; index += 2)
		groups.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0));
	if (isMapped(groups)) return `::ffff:${formatIpv4(bytes, offset + 12)}`;
	const [start, length] = longestZeroRun(groups);
	if (length < 2) return hexGroups(groups, 0, 8);
	return `${hexGroups(groups, 0, start)}::${hexGroups(groups, start + length, 8)}`;
}

function isMapped(groups: readonly number[]): boolean {
	if (groups[5] !== 0xffff) return false;
	for (let index = 0; index < 5; index++) if (groups[index] !== 0) return false;
	return true;
}

/** RFC 5952 §4.2.3: the longest run of zero groups, the first of equal ones. */
function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
	let best = 0;
	let bestLength = 0;
	let length = 0;
	for (let index = 0; index < 8; index++) {
		length = groups[index] === 0 ? length + 1 : 0;
		if (length > bestLength) {
			bestLength = length;
			best = index - length + 1;
		}
	}
	return [best, bestLength];
}

function hexGroups(groups: readonly number[], from: number, to: number): string {
	let text = "";
	for (let index = from; index < to; index++) text += (index > from ? ":" : "") + (groups[index] ?? 0).toString(16);
	return text;
}

/** Bytes of an address that our own side gives, of the family asked for; RangeError for anything else. */
export function requireAddress(text: string, family: 4 | 6): Uint8Array {
	const bytes = parseAddress(text);
	if (isDecodeError(bytes) || bytes.length !== (family === 4 ? 4 : 16)) {
		throw new RangeError(`not an IPv${family} address: ${text}`);
	}
	return bytes;
}
