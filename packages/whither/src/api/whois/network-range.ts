/** A range of addresses as CIDR blocks (RFC 4632). Pure. */
import { formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { MOST_ITEMS } from "./limits.ts";

/** The fewest blocks that make up the range, both ends in it; empty where it is none. */
export function blocksOfRange(start: string, end: string): readonly string[] {
	const [first, last] = [parseAddress(start), parseAddress(end)];
	if (isDecodeError(first) || isDecodeError(last) || first.length !== last.length) return [];
	const width = first.length * 8;
	const blocks: string[] = [];
	let [at, to] = [numberOf(first), numberOf(last)];
	while (at <= to && blocks.length < MOST_ITEMS) {
		let bits = width;
		// As wide as alignment and what is left allow.
		while (bits > 0 && at % (1n << BigInt(width - bits + 1)) === 0n && at + (1n << BigInt(width - bits + 1)) - 1n <= to)
			bits--;
		blocks.push(`${formatAddress(bytesOf(at, first.length))}/${bits}`);
		at += 1n << BigInt(width - bits);
	}
	return blocks;
}

function numberOf(bytes: Uint8Array): bigint {
	return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function bytesOf(number: bigint, length: number): Uint8Array {
	return Uint8Array.from({ length }, (_, index) => Number((number >> BigInt((length - 1 - index) * 8)) & 255n));
}
