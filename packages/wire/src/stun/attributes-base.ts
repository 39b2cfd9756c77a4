import type { ByteWriter } from "../byte-writer.ts";
import { requireRange } from "../bytes.ts";
import { decodeUtf8 } from "../utf8.ts";
import {
	addressRow,
	bytesRow,
	type StunAttributeRow,
	type StunHead,
	textRow,
	uint16sOf,
	uint32Row,
	uintAt,
} from "./attribute-row.ts";

/** What ERROR-CODE says (RFC 8489 §14.8); the reason is for people and may be empty. */
export interface StunErrorCode {
	readonly code: number;
	readonly reason: string;
}

/** The error code in the bytes from `from` on: class and number in bytes 2 and 3, then the reason. */
export function errorCodeOf(bytes: Uint8Array, classic: boolean): StunErrorCode | null {
	const hundreds = (bytes[2] ?? 0) & 0x07;
	const number = bytes[3] ?? 100;
	if (hundreds < 1 || hundreds > 6 || number > 99) return null;
	const reason = decodeUtf8(bytes.subarray(4));
	return { code: 100 * hundreds + number, reason: classic ? reason.trimEnd() : reason };
}

/** Writes what stands behind the first two bytes. */
export function writeErrorCode(writer: ByteWriter, { code, reason }: StunErrorCode, head: StunHead): void {
	requireRange("error code", code, 699);
	if (code < 100) throw new RangeError(`error codes begin at 100, not ${code}`);
	writer.uint8("error class", Math.floor(code / 100));
	writer.uint8("error number", code % 100);
	const before = writer.length;
	writer.text(reason);
	if (writer.length - before > 763) throw new RangeError("a reason has at most 763 bytes");
	// RFC 3489 §11.2.9 has no padding: the reason itself is filled up with spaces.
	while (head.classic && (writer.length - before) % 4 !== 0) writer.text(" ");
}

const ERROR_CODE: StunAttributeRow<StunErrorCode> = {
	type: 0x0009,
	meaning: "ERROR-CODE",
	decode: (bytes, head) => errorCodeOf(bytes, head.classic),
	write(writer, value, head) {
		writer.zeros(2);
		writeErrorCode(writer, value, head);
	},
};

/** Types of attributes (§14.9). RFC 3489 §11.2.10 repeats one of an odd number, for it has no padding. */
const UNKNOWN_ATTRIBUTES: StunAttributeRow<readonly number[]> = {
	type: 0x000a,
	meaning: "UNKNOWN-ATTRIBUTES",
	decode: uint16sOf,
	write(writer, value, head) {
		for (const type of value) writer.uint16("attribute type", type);
		const last = value.at(-1);
		if (head.classic && value.length % 2 === 1 && last !== undefined) writer.uint16("attribute type", last);
	},
};

/** A way to make a key of a password (RFC 8489 §18.5): its name, or its number where it has none. */
export interface StunPasswordAlgorithm {
	readonly algorithm: "md5" | "sha256" | number;
	/** MD5 and SHA-256 have none. */
	readonly parameters: Uint8Array;
}

const ALGORITHM_NUMBERS = { md5: 1, sha256: 2 } as const;

function algorithmOf(number: number): StunPasswordAlgorithm["algorithm"] {
	if (number === ALGORITHM_NUMBERS.md5) return "md5";
	return number === ALGORITHM_NUMBERS.sha256 ? "sha256" : number;
}

/** The algorithm at `from` and where the next begins; null where it does not fit. */
function algorithmAt(
	bytes: Uint8Array,
	from: number,
): { readonly value: StunPasswordAlgorithm; readonly end: number } | null {
	if (from + 4 > bytes.length) return null;
	const end = from + 4 + uintAt(bytes, from + 2, 2);
	if (end > bytes.length) return null;
	return { value: { algorithm: algorithmOf(uintAt(bytes, from, 2)), parameters: bytes.subarray(from + 4, end) }, end };
}

function writeAlgorithm(writer: ByteWriter, { algorithm, parameters }: StunPasswordAlgorithm): void {
	writer.uint16("algorithm", typeof algorithm === "number" ? algorithm : ALGORITHM_NUMBERS[algorithm]);
	writer.uint16("length of the algorithm's parameters", parameters.length);
	writer.bytes(parameters);
}

const PASSWORD_ALGORITHM: StunAttributeRow<StunPasswordAlgorithm> = {
	type: 0x001d,
	meaning: "PASSWORD-ALGORITHM",
	decode(bytes) {
		const found = algorithmAt(bytes, 0);
		return found !== null && bytes.length - found.end < 4 ? found.value : null;
	},
	write: writeAlgorithm,
};

/** Each padded to four bytes (§14.11), the best first. */
const PASSWORD_ALGORITHMS: StunAttributeRow<readonly StunPasswordAlgorithm[]> = {
	type: 0x8002,
	meaning: "PASSWORD-ALGORITHMS",
	decode(bytes) {
		const algorithms: StunPasswordAlgorithm[] = [];
		for (let from = 0; from < bytes.length; ) {
			const found = algorithmAt(bytes, from);
			if (found === null) return null;
			algorithms.push(found.value);
			from = found.end + (-found.value.parameters.length & 3);
		}
		return algorithms;
	},
	write(writer, value) {
		for (const [index, algorithm] of value.entries()) {
			writeAlgorithm(writer, algorithm);
			if (index < value.length - 1) writer.zeros(-algorithm.parameters.length & 3);
		}
	},
};

/** RFC 8489, and what RFC 3489 had besides. */
export const BASE_ATTRIBUTES = {
	mappedAddress: addressRow(0x0001, "MAPPED-ADDRESS", "plain"),
	responseAddress: addressRow(0x0002, "RESPONSE-ADDRESS", "plain"),
	sourceAddress: addressRow(0x0004, "SOURCE-ADDRESS", "plain"),
	changedAddress: addressRow(0x0005, "CHANGED-ADDRESS", "plain"),
	/** Fewer than 509 bytes (§14.3). */
	username: textRow(0x0006, "USERNAME", 508),
	password: textRow(0x0007, "PASSWORD", 763),
	messageIntegrity: bytesRow(0x0008, "MESSAGE-INTEGRITY", { minimum: 20, maximum: 20 }),
	errorCode: ERROR_CODE,
	unknownAttributes: UNKNOWN_ATTRIBUTES,
	reflectedFrom: addressRow(0x000b, "REFLECTED-FROM", "plain"),
	/** Fewer than 128 characters, so at most 763 bytes (§14.9, as of NONCE and SOFTWARE). */
	realm: textRow(0x0014, "REALM", 763),
	nonce: textRow(0x0015, "NONCE", 763),
	/** May be cut, to no fewer than 16 bytes (§14.6). */
	messageIntegritySha256: bytesRow(0x001c, "MESSAGE-INTEGRITY-SHA256", { minimum: 16, maximum: 32, multiple: 4 }),
	passwordAlgorithm: PASSWORD_ALGORITHM,
	userHash: bytesRow(0x001e, "USERHASH", { minimum: 32, maximum: 32 }),
	xorMappedAddress: addressRow(0x0020, "XOR-MAPPED-ADDRESS", "xor"),
	passwordAlgorithms: PASSWORD_ALGORITHMS,
	alternateDomain: textRow(0x8003, "ALTERNATE-DOMAIN", 255),
	software: textRow(0x8022, "SOFTWARE", 763),
	alternateServer: addressRow(0x8023, "ALTERNATE-SERVER", "plain"),
	fingerprint: uint32Row(0x8028, "FINGERPRINT"),
} as const;
