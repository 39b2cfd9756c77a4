import { requireRange, viewOf } from "./bytes.ts";
import { type OptionOf, type OptionRow, optionCodec } from "./option-list.ts";

/** A selective acknowledgment block (RFC 2018 §3): sequence numbers, `end` is the first one after the block. */
export interface SackBlock {
	readonly start: number;
	readonly end: number;
}

function numberOption(kind: number, meaning: string, size: 1 | 2 | 4): OptionRow<number> {
	const maximum = 2 ** (8 * size) - 1;
	return {
		kind,
		meaning,
		decode(bytes) {
			if (bytes.length !== size) return null;
			let value = 0;
			for (const byte of bytes) value = value * 256 + byte;
			return value;
		},
		encode(value) {
			requireRange(meaning, value, maximum);
			const bytes = new Uint8Array(4);
			viewOf(bytes).setUint32(0, value);
			return bytes.subarray(4 - size);
		},
	};
}

/** An option that is only there or not; its value is `true`. */
function flagOption(kind: number, meaning: string): OptionRow<true> {
	return {
		kind,
		meaning,
		decode: (bytes) => (bytes.length === 0 ? true : null),
		encode: () => new Uint8Array(0),
	};
}

/** An option whose bytes we hand on as they are, if their number is allowed. */
function bytesOption(kind: number, meaning: string, minimum = 0, maximum = 38): OptionRow<Uint8Array> {
	return {
		kind,
		meaning,
		decode: (bytes) => (bytes.length >= minimum && bytes.length <= maximum ? bytes : null),
		encode(value) {
			if (value.length < minimum || value.length > maximum) {
				throw new RangeError(`${meaning}: ${minimum} to ${maximum} bytes, not ${value.length}`);
			}
			return value;
		},
	};
}

/** RFC 7323 §3.2: TSval and TSecr. */
const TIMESTAMPS: OptionRow<{ readonly value: number; readonly echo: number }> = {
	kind: 8,
	meaning: "Timestamps",
	decode(bytes) {
		if (bytes.length !== 8) return null;
		const view = viewOf(bytes);
		return { value: view.getUint32(0), echo: view.getUint32(4) };
	},
	encode({ value, echo }) {
		requireRange("timestamp value", value, 0xffffffff);
		requireRange("timestamp echo", echo, 0xffffffff);
		const bytes = new Uint8Array(8);
		const view = viewOf(bytes);
		view.setUint32(0, value);
		view.setUint32(4, echo);
		return bytes;
	},
};

/** RFC 2018 §3: pairs of left and right edge. */
const SACK: OptionRow<readonly SackBlock[]> = {
	kind: 5,
	meaning: "SACK",
	decode(bytes) {
		if (bytes.length === 0 || bytes.length % 8 !== 0) return null;
		const view = viewOf(bytes);
		const blocks: SackBlock[] = [];
		for (let offset = 0; offset < bytes.length; offset += 8) {
			blocks.push({ start: view.getUint32(offset), end: view.getUint32(offset + 4) });
		}
		return blocks;
	},
	encode(blocks) {
		if (blocks.length < 1 || blocks.length > 4) throw new RangeError(`SACK: 1 to 4 blocks, not ${blocks.length}`);
		const bytes = new Uint8Array(blocks.length * 8);
		const view = viewOf(bytes);
		for (const [index, block] of blocks.entries()) {
			requireRange("SACK edge", block.start, 0xffffffff);
			requireRange("SACK edge", block.end, 0xffffffff);
			view.setUint32(index * 8, block.start);
			view.setUint32(index * 8 + 4, block.end);
		}
		return bytes;
	},
};

/** RFC 5482 §3: the granularity bit and 15 bits of time. */
const USER_TIMEOUT: OptionRow<{ readonly unit: "seconds" | "minutes"; readonly time: number }> = {
	kind: 28,
	meaning: "User Timeout Option",
	decode(bytes) {
		if (bytes.length !== 2) return null;
		const word = viewOf(bytes).getUint16(0);
		return { unit: word & 0x8000 ? "minutes" : "seconds", time: word & 0x7fff };
	},
	encode({ unit, time }) {
		requireRange("user timeout", time, 0x7fff);
		return Uint8Array.of((unit === "minutes" ? 0x80 : 0) | (time >> 8), time & 0xff);
	},
};

/** RFC 8684 §3: the subtype in the first four bits; the rest stays bytes. */
const MULTIPATH: OptionRow<{ readonly subtype: number; readonly bytes: Uint8Array }> = {
	kind: 30,
	meaning: "Multipath TCP (MPTCP)",
	decode: (bytes) => (bytes.length < 1 ? null : { subtype: (bytes[0] ?? 0) >> 4, bytes }),
	encode({ subtype, bytes }) {
		requireRange("MPTCP subtype", subtype, 0xf);
		if (bytes.length < 1) throw new RangeError("MPTCP: at least one byte");
		const copy = bytes.slice();
		copy[0] = (subtype << 4) | ((bytes[0] ?? 0) & 0x0f);
		return copy;
	},
};

/** RFC 9768 §3.2.3: up to three 24-bit byte counters; the kind says in which order. */
function accurateEcn(kind: number, order: 0 | 1): OptionRow<readonly number[]> {
	return {
		kind,
		meaning: `Accurate ECN Order ${order} (AccECN${order})`,
		decode(bytes) {
			if (bytes.length % 3 !== 0 || bytes.length > 9) return null;
			const counters: number[] = [];
			for (let offset = 0; offset < bytes.length; offset += 3) {
				counters.push(((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0));
			}
			return counters;
		},
		encode(counters) {
			if (counters.length > 3) throw new RangeError(`AccECN: at most 3 counters, not ${counters.length}`);
			const bytes: number[] = [];
			for (const counter of counters) {
				requireRange("AccECN counter", counter, 0xffffff);
				bytes.push(counter >> 16, (counter >> 8) & 0xff, counter & 0xff);
			}
			return Uint8Array.from(bytes);
		},
	};
}

/** Every TCP option with a meaning of its own, one row each; kinds from IANA's TCP Option Kind Numbers. */
export const TCP_OPTIONS = {
	/** RFC 9293 §3.7.1, in bytes. */
	maximumSegmentSize: numberOption(2, "Maximum Segment Size", 2),
	/** RFC 7323 §2.2, a shift count. */
	windowScale: numberOption(3, "Window Scale", 1),
	/** RFC 2018 §2. */
	sackPermitted: flagOption(4, "SACK Permitted"),
	sack: SACK,
	timestamps: TIMESTAMPS,
	/** RFC 2385: an MD5 digest. */
	md5Signature: bytesOption(19, "MD5 Signature Option (obsoleted by option 29)", 16, 16),
	/** RFC 4782: rate request, TTL difference and nonce. */
	quickStart: bytesOption(27, "Quick-Start Response", 6, 6),
	userTimeout: USER_TIMEOUT,
	/** RFC 5925 §2.2: KeyID, RNextKeyID, MAC. */
	authentication: bytesOption(29, "TCP Authentication Option (TCP-AO)", 2),
	multipath: MULTIPATH,
	/** RFC 7413 §4.1.1: empty to ask for a cookie, else 4 to 16 bytes. */
	fastOpenCookie: bytesOption(34, "TCP Fast Open Cookie", 0, 16),
	/** RFC 8547 §4: sub-options of tcpcrypt and the like. */
	encryptionNegotiation: bytesOption(69, "Encryption Negotiation (TCP-ENO)"),
	accurateEcn0: accurateEcn(172, 0),
	accurateEcn1: accurateEcn(174, 1),
	/** RFC 4727: the first two bytes are the experiment's identifier (RFC 6994). */
	experiment1: bytesOption(253, "RFC3692-style Experiment 1"),
	experiment2: bytesOption(254, "RFC3692-style Experiment 2"),
} as const;

/** One TCP option as a value; its type follows from its row in `TCP_OPTIONS`. */
export type TcpOption = OptionOf<typeof TCP_OPTIONS>;

/** What an option of this name holds. */
type TcpOptionValue<Name extends TcpOption["name"]> = Extract<TcpOption, { readonly name: Name }>["value"];

/** An option to send, with its kind filled in from the table. */
export function tcpOption<Name extends keyof typeof TCP_OPTIONS>(name: Name, value: TcpOptionValue<Name>): TcpOption {
	return { name, kind: TCP_OPTIONS[name].kind, value } as TcpOption;
}

const CODEC = optionCodec(TCP_OPTIONS);

/** The options of a TCP header; always ends, and keeps what it does not know. */
export function decodeTcpOptions(bytes: Uint8Array): readonly TcpOption[] {
	return CODEC.decode(bytes);
}

/** Options as bytes, zero padded to a multiple of 4; throws RangeError where they do not fit. */
export function encodeTcpOptions(options: readonly TcpOption[]): Uint8Array {
	return CODEC.encode(options);
}
