/** Writes small mmdb files (MaxMind DB format 2.0), for tests: an IPv6 tree with IPv4 in ::/96, records of 24 bits. */
import { isDecodeError, parseAddress } from "@whither/wire";

/** Values that are written: numbers that are whole and not negative as uint32, others as double. */
export type MmdbValue = string | number | boolean | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

/** Networks in CIDR form with their records; none may lie within another. */
export function mmdbFile(type: string, networks: Readonly<Record<string, MmdbValue>>): Buffer {
	const data: Buffer[] = [];
	const tree = new Tree();
	let dataBytes = 0;
	for (const [network, record] of Object.entries(networks)) {
		tree.insert(networkBits(network), dataBytes);
		const bytes = value(record);
		data.push(bytes);
		dataBytes += bytes.length;
	}
	const metadata = value({
		...{ binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: 1_700_000_000 },
		...{ database_type: type, description: { en: type }, ip_version: 6, languages: ["en"] },
		...{ node_count: tree.nodes.length, record_size: 24 },
	});
	const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
	return Buffer.concat([tree.bytes(), Buffer.alloc(16), ...data, marker, metadata]);
}

/** A leaf is the place of its record in the data section, as a negative number less one. */
class Tree {
	readonly nodes: [number | null, number | null][] = [[null, null]];

	insert(bits: readonly number[], place: number): void {
		let node = 0;
		for (const [index, bit] of bits.entries()) {
			const side = bit as 0 | 1;
			const row = this.nodes[node] ?? [null, null];
			if (index === bits.length - 1) row[side] = -1 - place;
			else {
				row[side] ??= this.nodes.push([null, null]) - 1;
				node = row[side];
			}
		}
	}

	bytes(): Buffer {
		const count = this.nodes.length;
		const bytes = Buffer.alloc(count * 6);
		for (const [index, node] of this.nodes.entries())
			for (const [side, child] of node.entries())
				bytes.writeUIntBE(child === null ? count : child < 0 ? count + 16 - 1 - child : child, index * 6 + side * 3, 3);
		return bytes;
	}
}

function networkBits(network: string): readonly number[] {
	const [address = "", length] = network.split("/");
	const bytes = parseAddress(address);
	if (isDecodeError(bytes)) throw new Error(network);
	const whole = [...new Uint8Array(16 - bytes.length), ...bytes];
	return whole
		.flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1))
		.slice(0, Number(length) + 128 - bytes.length * 8);
}

function value(given: MmdbValue): Buffer {
	if (typeof given === "string") return Buffer.concat([control(2, Buffer.byteLength(given)), Buffer.from(given)]);
	if (typeof given === "boolean") return control(14, given ? 1 : 0);
	if (typeof given === "number") return number(given);
	if (Array.isArray(given)) return Buffer.concat([control(11, given.length), ...given.map(value)]);
	const entries = Object.entries(given);
	return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, each]) => [value(key), value(each)])]);
}

function number(given: number): Buffer {
	const bytes = Buffer.alloc(Number.isInteger(given) && given >= 0 ? 4 : 8);
	if (bytes.length === 4) bytes.writeUInt32BE(given);
	else bytes.writeDoubleBE(given);
	return Buffer.concat([control(bytes.length === 4 ? 6 : 3, bytes.length), bytes]);
}

/** Type and size; types from 8 on have a byte of their own, sizes from 29 on too. */
function control(type: number, size: number): Buffer {
	const [short, more] = size < 29 ? [size, []] : [29, [size - 29]];
	return type < 8 ? Buffer.from([(type << 5) | short, ...more]) : Buffer.from([short, type - 7, ...more]);
}
