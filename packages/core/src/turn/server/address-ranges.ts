import { isDecodeError, parseAddress } from "@whither/wire";

/** What sets a range of addresses apart from those that anybody may be a peer at. */
export type AddressClass =
	| "unspecified"
	| "loopback"
	| "linkLocal"
	| "multicast"
	| "broadcast"
	| "private"
	| "sharedAddress"
	| "uniqueLocal"
	| "siteLocal"
	| "protocolAssignment"
	| "benchmarking"
	| "documentation"
	| "reserved"
	| "metadata"
	/** An IPv4 address in the clothes of IPv6 (`::ffff:a.b.c.d`, `::a.b.c.d`), which never travels so. */
	| "embedded";

/** A range of addresses of one family, in words of 32 bits: one word for IPv4, four for IPv6. */
export interface AddressRange<Value> {
	readonly family: 4 | 6;
	readonly words: Int32Array;
	readonly masks: Int32Array;
	/** Of the prefix. */
	readonly bits: number;
	readonly value: Value;
}

/** The range that `192.0.2.0/24`, `2001:db8::/32` or a lone address stands for; null for anything else. */
export function parseRange<Value>(text: string, value: Value): AddressRange<Value> | null {
	const [address = "", length, ...more] = text.split("/");
	const bytes = parseAddress(address);
	if (isDecodeError(bytes) || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
	const bits = length === undefined ? bytes.length * 8 : Number(length);
	if (bits > bytes.length * 8) return null;
	const masks = new Int32Array(bytes.length / 4);
	for (let word = 0; word < masks.length; word++) masks[word] = maskOf(bits - 32 * word);
	const words = wordsOf(bytes).map((word, index) => word & (masks[index] ?? 0));
	return { family: bytes.length === 4 ? 4 : 6, words, masks, bits, value };
}

/** A word whose first `bits` are set. */
function maskOf(bits: number): number {
	if (bits <= 0) return 0;
	return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** An address in words of 32 bits. */
export function wordsOf(bytes: Uint8Array): Int32Array {
	const words = new Int32Array(bytes.length / 4);
	for (let word = 0; word < words.length; word++) words[word] = wordAt(bytes, 4 * word);
	return words;
}

/** The word of 32 bits at `at`. */
export function wordAt(bytes: Uint8Array, at: number): number {
	return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** Whether an address of the range's family lies in it. */
export function inRange({ words, masks }: AddressRange<unknown>, address: Int32Array): boolean {
	for (let word = 0; word < words.length; word++)
		if (((address[word] ?? 0) & (masks[word] ?? 0)) !== words[word]) return false;
	return true;
}

/** The first range that an address lies in; longer prefixes come first. */
export function rangeOf<Value>(
	ranges: readonly AddressRange<Value>[],
	address: Int32Array,
): AddressRange<Value> | null {
	for (const range of ranges) if (range.words.length === address.length && inRange(range, address)) return range;
	return null;
}

/** Ranges by their text, those of longer prefixes first. Throws RangeError for text that is none. */
export function compileRanges<Value>(rows: readonly (readonly [string, Value])[]): readonly AddressRange<Value>[] {
	const ranges = rows.map(([text, value]) => {
		const range = parseRange(text, value);
		if (range === null) throw new RangeError(`not an address or a range of addresses: ${text}`);
		return range;
	});
	return ranges.sort((a, b) => b.bits - a.bits);
}

/** What IANA's special-purpose registries (RFC 6890) call not globally reachable, and where clouds keep their metadata. */
export const SPECIAL_RANGES: readonly (readonly [string, AddressClass])[] = [
	["0.0.0.0/8", "unspecified"],
	["10.0.0.0/8", "private"],
	["100.64.0.0/10", "sharedAddress"],
	["100.100.100.200", "metadata"],
	["127.0.0.0/8", "loopback"],
	["168.63.129.16", "metadata"],
	["169.254.0.0/16", "linkLocal"],
	["169.254.169.254", "metadata"],
	["172.16.0.0/12", "private"],
	["192.0.0.0/24", "protocolAssignment"],
	["192.0.0.192", "metadata"],
	["192.0.2.0/24", "documentation"],
	["192.88.99.0/24", "reserved"],
	["192.168.0.0/16", "private"],
	["198.18.0.0/15", "benchmarking"],
	["198.51.100.0/24", "documentation"],
	["203.0.113.0/24", "documentation"],
	["224.0.0.0/4", "multicast"],
	["240.0.0.0/4", "reserved"],
	["255.255.255.255", "broadcast"],
	// Of IPv6 only 2000::/3 is given out; all else is denied, and these are those that have a name of their own.
	["::/3", "reserved"],
	["4000::/2", "reserved"],
	["8000::/1", "reserved"],
	["::", "unspecified"],
	["::1", "loopback"],
	["::/96", "embedded"],
	["::ffff:0:0/96", "embedded"],
	["::ffff:0:0:0/96", "embedded"],
	["64:ff9b:1::/48", "private"],
	["100::/64", "reserved"],
	["2001:2::/48", "benchmarking"],
	["2001:10::/28", "reserved"],
	["2001:20::/28", "reserved"],
	["2001:db8::/32", "documentation"],
	["3fff::/20", "documentation"],
	["fc00::/7", "uniqueLocal"],
	["fd00:ec2::254", "metadata"],
	["fe80::/10", "linkLocal"],
	["fec0::/10", "siteLocal"],
	["ff00::/8", "multicast"],
];

/** NAT64's well-known prefix (RFC 6052 §2.1) lies in `::/3`, and is judged by the IPv4 address in it. */
export const NAT64_PREFIX = "64:ff9b::/96";
