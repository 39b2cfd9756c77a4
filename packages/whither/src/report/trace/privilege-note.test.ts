import { describe, expect, it } from "vitest";
import { hop, sampleResult } from "./sample-trace.fixture.ts";
import { verdict } from "./verdict.ts";

const quiet = (ttl: number) => hop(ttl, null, null, null);

describe.each([
	[4, "10.0.0.1", "203.0.113.7"],
	[6, "2001:db8::1", "2001:db8::7"],
] as const)("silence from some hop on, over IPv%i", (family, router, target) => {
	const silent = sampleResult([hop(1, router), quiet(2), quiet(3)], { family });
	const codes = (result: typeof silent) => verdict(result).notes.map(({ code }) => code);

	it("may be the want of a privilege where ordinary sockets were used", () => {
		expect(verdict(silent).notes).toEqual([
			{
				code: "privilege",
				sentence:
					"Ordinary sockets hear nobody beyond a 1:1 NAT; with CAP_NET_RAW more may be heard (run as root, or see whither doctor).",
			},
		]);
		expect(codes({ ...silent, hops: [quiet(1), quiet(2)], stopReason: "silentHops" })).toEqual(["privilege"]);
	});

	it("is not where raw sockets were used, or the method knows none", () => {
		expect(codes({ ...silent, channel: "raw" })).toEqual([]);
		expect(codes({ ...silent, method: "tcpconnect" })).toEqual([]);
	});

	it("may be where the method stands in for one that needs it", () => {
		const fallback = { code: "methodFallback", from: "tcp", to: "tcpconnect", reason: "permissionDenied" } as const;
		expect(codes({ ...silent, method: "tcpconnect", warnings: [fallback] })).toEqual(["privilege"]);
	});

	it("has no such note where the target or a last router answers, or the trace was cut short", () => {
		expect(codes(sampleResult([hop(1, router), hop(2, target)], { family }))).toEqual([]);
		expect(codes(sampleResult([hop(1, router), hop(2, router)], { family }))).toEqual([]);
		expect(codes({ ...silent, stopReason: "interrupted" })).toEqual([]);
	});
});
