import { MILLISECOND, SECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { IcmpLimiter, TokenBucket } from "./rate-limit.ts";

describe("TokenBucket", () => {
	it("gives its burst at once and then one token at a time", () => {
		const bucket = new TokenBucket(10, 3);
		expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false]);
		expect(bucket.take(99 * MILLISECOND)).toBe(false);
		expect(bucket.take(100 * MILLISECOND)).toBe(true);
	});

	it("never fills beyond its burst", () => {
		const bucket = new TokenBucket(10, 2);
		const taken = Array.from({ length: 5 }, () => bucket.take(100 * SECOND));
		expect(taken).toEqual([true, true, false, false, false]);
	});
});

describe("IcmpLimiter", () => {
	it("lets eleven of 600 errors in six seconds through, as Linux does", () => {
		const limiter = new IcmpLimiter("linux");
		const sent = Array.from({ length: 600 }, (_, index) => limiter.allows("192.0.2.1", index * 10 * MILLISECOND));
		expect(sent.filter(Boolean).length).toBe(11);
	});

	it("counts every destination for itself, up to Linux's fifty at once in all", () => {
		const limiter = new IcmpLimiter("linux");
		const sent = Array.from({ length: 100 }, (_, index) => limiter.allows(`192.0.2.${index}`, 0));
		expect(sent.filter(Boolean).length).toBe(50);
	});

	it("keeps one bucket for all destinations when told a rate", () => {
		const limiter = new IcmpLimiter({ perSecond: 1, burst: 1 });
		expect(limiter.allows("192.0.2.1", 0)).toBe(true);
		expect(limiter.allows("192.0.2.2", 0)).toBe(false);
	});

	it("allows everything when there is no limit", () => {
		const limiter = new IcmpLimiter("none");
		expect(Array.from({ length: 100 }, () => limiter.allows("192.0.2.1", 0)).every(Boolean)).toBe(true);
	});
});
