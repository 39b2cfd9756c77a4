import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchOwnAddresses } from "./own-addresses.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

it("goes by the addresses that were known while they cannot be told, and tells of new ones afterwards", () => {
	const told: string[][] = [];
	let look = (): readonly string[] => {
		throw new Error("no descriptor is left");
	};
	const stop = watchOwnAddresses(
		["192.0.2.1"],
		(addresses) => told.push([...addresses]),
		() => look(),
	);
	vi.advanceTimersByTime(10_000);
	expect(told).toEqual([]);
	look = () => ["192.0.2.1"];
	vi.advanceTimersByTime(10_000);
	expect(told).toEqual([]);
	look = () => ["192.0.2.1", "198.51.100.7"];
	vi.advanceTimersByTime(10_000);
	expect(told).toEqual([["192.0.2.1", "198.51.100.7"]]);
	stop();
});
