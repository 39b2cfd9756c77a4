import { wordAt } from "./address-ranges.ts";

/** A way to hide an IPv4 address in an IPv6 one: whether this is it, and where the four bytes stand. */
interface Embedding {
	readonly name: string;
	readonly holds: (bytes: Uint8Array) => boolean;
	readonly at: (bytes: Uint8Array) => readonly number[];
}

const isZero = (bytes: Uint8Array, from: number, to: number) => {
	for (let index = from; index < to; index++) if (bytes[index] !== 0) return false;
	return true;
};
const isZeroOrOne = (word: number) => word === 0 || word === 1;
const last = (bytes: Uint8Array): readonly number[] => [wordAt(bytes, 12)];
const middle = (bytes: Uint8Array): number =>
	((bytes[9] ?? 0) << 24) | ((bytes[10] ?? 0) << 16) | ((bytes[11] ?? 0) << 8) | (bytes[12] ?? 0);

const EMBEDDINGS: readonly Embedding[] = [
	/** RFC 4291 §2.5.5.1, `::a.b.c.d`; `::` and `::1` are none. */
	{ name: "compatible", holds: (bytes) => isZero(bytes, 0, 12) && !isZeroOrOne(wordAt(bytes, 12)), at: last },
	/** RFC 4291 §2.5.5.2, `::ffff:a.b.c.d`. */
	{ name: "mapped", holds: (bytes) => isZero(bytes, 0, 10) && wordAt(bytes, 8) === 0xffff, at: last },
	/** RFC 2765 §2.1, `::ffff:0:a.b.c.d`. */
	{
		name: "translated",
		holds: (bytes) => isZero(bytes, 0, 8) && wordAt(bytes, 8) === 0xffff << 16,
		at: last,
	},
	/** RFC 3056, `2002:aabb:ccdd::`. */
	{ name: "6to4", holds: (bytes) => bytes[0] === 0x20 && bytes[1] === 0x02, at: (bytes) => [wordAt(bytes, 2)] },
	/** RFC 6052 §2.1, `64:ff9b::a.b.c.d`. */
	{ name: "nat64", holds: (bytes) => wordAt(bytes, 0) === 0x64ff9b && isZero(bytes, 4, 12), at: last },
	/** RFC 8215, `64:ff9b:1::/48`, which a network may cut as it likes (RFC 6052 §2.2). */
	{
		name: "localNat64",
		holds: (bytes) => wordAt(bytes, 0) === 0x64ff9b && bytes[4] === 0 && bytes[5] === 1,
		at: localNat64,
	},
	/** RFC 5214 §6.1, an interface identifier of `[02]00:5efe:a.b.c.d`. */
	{
		name: "isatap",
		holds: (bytes) => (wordAt(bytes, 8) & ~0x02000000) === 0x5efe,
		at: last,
	},
	/** RFC 4380 §4, `2001:0:` with the server's address, and the client's turned over. */
	{
		name: "teredo",
		holds: (bytes) => wordAt(bytes, 0) === 0x20010000,
		at: (bytes) => [wordAt(bytes, 4), ~wordAt(bytes, 12)],
	},
];

/** With 96 bits of prefix where nothing stands before the last four bytes; else with 48, 56 or 64, around byte 8. */
function localNat64(bytes: Uint8Array): readonly number[] {
	if (isZero(bytes, 6, 12)) return [wordAt(bytes, 12)];
	const found: number[] = [];
	if (isZero(bytes, 11, 16)) found.push((wordAt(bytes, 6) & 0xffff0000) | (middle(bytes) >>> 16));
	if (isZero(bytes, 12, 16)) found.push(((bytes[7] ?? 0) << 24) | (middle(bytes) >>> 8));
	if (isZero(bytes, 13, 16)) found.push(middle(bytes));
	return found.length > 0 ? found : [wordAt(bytes, 12)];
}

/** Every IPv4 address that an IPv6 one may lead to, as words of 32 bits; of most there is none. */
export function embeddedIpv4(bytes: Uint8Array): readonly number[] {
	const found: number[] = [];
	for (const { holds, at } of EMBEDDINGS) if (holds(bytes)) found.push(...at(bytes));
	return found;
}
