import { concatBytes, encodeUint, roundUp, viewOf } from "./bytes.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** What is in a pcapng block, for the three types that we write; others are `other`. */
export type PcapngBody =
	| { readonly kind: "section"; readonly options: readonly PcapngOption[] }
	| {
			readonly kind: "interface";
			readonly linkType: number;
			readonly snapLength: number;
			readonly options: readonly PcapngOption[];
	  }
	| {
			readonly kind: "packet";
			readonly interfaceId: number;
			/** In units of the interface's resolution; nanoseconds in files of ours. */
			readonly timestamp: bigint;
			readonly packet: Uint8Array;
			readonly originalLength: number;
			/** The first opt_comment. */
			readonly comment: string | null;
			readonly options: readonly PcapngOption[];
	  }
	| { readonly kind: "other"; readonly type: number; readonly body: Uint8Array };

/**
 * One option (draft-ietf-opsawg-pcapng §3.5): the length is the value's, and code 0 ends the list.
 *
 *     +------------+-------------+----------------------
 *     | code (16)  | length (16) | value, padded to 4
 *     +------------+-------------+----------------------
 */
export interface PcapngOption {
	readonly code: number;
	readonly bytes: Uint8Array;
}

const COMMENT = 1;

/** A body by its block's type; one that is too short for its type is `other`. */
export function decodePcapngBody(type: number, body: Uint8Array, littleEndian: boolean): PcapngBody {
	const view = viewOf(body);
	const options = (offset: number) => decodeOptions(body.subarray(offset), littleEndian);
	if (type === 0x0a0d0d0a && body.length >= 16) return { kind: "section", options: options(16) };
	if (type === 1 && body.length >= 8) {
		const snapLength = view.getUint32(4, littleEndian);
		return { kind: "interface", linkType: view.getUint16(0, littleEndian), snapLength, options: options(8) };
	}
	if (type === 6 && body.length >= 20) {
		const length = view.getUint32(12, littleEndian);
		const list = options(20 + roundUp(length, 4));
		const comment = list.find((option) => option.code === COMMENT);
		return {
			kind: "packet",
			interfaceId: view.getUint32(0, littleEndian),
			timestamp: (BigInt(view.getUint32(4, littleEndian)) << 32n) | BigInt(view.getUint32(8, littleEndian)),
			packet: body.subarray(20, 20 + length),
			originalLength: view.getUint32(16, littleEndian),
			comment: comment === undefined ? null : decodeUtf8(comment.bytes),
			options: list,
		};
	}
	return { kind: "other", type, body };
}

function decodeOptions(bytes: Uint8Array, littleEndian: boolean): readonly PcapngOption[] {
	const view = viewOf(bytes);
	const options: PcapngOption[] = [];
	let offset = 0;
	while (offset + 4 <= bytes.length) {
		const code = view.getUint16(offset, littleEndian);
		const length = view.getUint16(offset + 2, littleEndian);
		if (code === 0) break;
		options.push({ code, bytes: bytes.subarray(offset + 4, offset + 4 + length) });
		offset += 4 + roundUp(length, 4);
	}
	return options;
}

/** Options with the end behind them; none at all for an empty list. */
export function encodeOptions(options: readonly (PcapngOption | null)[]): Uint8Array {
	const parts: Uint8Array[] = [];
	for (const option of options) {
		if (option === null) continue;
		parts.push(numberBytes("option code", option.code, 2), numberBytes("option length", option.bytes.length, 2));
		parts.push(option.bytes, new Uint8Array(roundUp(option.bytes.length, 4) - option.bytes.length));
	}
	if (parts.length > 0) parts.push(new Uint8Array(4));
	return concatBytes(parts);
}

/** A text as an option's value; null for none. */
export function textOption(code: number, text: string | undefined): PcapngOption | null {
	return text === undefined ? null : { code, bytes: encodeUtf8(text) };
}

/** A number with its low byte first; throws RangeError. */
export function numberBytes(name: string, value: number, size: 2 | 4): Uint8Array {
	return encodeUint(name, value, size).reverse();
}
