import { describe, expect, it } from "vitest";
import { plausibleArrival, StampLedger } from "./stamp-ledger.ts";

describe("the stamp ledger", () => {
	it("gives a stamp to the probe of its id, once", () => {
		const ledger = new StampLedger();
		ledger.record(40, { sequence: 40, at: 1_000_000 });
		expect(ledger.take(40, 1_000_500, 1_100_000)).toEqual({ sequence: 40, at: 1_000_000 });
		expect(ledger.take(40, 1_000_500, 1_100_000)).toBeNull();
		expect(ledger.take(41, 1_000_500, 1_100_000)).toBeNull();
	});

	it("counts like the kernel when nobody names the ids", () => {
		const ledger = new StampLedger();
		ledger.record(null, { sequence: 7, at: 10 });
		ledger.record(null, { sequence: 9, at: 20 });
		expect(ledger.take(1, 30, 40)?.sequence).toBe(9);
		expect(ledger.take(0, 15, 40)?.sequence).toBe(7);
	});

	it("refuses a stamp from before the send or from the future", () => {
		const ledger = new StampLedger();
		ledger.record(1, { sequence: 1, at: 1_000_000 });
		ledger.record(2, { sequence: 2, at: 1_000_000 });
		expect(ledger.take(1, 990_000, 2_000_000)).toBeNull();
		expect(ledger.take(2, 2_010_000, 2_000_000)).toBeNull();
	});

	it("trusts no id that may still be on its way from before a restart", () => {
		const ledger = new StampLedger();
		for (const sequence of [0, 1, 2]) ledger.record(null, { sequence, at: 10 });
		expect(ledger.take(0, 11, 20)?.sequence).toBe(0);
		ledger.restart();
		for (const sequence of [3, 4, 5, 6]) ledger.record(null, { sequence, at: 30 });
		expect(ledger.take(1, 31, 40)).toBeNull();
		expect(ledger.take(2, 31, 40)).toBeNull();
		expect(ledger.take(3, 32, 40)?.sequence).toBe(6);
	});

	it("forgets the oldest of very many that the kernel never stamped", () => {
		const ledger = new StampLedger();
		for (let sequence = 0; sequence <= 4_096; sequence++) ledger.record(sequence, { sequence, at: 10 });
		expect(ledger.take(0, 11, 20)).toBeNull();
		expect(ledger.take(1, 11, 20)?.sequence).toBe(1);
		expect(ledger.take(4_096, 11, 20)?.sequence).toBe(4_096);
	});

	it("takes no arrival from the future or from long before the queue was last empty", () => {
		expect(plausibleArrival(1_000_000_000, 999_000_000, 1_000_001_000)).toBe(true);
		expect(plausibleArrival(1_000_010_000, 999_000_000, 1_000_001_000)).toBe(false);
		expect(plausibleArrival(900_000_000, 999_000_000, 1_000_001_000)).toBe(false);
	});
});
