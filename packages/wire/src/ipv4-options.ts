import { formatIpv4, requireAddress } from "./address.ts";
import { requireRange, viewOf } from "./bytes.ts";
import { type OptionOf, type OptionRow, optionCodec } from "./option-list.ts";

/**
 * A route as RR, LSRR and SSRR hold it (RFC 791 §3.1):
 *
 *     +--------+--------+---------+------------------------
 *     | kind   | length | pointer | addresses, 4 bytes each
 *     +--------+--------+---------+------------------------
 */
export interface Ipv4Route {
	/** Where the next address goes, counted from the option's first byte; 4 at first. */
	readonly pointer: number;
	/** All slots, used or not. */
	readonly addresses: readonly string[];
}

/**
 * Internet Timestamp (RFC 791 §3.1). Flag 0: times only; 1: with addresses; 3: with addresses given beforehand.
 *
 *     +--------+--------+---------+--------+------+--------------------------
 *     | 68     | length | pointer | over-  | flag | entries: [address,] time,
 *     |        |        |         | flow   |      | 4 bytes each
 *     +--------+--------+---------+--------+------+--------------------------
 */
export interface Ipv4Timestamps {
	readonly pointer: number;
	/** How many hosts found no room. */
	readonly overflow: number;
	readonly flag: number;
	/** Address is null with flag 0; time in milliseconds since midnight UTC, or the high bit set for another clock. */
	readonly entries: readonly { readonly address: string | null; readonly time: number }[];
}

function routeOption(kind: number, meaning: string): OptionRow<Ipv4Route> {
	return {
		kind,
		meaning,
		decode(bytes) {
			if (bytes.length % 4 !== 1) return null;
			const addresses: string[] = [];
			for (let offset = 1; offset < bytes.length; offset += 4) addresses.push(formatIpv4(bytes, offset));
			return { pointer: bytes[0] ?? 0, addresses };
		},
		encode({ pointer, addresses }) {
			requireRange("pointer", pointer, 0xff);
			if (addresses.length > 9) throw new RangeError(`${meaning}: at most 9 addresses, not ${addresses.length}`);
			const bytes = new Uint8Array(1 + addresses.length * 4);
			bytes[0] = pointer;
			for (const [index, address] of addresses.entries()) bytes.set(requireAddress(address, 4), 1 + index * 4);
			return bytes;
		},
	};
}

const TIMES_ONLY = 0;

const TIMESTAMP: OptionRow<Ipv4Timestamps> = {
	kind: 68,
	meaning: "Time Stamp",
	decode(bytes) {
		if (bytes.length < 2) return null;
		const view = viewOf(bytes);
		const flag = view.getUint8(1) & 0x0f;
		const size = flag === TIMES_ONLY ? 4 : 8;
		if ((bytes.length - 2) % size !== 0) return null;
		const entries: { address: string | null; time: number }[] = [];
		for (let offset = 2; offset < bytes.length; offset += size) {
			const address = size === 4 ? null : formatIpv4(bytes, offset);
			entries.push({ address, time: view.getUint32(offset + size - 4) });
		}
		return { pointer: view.getUint8(0), overflow: view.getUint8(1) >> 4, flag, entries };
	},
	encode({ pointer, overflow, flag, entries }) {
		requireRange("pointer", pointer, 0xff);
		requireRange("overflow", overflow, 0xf);
		requireRange("flag", flag, 0xf);
		const size = flag === TIMES_ONLY ? 4 : 8;
		const bytes = new Uint8Array(2 + entries.length * size);
		const view = viewOf(bytes);
		view.setUint8(0, pointer);
		view.setUint8(1, (overflow << 4) | flag);
		for (const [index, { address, time }] of entries.entries()) {
			requireRange("time", time, 0xffffffff);
			if ((address === null) !== (size === 4))
				throw new RangeError("addresses stand with flags other than 0, and only there");
			if (address !== null) bytes.set(requireAddress(address, 4), 2 + index * 8);
			view.setUint32(2 + (index + 1) * size - 4, time);
		}
		return bytes;
	},
};

/** An option that is one 16-bit number. */
function uint16Option(kind: number, meaning: string): OptionRow<number> {
	return {
		kind,
		meaning,
		decode: (bytes) => (bytes.length === 2 ? viewOf(bytes).getUint16(0) : null),
		encode(value) {
			requireRange(meaning, value, 0xffff);
			return Uint8Array.of(value >> 8, value & 0xff);
		},
	};
}

function bytesOption(kind: number, meaning: string): OptionRow<Uint8Array> {
	return { kind, meaning, decode: (bytes) => bytes, encode: (value) => value };
}

/** Every IPv4 option with a meaning of its own, one row each; the kind is the whole first byte (IANA IP Option Numbers). */
export const IPV4_OPTIONS = {
	recordRoute: routeOption(7, "Record Route"),
	/** RFC 1063, obsolete: an MTU in bytes. */
	mtuProbe: uint16Option(11, "MTU Probe"),
	mtuReply: uint16Option(12, "MTU Reply"),
	/** RFC 4782: function and rate, TTL, nonce. */
	quickStart: bytesOption(25, "Quick-Start"),
	timestamp: TIMESTAMP,
	/** RFC 1393: id, outbound hops, return hops, originator. */
	traceroute: bytesOption(82, "Traceroute"),
	/** RFC 1108. */
	security: bytesOption(130, "Security"),
	looseSourceRoute: routeOption(131, "Loose Source Route"),
	extendedSecurity: bytesOption(133, "Extended Security"),
	/** draft-ietf-cipso-ipsecurity. */
	commercialSecurity: bytesOption(134, "Commercial Security"),
	/** RFC 791: SATNET stream identifier. */
	streamId: uint16Option(136, "Stream ID"),
	strictSourceRoute: routeOption(137, "Strict Source Route"),
	/** RFC 2113: 0 asks every router to look at the packet. */
	routerAlert: uint16Option(148, "Router Alert"),
} as const;

/** One IPv4 option as a value; its type follows from its row in `IPV4_OPTIONS`. */
export type Ipv4Option = OptionOf<typeof IPV4_OPTIONS>;

const CODEC = optionCodec(IPV4_OPTIONS);

/** The options of an IPv4 header; always ends, and keeps what it does not know. */
export function decodeIpv4Options(bytes: Uint8Array): readonly Ipv4Option[] {
	return CODEC.decode(bytes);
}

/** Options as bytes, zero padded to a multiple of 4; throws RangeError where they do not fit. */
export function encodeIpv4Options(options: readonly Ipv4Option[]): Uint8Array {
	return CODEC.encode(options);
}
