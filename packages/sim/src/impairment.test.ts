import { MILLISECOND } from "@whither/core";
import { describe, expect, it } from "vitest";
import { Impairment, impairmentFrom } from "./impairment.ts";
import { Random } from "./random.ts";
import type { ImpairmentSpec } from "./scenario.ts";

const PACKET = Uint8Array.of(1, 2, 3, 4);

function cross(spec: ImpairmentSpec, count: number, gapNs = 0) {
	const impairment = new Impairment(spec, new Random(1));
	return Array.from({ length: count }, (_, index) => impairment.cross(PACKET, index * gapNs));
}

describe("Impairment", () => {
	it("delays a packet and hands on the very same bytes", () => {
		const [crossing] = cross({ delayMs: 2.5 }, 1);
		expect(crossing).toEqual({ deliveries: [{ packet: PACKET, at: 2.5 * MILLISECOND }], faults: [] });
		expect(crossing?.deliveries[0]?.packet).toBe(PACKET);
	});

	it("loses the share it is told to", () => {
		const lost = cross({ loss: 0.2 }, 5000).filter((crossing) => crossing.deliveries.length === 0);
		expect(lost.length).toBeGreaterThan(900);
		expect(lost.length).toBeLessThan(1100);
		expect(lost[0]?.faults).toEqual(["lost"]);
	});

	it("doubles packets", () => {
		const [crossing] = cross({ delayMs: 1, duplicate: 1 }, 1);
		expect(crossing?.deliveries.length).toBe(2);
		expect(crossing?.faults).toEqual(["duplicated"]);
	});

	it("varies the delay within the jitter and lets no packet overtake another", () => {
		const times = cross({ delayMs: 10, jitterMs: 5 }, 500, 100_000).map(({ deliveries }) => deliveries[0]!.at);
		expect(times).toEqual([...times].sort((a, b) => a - b));
		times.forEach((at, index) => {
			expect(at - index * 100_000).toBeGreaterThanOrEqual(10 * MILLISECOND);
			expect(at - index * 100_000).toBeLessThanOrEqual(15 * MILLISECOND);
		});
		expect(new Set(times).size).toBeGreaterThan(50);
	});

	it("holds a share back so that others overtake it", () => {
		const times = cross({ delayMs: 1, reorder: 0.5, reorderMs: 3 }, 100).map(({ deliveries }) => deliveries[0]!.at);
		expect(new Set(times)).toEqual(new Set([1 * MILLISECOND, 4 * MILLISECOND]));
	});

	it("flips one bit of a copy", () => {
		const [crossing] = cross({ corrupt: 1 }, 1);
		const damaged = crossing!.deliveries[0]!.packet;
		const bits = damaged.reduce((sum, byte, index) => {
			return sum + (byte ^ PACKET[index]!).toString(2).replaceAll("0", "").length;
		}, 0);
		expect(bits).toBe(1);
		expect(PACKET).toEqual(Uint8Array.of(1, 2, 3, 4));
	});

	it("takes one direction's own settings over the link's", () => {
		const link = { between: ["a", "b"], delayMs: 3, loss: 0.1, oneWay: { a: { loss: 0.5 } } } as const;
		expect(impairmentFrom(link, "a")).toMatchObject({ delayMs: 3, loss: 0.5 });
		expect(impairmentFrom(link, "b")).toMatchObject({ delayMs: 3, loss: 0.1 });
	});
});
