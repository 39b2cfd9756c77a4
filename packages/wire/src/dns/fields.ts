import { formatIpv4, formatIpv6, requireAddress } from "../address.ts";
import { formatBase32Hex, formatBase64 } from "../base-n.ts";
import type { ByteReader } from "../byte-reader.ts";
import { concatBytes, encodeUint } from "../bytes.ts";
import { formatHex } from "../hex.ts";
import { ESCAPED_IN_QUOTES, encodeDnsName, formatByte, readDnsName } from "./name.ts";
import { dnsTypeName } from "./types.ts";

/** One field of a record's data. The reader ends where the data ends. */
export interface DnsField<Value> {
	/** Where the bytes do not fit, the reader holds an error. */
	read(reader: ByteReader): Value;
	/** Throws RangeError. */
	write(value: Value): Uint8Array;
	/** The presentation format of the type's RFC. */
	format(value: Value): string;
}

function numberField(size: 1 | 2 | 4): DnsField<number> {
	return {
		read: (reader) => (size === 1 ? reader.uint8() : size === 2 ? reader.uint16() : reader.uint32()),
		write: (value) => encodeUint("DNS field", value, size),
		format: String,
	};
}

export const UINT8 = numberField(1);
export const UINT16 = numberField(2);
export const UINT32 = numberField(4);

export const NAME: DnsField<string> = { read: readDnsName, write: encodeDnsName, format: (name) => name };

export const IPV4: DnsField<string> = {
	read: (reader) => formatIpv4(orZeros(reader.bytes(4), 4), 0),
	write: (address) => requireAddress(address, 4),
	format: (address) => address,
};

export const IPV6: DnsField<string> = {
	read: (reader) => formatIpv6(orZeros(reader.bytes(16), 16), 0),
	write: (address) => requireAddress(address, 6),
	format: (address) => address,
};

/** A reader that has failed answers no bytes. */
function orZeros(bytes: Uint8Array, length: number): Uint8Array {
	return bytes.length === length ? bytes : new Uint8Array(length);
}

/** A record type (RFC 4034 §3.1.1). */
export const TYPE: DnsField<number> = { ...UINT16, format: dnsTypeName };

/** Seconds since 1970 in 32 bits, shown as YYYYMMDDHHmmSS in UTC (RFC 4034 §3.2). */
export const TIME: DnsField<number> = { ...UINT32, format: formatTime };

function formatTime(seconds: number): string {
	const days = Math.floor(seconds / 86_400);
	const rest = seconds % 86_400;
	// Days since 0000-03-01 of the Gregorian calendar, so that a leap day ends its year.
	const shifted = days + 719_468;
	const era = Math.floor(shifted / 146_097);
	const dayOfEra = shifted - era * 146_097;
	const yearOfEra = Math.floor(
		(dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
	);
	const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
	const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
	const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
	const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
	const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
	const parts = [month, day, Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
	return String(year).padStart(4, "0") + parts.map((part) => String(part).padStart(2, "0")).join("");
}

/** A string of at most 255 bytes behind its length (RFC 1035 §3.3), as the bytes that it is. */
export const CHARACTER_STRING: DnsField<Uint8Array> = {
	read: (reader) => reader.bytes(reader.uint8()),
	write: (value) => concatBytes([encodeUint("length of a string", value.length, 1), value]),
	format: formatQuoted,
};

/** One string or more, to the end (RFC 1035 §3.3.14). */
export const CHARACTER_STRINGS: DnsField<readonly Uint8Array[]> = {
	read(reader) {
		const strings = [CHARACTER_STRING.read(reader)];
		while (reader.remaining > 0 && reader.error === null) strings.push(CHARACTER_STRING.read(reader));
		return strings;
	},
	write(strings) {
		if (strings.length === 0) throw new RangeError("at least one string");
		return concatBytes(strings.map((value) => CHARACTER_STRING.write(value)));
	},
	format: (strings) => strings.map(formatQuoted).join(" "),
};

function formatQuoted(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += formatByte(byte, ESCAPED_IN_QUOTES);
	return `"${text}"`;
}

/** Bytes to the end, shown as `format` says. */
function restField(format: (bytes: Uint8Array) => string): DnsField<Uint8Array> {
	return { read: (reader) => reader.rest(), write: (value) => value, format };
}

export const HEX_REST = restField((bytes) => formatHex(bytes).toUpperCase());
export const BASE64_REST = restField(formatBase64);
/** RFC 8659 §4.1: a string whose length nobody writes. */
export const QUOTED_REST = restField(formatQuoted);

const ESCAPED_IN_TAG: ReadonlySet<number> = new Set([0x20, 0x5c]);

/** RFC 8659 §4.1: a property's tag. */
export const TAG: DnsField<Uint8Array> = {
	...CHARACTER_STRING,
	format: (bytes) => [...bytes].map((byte) => formatByte(byte, ESCAPED_IN_TAG)).join(""),
};

/** RFC 5155 §3.3: a salt in hexadecimal, `-` for none. */
export const SALT: DnsField<Uint8Array> = {
	...CHARACTER_STRING,
	format: (bytes) => (bytes.length === 0 ? "-" : formatHex(bytes).toUpperCase()),
};

/** RFC 5155 §3.3: a hashed owner name. */
export const HASHED_NAME: DnsField<Uint8Array> = { ...CHARACTER_STRING, format: formatBase32Hex };

/**
 * The types that exist at a name (RFC 4034 §4.1.2): windows of 256 types, each with up to 32 bytes of bits.
 *
 *     +--------+--------+----------------------
 *     | window | length | bitmap, 1 to 32 bytes     ...
 *     +--------+--------+----------------------
 */
export const TYPE_BITMAP: DnsField<readonly number[]> = {
	read(reader) {
		const types: number[] = [];
		let previous = -1;
		while (reader.remaining > 0 && reader.error === null) {
			const start = reader.offset;
			const window = reader.uint8();
			const bitmap = reader.bytes(reader.uint8());
			if (bitmap.length < 1 || bitmap.length > 32) reader.fail("badLength", start + 1, 32, bitmap.length);
			if (window <= previous) reader.fail("badValue", start, previous + 1, window);
			previous = window;
			for (const [index, byte] of bitmap.entries())
				for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) types.push(window * 256 + index * 8 + bit);
		}
		return types;
	},
	write(types) {
		const windows = new Map<number, Uint8Array>();
		for (const type of [...types].sort((a, b) => a - b)) {
			encodeUint("type", type, 2);
			const bits = windows.get(type >> 8) ?? new Uint8Array(32);
			windows.set(type >> 8, bits);
			const place = (type & 0xff) >> 3;
			bits[place] = (bits[place] ?? 0) | (0x80 >> (type & 7));
		}
		return concatBytes([...windows].map(([window, bits]) => encodeWindow(window, bits)));
	},
	format: (types) => types.map(dnsTypeName).join(" "),
};

function encodeWindow(window: number, bits: Uint8Array): Uint8Array {
	const length = bits.findLastIndex((byte) => byte !== 0) + 1;
	return concatBytes([Uint8Array.of(window, length), bits.subarray(0, length)]);
}
