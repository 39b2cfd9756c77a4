import { encodeExtensions, type IcmpExtension, icmpExtension } from "@whither/wire";
import { describe, expect, it } from "vitest";
import { type ControlFacts, decodeControl } from "../native/control.ts";
import { STAMP_V4, TIME_EXCEEDED_V4, TIME_EXCEEDED_V6 } from "../testing/captured.ts";
import { decodeErrorEntry, type EntryContext } from "./error-entry.ts";

const UDP = 17;
const CONTEXT_V4: EntryContext = { family: 4, protocol: UDP, sourcePort: 5000, socket: null, at: 7, stamp: "kernel" };
const CONTEXT_V6: EntryContext = { ...CONTEXT_V4, family: 6 };
const ICMP4: EntryContext = { ...CONTEXT_V4, protocol: 1, sourcePort: null };
const TCP4: EntryContext = { ...CONTEXT_V4, protocol: 6, socket: 3 };

const FACTS_V4 = decodeControl(TIME_EXCEEDED_V4.control);
const LABELS: IcmpExtension[] = [
	icmpExtension({ kind: "mpls", labels: [{ label: 16001, trafficClass: 1, bottom: true, ttl: 1 }] }),
];
const EXTENSIONS = encodeExtensions(LABELS);

/** The facts with another error. */
function facts(error: Partial<NonNullable<ControlFacts["error"]>>): ControlFacts {
	const base = FACTS_V4.error;
	if (base === null) throw new Error("fixture without an error");
	return { ...FACTS_V4, error: { ...base, ...error } };
}

/** `original` bytes as quoted, then the extension structure. */
function extended(original: number, structure: Uint8Array = EXTENSIONS): { name: Uint8Array; data: Uint8Array } {
	const data = new Uint8Array(original + structure.length);
	data.set(TIME_EXCEEDED_V4.data);
	data.set(structure, original);
	return { name: TIME_EXCEEDED_V4.name, data };
}

describe("an error-queue entry", () => {
	it("becomes a reply with the hop, the probe's ports and what was quoted", () => {
		expect(decodeErrorEntry(TIME_EXCEEDED_V4, FACTS_V4, CONTEXT_V4)).toEqual({
			type: "icmpError",
			at: 7,
			stamp: "kernel",
			from: "10.99.0.2",
			ttl: 64,
			tos: 0xc0,
			socket: null,
			icmp: { type: 11, code: 0 },
			mtu: null,
			quoted: {
				protocol: UDP,
				source: null,
				destination: "10.99.1.2",
				sourcePort: 5000,
				destinationPort: 33434,
				segment: null,
				payload: TIME_EXCEEDED_V4.data,
				bytes: null,
				ip: null,
			},
			extensions: [],
		});
	});

	it("becomes the same in IPv6", () => {
		const reply = decodeErrorEntry(TIME_EXCEEDED_V6, decodeControl(TIME_EXCEEDED_V6.control), CONTEXT_V6);
		expect(reply).toMatchObject({ from: "fd99::2", icmp: { type: 3, code: 0 }, quoted: { destination: "fd99:1::2" } });
	});

	it("is stripped of its header for UDP-Lite as for UDP", () => {
		const { quoted } = decodeErrorEntry(TIME_EXCEEDED_V4, FACTS_V4, { ...CONTEXT_V4, protocol: 136 }) ?? {};
		expect(quoted).toMatchObject({ protocol: 136, destinationPort: 33434, segment: null });
		expect(quoted?.payload).toEqual(TIME_EXCEEDED_V4.data);
	});

	it("is no reply when it is a transmit stamp or our own kernel's word", () => {
		expect(decodeErrorEntry(STAMP_V4, decodeControl(STAMP_V4.control), CONTEXT_V4)).toBeNull();
		expect(decodeErrorEntry(TIME_EXCEEDED_V4, facts({ origin: 1 }), CONTEXT_V4)).toBeNull();
	});

	it("has the extensions where the kernel says they are, and the quote ends there", () => {
		const reply = decodeErrorEntry(extended(100), facts({ extensionOffset: 100 }), CONTEXT_V4);
		expect(reply?.extensions).toEqual(LABELS);
		expect(reply?.quoted.payload.length).toBe(100);
	});

	it("has none when the kernel found them broken", () => {
		const reply = decodeErrorEntry(extended(100), facts({ extensionOffset: 100, extensionFlags: 1 }), CONTEXT_V4);
		expect(reply?.extensions).toEqual([]);
		expect(reply?.quoted.payload.length).toBe(100);
	});

	it.each([
		["UDP over IPv4", CONTEXT_V4, 100],
		["UDP over IPv6", { ...CONTEXT_V6 }, 80],
		["ICMP over IPv4", ICMP4, 108],
		["TCP over IPv4", TCP4, 108],
	])("finds extensions of senders from before RFC 4884 in %s", (_, context, original) => {
		const type = context.family === 4 ? 11 : 3;
		const reply = decodeErrorEntry(extended(original), facts({ type }), context);
		expect(reply?.extensions).toEqual(LABELS);
	});

	it("takes no quoted payload for an extension", () => {
		const unsent = EXTENSIONS.slice();
		unsent[2] = 0;
		unsent[3] = 0;
		const wrong = EXTENSIONS.slice();
		wrong[3] = (wrong[3] ?? 0) ^ 1;
		for (const structure of [unsent, wrong, new Uint8Array(12), new Uint8Array(12).fill(0x20)]) {
			const reply = decodeErrorEntry(extended(100, structure), FACTS_V4, CONTEXT_V4);
			expect(reply?.extensions).toEqual([]);
			expect(reply?.quoted.payload.length).toBe(100 + structure.length);
		}
	});

	it("carries the MTU of a Fragmentation Needed and of a Packet Too Big, and of nothing else", () => {
		expect(decodeErrorEntry(TIME_EXCEEDED_V4, facts({ type: 3, code: 4, info: 1400 }), CONTEXT_V4)?.mtu).toBe(1400);
		expect(decodeErrorEntry(TIME_EXCEEDED_V4, facts({ type: 3, code: 3, info: 1400 }), CONTEXT_V4)?.mtu).toBeNull();
		expect(decodeErrorEntry(TIME_EXCEEDED_V4, facts({ type: 2, code: 0, info: 1280 }), CONTEXT_V6)?.mtu).toBe(1280);
	});

	it("keeps the transport header where the kernel leaves it, and splits the payload off", () => {
		const segment = new Uint8Array(28);
		segment[12] = 0x60;
		const message = { name: TIME_EXCEEDED_V4.name, data: segment };
		const tcp = decodeErrorEntry(message, FACTS_V4, TCP4);
		expect(tcp).toMatchObject({ socket: 3, quoted: { segment, destinationPort: 33434 } });
		expect(tcp?.quoted.payload.length).toBe(4);
		const echo = decodeErrorEntry(message, FACTS_V4, ICMP4);
		expect(echo?.quoted).toMatchObject({ sourcePort: null, destinationPort: null });
		expect(echo?.quoted.payload.length).toBe(20);
		const short = decodeErrorEntry({ name: message.name, data: segment.subarray(0, 8) }, FACTS_V4, TCP4);
		expect(short?.quoted.payload.length).toBe(0);
	});

	it("copies what it keeps, since the buffers are used again", () => {
		const data = TIME_EXCEEDED_V4.data.slice();
		const reply = decodeErrorEntry({ name: TIME_EXCEEDED_V4.name, data }, FACTS_V4, CONTEXT_V4);
		data.fill(0);
		expect(reply?.quoted.payload).toEqual(TIME_EXCEEDED_V4.data);
	});
});
