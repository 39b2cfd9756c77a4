import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candidatePriority, localPreference, pairPriority } from "./priority.ts";

describe("a candidate's priority", () => {
	test.each([
		["host", 2130706431],
		["prflx", 1862270975],
		["srflx", 1694498815],
		["relay", 16777215],
	] as const)("is that of RFC 8445 for %s", (type, expected) => {
		const rank = { type, transport: "udp", tcpType: null, component: 1, localPreference: 65535 } as const;
		expect(candidatePriority(rank)).toBe(expected);
		expect(candidatePriority({ ...rank, component: 2 })).toBe(expected - 1);
	});

	test("is lower for TCP, and there highest for who opens the connection", () => {
		const of = (tcpType: "active" | "passive" | "so" | null) =>
			candidatePriority({
				...{ type: "host", transport: tcpType === null ? "udp" : "tcp", tcpType },
				...{ component: 1, localPreference: 0x1fff },
			});
		expect([of("so"), of("passive"), of("active"), of(null)].toSorted((a, b) => a - b)).toEqual([
			of("so"),
			of("passive"),
			of("active"),
			of(null),
		]);
	});
});

describe("a pair's priority", () => {
	test("is exact in 64 bits", () => {
		expect(pairPriority(2130706431, 2130706431)).toBe(9151314442783293438n);
		expect(pairPriority(2130706431, 1694498815)).toBe(7277816997797167103n);
		expect(pairPriority(1694498815, 2130706431)).toBe(7277816997797167102n);
	});

	test("orders as its formula does, whoever controls", () => {
		const priority = fc.integer({ min: 1, max: 0x7fff_ffff });
		fc.assert(
			fc.property(priority, priority, (one, other) => {
				const [low, high] = [Math.min(one, other), Math.max(one, other)];
				const expected = 2n ** 32n * BigInt(low) + 2n * BigInt(high) + (one > other ? 1n : 0n);
				expect(pairPriority(one, other)).toBe(expected);
				expect(pairPriority(one, other) < 2n ** 63n).toBe(true);
			}),
		);
	});
});

describe("a local preference", () => {
	const place = { family: 6, cost: 0, taken: new Set<number>(), before: 0 } as const;

	test("is the highest for the first IPv6 address, whether IPv4 came before it or not", () => {
		expect([localPreference(place), localPreference({ ...place, family: 4 })]).toEqual([65535, 65534]);
	});

	test("goes through both families in turns, IPv6 first, and through costs before that", () => {
		const order = [
			localPreference(place),
			localPreference({ ...place, family: 4 }),
			localPreference({ ...place, before: 1 }),
			localPreference({ ...place, family: 4, before: 1 }),
			localPreference({ ...place, cost: 1 }),
		];
		expect(order.toSorted((a, b) => b - a)).toEqual(order);
	});

	test("is no other's", () => {
		expect(localPreference({ ...place, taken: new Set([65535, 65534]) })).toBe(65533);
	});
});
