import { describe, expect, it } from "vitest";
import { ANSWER_LIMITS, AnswerCap } from "./answer-cap.ts";
import { MILLISECOND, SECOND } from "./machine.ts";

function allowed(cap: AnswerCap, count: number, source: (index: number) => string, now: number): number {
	let sum = 0;
	for (let index = 0; index < count; index++) if (cap.allows(source(index), now)) sum++;
	return sum;
}

describe("the cap on answers", () => {
	it("lets a burst go to one source, then so many a second", () => {
		const cap = new AnswerCap();
		expect(allowed(cap, 1_000, () => "192.0.2.1", 0)).toBe(ANSWER_LIMITS.perSource.burst);
		expect(allowed(cap, 1_000, () => "192.0.2.1", SECOND)).toBe(ANSWER_LIMITS.perSource.perSecond);
		expect(allowed(cap, 1_000, () => "192.0.2.2", SECOND)).toBe(ANSWER_LIMITS.perSource.burst);
	});

	it("keeps to so many a second in all, however many sources there are", () => {
		const cap = new AnswerCap();
		let sum = 0;
		for (let ms = 0; ms < 5_000; ms++)
			sum += allowed(cap, 20, (index) => `10.${ms >> 8}.${ms & 255}.${index}`, ms * MILLISECOND);
		expect(sum).toBeLessThanOrEqual(ANSWER_LIMITS.all.burst + 5 * ANSWER_LIMITS.all.perSecond);
		expect(sum).toBeGreaterThan(5 * ANSWER_LIMITS.all.perSecond - 10);
	});

	it("takes all addresses of an IPv6 network of 64 bits for one source", () => {
		const cap = new AnswerCap();
		expect(allowed(cap, 1_000, (index) => `2001:db8:1:2::${index.toString(16)}`, 0)).toBe(
			ANSWER_LIMITS.perSource.burst,
		);
		expect(cap.allows("2001:db8:1:3::1", 0)).toBe(true);
	});

	it("keeps IPv4 hosts apart that a socket of both families sees", () => {
		const cap = new AnswerCap();
		expect(allowed(cap, 100, (index) => `::ffff:192.0.2.${index}`, 0)).toBe(100);
		expect(cap.allows("::ffff:192.0.2.1", 0)).toBe(true);
	});

	it("does not count backwards when the clock does", () => {
		const cap = new AnswerCap();
		cap.allows("192.0.2.1", 10 * SECOND);
		expect(allowed(cap, 1_000, () => "192.0.2.1", 0)).toBe(ANSWER_LIMITS.perSource.burst - 1);
	});
});
