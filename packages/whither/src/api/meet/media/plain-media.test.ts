import { MILLISECOND } from "@whither/core";
import { decodeRtp, encodeRtp } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { PlainMedia } from "./plain-media.ts";

const START = { ssrc: 7, sequence: 65_534, timestamp: 0xffff_ff00 };
const ms = (count: number) => count * MILLISECOND;

function begun(): PlainMedia {
	const media = new PlainMedia(START);
	media.begin(0);
	return media;
}

/** The other end's packet with this number, which came so late. */
function hear(media: PlainMedia, sequence: number, { ssrc = 9, lateMs = 0, base = 0 } = {}): void {
	const timestamp = (sequence * 160) >>> 0;
	const packet = encodeRtp({ payloadType: 0, sequence: sequence & 0xffff, timestamp, ssrc });
	media.received(packet, base + ms(20 * sequence + lateMs));
}

describe("what is sent", () => {
	test("is silence, fifty packets a second, by numbers that wrap", () => {
		const media = begun();
		const packets = [0, 20, 40, 60].flatMap((at) => media.due(ms(at))).map((bytes) => decodeRtp(bytes));
		expect(packets).toMatchObject([
			{ sequence: 65_534, timestamp: 0xffff_ff00, marker: true, payloadType: 0, ssrc: 7 },
			{ sequence: 65_535, timestamp: 0xffff_ffa0, marker: false },
			{ sequence: 0, timestamp: 0x40 },
			{ sequence: 1, timestamp: 0xe0 },
		]);
		expect(packets.every((one) => "payload" in one && one.payload.length === 160 && one.payload[0] === 0xff)).toBe(
			true,
		);
		expect([media.dueAt, media.report.sent]).toEqual([ms(80), 4]);
	});

	test("is nothing before there is a way, and nothing before it is due", () => {
		const media = new PlainMedia(START);
		expect([media.due(ms(100)), media.dueAt]).toEqual([[], null]);
		media.begin(ms(100));
		expect([media.due(ms(100)).length, media.due(ms(119)).length, media.due(ms(120)).length]).toEqual([1, 0, 1]);
	});

	test("is not made up for by a flood after a long pause: time was missed, and no number", () => {
		const media = begun();
		media.due(0);
		const late = media.due(ms(10_000)).map((bytes) => decodeRtp(bytes));
		expect(late).toHaveLength(5);
		expect(late[0]).toMatchObject({ sequence: 65_535, timestamp: (0xffff_ff00 + 496 * 160) >>> 0 });
	});
});

describe("what comes", () => {
	test("is counted, with what is missing and when it began", () => {
		const media = begun();
		for (const sequence of [5, 6, 8, 9]) hear(media, sequence);
		expect(media.report).toEqual({ codec: "PCMU", sent: 0, received: 4, lost: 1, jitterNs: 0, firstNs: ms(100) });
	});

	test("is nothing where nothing came", () => {
		expect(begun().report).toMatchObject({ received: 0, lost: 0, jitterNs: null, firstNs: null });
	});

	test("may overtake each other, and wrap", () => {
		const media = begun();
		for (const sequence of [65_533, 65_535, 65_534, 65_537, 65_536, 65_539]) hear(media, sequence);
		expect(media.report).toMatchObject({ received: 6, lost: 1 });
	});

	test("has a jitter that follows how uneven it is (RFC 3550 A.8)", () => {
		const late = begun();
		hear(late, 0);
		hear(late, 1, { lateMs: 16 });
		expect((late.report.jitterNs ?? 0) / MILLISECOND).toBe(1);
		const [even, uneven] = [begun(), begun()];
		for (let sequence = 0; sequence < 200; sequence++) {
			hear(even, sequence, { lateMs: 7 });
			hear(uneven, sequence, { lateMs: sequence % 2 === 0 ? 0 : 10 });
		}
		expect(even.report.jitterNs).toBe(0);
		expect((uneven.report.jitterNs ?? 0) / MILLISECOND).toBeCloseTo(10, 0);
	});

	test("begins anew where its numbers do, once two in a row say so", () => {
		const media = begun();
		for (const sequence of [1, 2, 3]) hear(media, sequence);
		hear(media, 40_000);
		expect(media.report).toMatchObject({ received: 3, lost: 0 });
		for (const sequence of [40_001, 40_003]) hear(media, sequence);
		expect(media.report).toMatchObject({ received: 5, lost: 1 });
	});

	test("is of another source once that has spoken twice in a row, and no sooner", () => {
		const media = begun();
		for (const sequence of [1, 2, 4]) hear(media, sequence);
		hear(media, 100, { ssrc: 77 });
		expect(media.report).toMatchObject({ received: 3, lost: 1 });
		for (const sequence of [101, 102]) hear(media, sequence, { ssrc: 77 });
		expect(media.report).toMatchObject({ received: 6, lost: 1 });
	});

	test("is no RTP where it does not look so", () => {
		const media = begun();
		media.received(Uint8Array.of(0x80, 0), 0);
		media.received(new Uint8Array(40), 0);
		expect(media.hasHeard).toBe(false);
	});
});
