import { SECOND } from "@whither/core";
import { describe, expect, test } from "vitest";
import { MOST_GUESSES, OwnerTable } from "./owner-table.ts";
import { NAME_WORDS, writeName } from "./socket-names.ts";

const IDLE_NS = 3600 * SECOND;
const ADDRESS = { 4: "192.0.2.7", 6: "2001:db8::7" } as const;

function nameOf(address: string, port: number): Int32Array {
	const words = new Int32Array(NAME_WORDS);
	writeName(words, 0, { address, port });
	return words;
}

function table(most = 10_000) {
	return new OwnerTable([0x12345678, -0x1234567], { most, idleNs: IDLE_NS });
}

function ownerOf(owners: OwnerTable, ...where: Parameters<OwnerTable["find"]>): number {
	const entry = owners.find(...where);
	return entry < 0 ? -1 : owners.ownerOf(entry);
}

describe.each([4, 6] as const)("a 5-tuple over IPv%i", (family) => {
	const name = nameOf(ADDRESS[family], 4000);

	test("is whose it is said to be, at that listener and of that port alone, until it is released", () => {
		const owners = table();
		expect(ownerOf(owners, 3, name, 0, 0)).toBe(-1);
		owners.confirm(3, name, 0, 2, 0);
		expect(ownerOf(owners, 3, name, 0, 0)).toBe(2);
		expect(ownerOf(owners, 4, name, 0, 0)).toBe(-1);
		expect(ownerOf(owners, 3, nameOf(ADDRESS[family], 4001), 0, 0)).toBe(-1);
		owners.release(3, name, 0, 2);
		expect(ownerOf(owners, 3, name, 0, 0)).toBe(-1);
		expect(owners.size).toBe(0);
	});

	test("is another's as soon as that says so, and the one before cannot release it any more", () => {
		const owners = table();
		owners.confirm(3, name, 0, 2, 0);
		owners.confirm(3, name, 0, 5, 0);
		owners.release(3, name, 0, 2);
		expect(ownerOf(owners, 3, name, 0, 0)).toBe(5);
		expect(owners.size).toBe(1);
	});

	test("is forgotten once nothing has come by it for as long as an allocation can live", () => {
		const owners = table();
		owners.confirm(3, name, 0, 2, 0);
		expect(ownerOf(owners, 3, name, 0, IDLE_NS - 1)).toBe(2);
		expect(ownerOf(owners, 3, name, 0, 2 * IDLE_NS - 2)).toBe(2);
		expect(ownerOf(owners, 3, name, 0, 3 * IDLE_NS)).toBe(-1);
		expect(owners.size).toBe(0);
	});

	test("is a guess for some seconds, however much comes, unless it is confirmed", () => {
		const owners = table();
		owners.guess(3, name, 0, 2, 0);
		expect(ownerOf(owners, 3, name, 0, 9 * SECOND)).toBe(2);
		expect(owners.isGuess(owners.find(3, name, 0, 0))).toBe(true);
		expect(ownerOf(owners, 3, name, 0, 10 * SECOND)).toBe(-1);
		owners.guess(3, name, 0, 2, 0);
		owners.confirm(3, name, 0, 2, 0);
		// A guess takes nothing from what stands.
		owners.guess(3, name, 0, 7, 0);
		expect(ownerOf(owners, 3, name, 0, 100 * SECOND)).toBe(2);
		expect(owners.isGuess(owners.find(3, name, 0, 0))).toBe(false);
	});
});

test("there are so many guesses at once, and each that is settled makes room for another", () => {
	const owners = table();
	const names = Array.from({ length: MOST_GUESSES + 1 }, (_, index) => nameOf("192.0.2.9", index + 1));
	for (const name of names) owners.guess(0, name, 0, 1, 0);
	expect(owners.size).toBe(MOST_GUESSES);
	const last = names.at(-1) as Int32Array;
	const [confirmed, released] = names as [Int32Array, Int32Array];
	owners.confirm(0, confirmed, 0, 1, 0);
	owners.release(0, released, 0, 1);
	owners.guess(0, last, 0, 1, 0);
	owners.guess(0, released, 0, 1, 0);
	owners.guess(0, nameOf("192.0.2.10", 1), 0, 1, 0);
	expect(owners.size).toBe(MOST_GUESSES + 1);
	// The next look for what is past leaves what stands.
	owners.confirm(0, nameOf("192.0.2.11", 1), 0, 1, 61 * SECOND);
	expect(owners.size).toBe(2);
	for (const name of names) owners.guess(0, name, 0, 1, 61 * SECOND);
	expect(owners.size).toBe(MOST_GUESSES + 2);
});

test("it never has more entries than it may", () => {
	const owners = table(200);
	for (let port = 1; port <= 300; port++) owners.confirm(0, nameOf("2001:db8::1", port), 0, 1, 0);
	expect(owners.size).toBe(200);
	owners.confirm(0, nameOf("2001:db8::1", 1), 0, 2, 0);
	expect(ownerOf(owners, 0, nameOf("2001:db8::1", 1), 0, 0)).toBe(2);
	for (let port = 1; port <= 300; port++) owners.release(0, nameOf("2001:db8::1", port), 0, port === 1 ? 2 : 1);
	expect(owners.size).toBe(0);
});
