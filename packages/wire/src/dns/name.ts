import type { ByteReader } from "../byte-reader.ts";
import { concatBytes } from "../bytes.ts";
import { type DecodeError, decodeError, isDecodeError } from "../error.ts";

/*
 * Domain names (RFC 1035 §3.1, §4.1.4): labels behind a length of 6 bits, ended by the root's length of 0 or by a
 * pointer to a place earlier in the message.
 *
 *     +----+--------+--------------+          +----+--------------------+
 *     | 00 | length | label        |   ...    | 11 | offset, 14 bits    |
 *     +----+--------+--------------+          +----+--------------------+
 *
 * As text they are absolute, with the dot at the end; bytes that mean something to a zone file or that cannot be
 * printed are escaped (RFC 1035 §5.1).
 */

/** Length of a name in bytes, lengths and root included (RFC 1035 §2.3.4). */
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;
const POINTER = 0xc0;

/** The next name. Pointers must lead backwards, so that reading always ends (`badValue` where one does not). */
export function readDnsName(reader: ByteReader): string {
	let text = "";
	let length = 1;
	let part = reader;
	let start = reader.offset;
	for (;;) {
		const offset = part.offset;
		const first = part.uint8();
		if (part.error !== null) return copyError(reader, part);
		if (first === 0) return text === "" ? "." : text;
		if (first >= POINTER) {
			const target = ((first & 0x3f) << 8) | part.uint8();
			if (part.error !== null) return copyError(reader, part);
			if (target >= start) return failName(reader, offset, start, target);
			start = target;
			part = reader.at(target);
			continue;
		}
		if (first > LONGEST_LABEL) return failName(reader, offset, LONGEST_LABEL, first);
		length += 1 + first;
		if (length > LONGEST_NAME) return failName(reader, offset, LONGEST_NAME, length);
		text += `${formatLabel(part.bytes(first))}.`;
	}
}

function failName(reader: ByteReader, offset: number, need: number, have: number): string {
	reader.fail("badValue", offset, need, have);
	return "";
}

function copyError(reader: ByteReader, part: ByteReader): string {
	const { error } = part;
	if (error !== null) reader.fail(error.error, error.offset, error.need, error.have);
	return "";
}

const ESCAPED = new Set([...'\\.";()@$'].map((character) => character.charCodeAt(0)));

function formatLabel(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += formatByte(byte, ESCAPED);
	return text;
}

/** What is escaped between quotation marks. */
export const ESCAPED_IN_QUOTES: ReadonlySet<number> = new Set([0x22, 0x5c]);

/** A byte as a zone file has it: itself, escaped by a backslash, or as three decimal digits (RFC 1035 §5.1). */
export function formatByte(byte: number, escaped: ReadonlySet<number>): string {
	const special = escaped.has(byte);
	if (byte < 0x20 || byte > 0x7e || (special && byte === 0x20)) return `\\${String(byte).padStart(3, "0")}`;
	return special ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
}

/**
 * A name's bytes out of text, with or without the dot at the end; the error's offset counts characters. Only ASCII:
 * internationalized names come here already encoded (RFC 5891 §4.4).
 */
export function parseDnsName(text: string): Uint8Array | DecodeError {
	if (text === "." || text === "") return Uint8Array.of(0);
	const labels: Uint8Array[] = [];
	let label: number[] = [];
	let offset = 0;
	while (offset < text.length) {
		if (text[offset] === ".") {
			labels.push(Uint8Array.from(label));
			label = [];
			offset++;
			continue;
		}
		const character = parseCharacter(text, offset);
		if (isDecodeError(character)) return character;
		label.push(character.byte);
		offset += character.length;
	}
	if (label.length > 0) labels.push(Uint8Array.from(label));
	return joinLabels(labels);
}

function parseCharacter(
	text: string,
	offset: number,
): { readonly byte: number; readonly length: number } | DecodeError {
	const code = text.charCodeAt(offset);
	if (code > 0x7f) return decodeError("badValue", offset, 0x7f, code);
	if (code !== 0x5c) return { byte: code, length: 1 };
	const digits = /^[0-9]{3}/.exec(text.slice(offset + 1))?.[0];
	if (digits !== undefined) {
		const byte = Number(digits);
		return byte > 255 ? decodeError("badValue", offset, 255, byte) : { byte, length: 4 };
	}
	const next = text.charCodeAt(offset + 1);
	return next > 0 && next <= 0x7f ? { byte: next, length: 2 } : decodeError("badValue", offset, 2, 1);
}

function joinLabels(labels: readonly Uint8Array[]): Uint8Array | DecodeError {
	for (const label of labels) {
		if (label.length < 1 || label.length > LONGEST_LABEL)
			return decodeError("badLength", 0, label.length === 0 ? 1 : LONGEST_LABEL, label.length);
	}
	const bytes = concatBytes([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
	return bytes.length > LONGEST_NAME ? decodeError("badLength", 0, LONGEST_NAME, bytes.length) : bytes;
}

/** A name of our own side as bytes, never compressed; throws RangeError. */
export function encodeDnsName(name: string): Uint8Array {
	const bytes = parseDnsName(name);
	if (isDecodeError(bytes)) throw new RangeError(`not a domain name: ${name}`);
	return bytes;
}
