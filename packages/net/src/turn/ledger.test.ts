import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTurnLedger, openTurnLedger } from "./ledger.ts";

const KEY = new Uint8Array(32).fill(5);

test("the total holds across all that share the memory", () => {
	const memory = createTurnLedger({ total: 2 }, KEY);
	const [one, other] = [openTurnLedger(memory), openTurnLedger(memory)];
	expect([one.take("a"), other.take("b"), one.take("c"), other.take("a")]).toEqual([true, true, "total", "total"]);
	other.give("a");
	expect([one.take("c"), other.take("d")]).toEqual([true, "total"]);
});

test("each owner has its own count", () => {
	const memory = createTurnLedger({ perUser: 2, total: 100 }, KEY);
	const [one, other] = [openTurnLedger(memory), openTurnLedger(memory)];
	expect([one.take("a"), other.take("a"), one.take("a"), one.take("b")]).toEqual([true, true, "perUser", true]);
	one.give("a");
	expect([other.take("a"), other.take("a")]).toEqual([true, "perUser"]);
});

test("without bounds nothing is refused", () => {
	const ledger = openTurnLedger(createTurnLedger({}, KEY));
	for (let index = 0; index < 1000; index++) expect(ledger.take("a")).toBe(true);
});

test("it says what plain maps would say, whatever is taken and given back in whatever order", () => {
	const doings = fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 400 });
	fc.assert(
		fc.property(doings, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 60 }), (done, perUser, total) => {
			const ledger = openTurnLedger(createTurnLedger({ perUser, total }, KEY));
			const counts = new Map<number, number>();
			let all = 0;
			for (const [takes, owner] of done) {
				const count = counts.get(owner) ?? 0;
				if (takes) {
					const expected = all >= total ? "total" : count >= perUser ? "perUser" : true;
					expect(ledger.take(`owner ${owner}`)).toBe(expected);
					if (expected !== true) continue;
					counts.set(owner, count + 1);
					all++;
				} else if (count > 0) {
					ledger.give(`owner ${owner}`);
					counts.set(owner, count - 1);
					all--;
				}
			}
		}),
		{ numRuns: 60 },
	);
});

test("as many owners as fit are counted apart, the next is refused, and all slots come back", () => {
	const ledger = openTurnLedger(createTurnLedger({ perUser: 1 }, KEY));
	for (let round = 0; round < 2; round++) {
		let taken = 0;
		while (taken < 60_000 && ledger.take(`owner ${round} ${taken}`) === true) taken++;
		expect(taken).toBe(49_152);
		expect(ledger.take(`owner ${round} 0`)).toBe("perUser");
		for (let index = 0; index < taken; index++) ledger.give(`owner ${round} ${index}`);
	}
});

const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module).then(({ openTurnLedger }) => {
	const ledger = openTurnLedger(workerData.memory);
	const most = new Int32Array(workerData.standing);
	let excess = 0;
	for (let round = 0; round < 3000; round++) {
		const owner = round % 3;
		if (ledger.take("owner " + owner) !== true) continue;
		if (Atomics.add(most, owner, 1) >= workerData.perUser) excess++;
		Atomics.sub(most, owner, 1);
		ledger.give("owner " + owner);
	}
	parentPort.postMessage(excess);
});
`;

test("threads that take and give at once never have more than may be, and leave nothing behind", async () => {
	const memory = createTurnLedger({ perUser: 1, total: 2 }, KEY);
	const module = new URL("../../dist/turn/ledger.js", import.meta.url).href;
	const standing = new SharedArrayBuffer(12);
	const threads = [0, 1, 2].map(
		() => new Worker(THREAD, { eval: true, execArgv: [], workerData: { module, memory, standing, perUser: 1 } }),
	);
	const excesses = await Promise.all(threads.map(async (thread) => (await once(thread, "message"))[0]));
	expect(excesses).toEqual([0, 0, 0]);
	const ledger = openTurnLedger(memory);
	expect([ledger.take("owner 0"), ledger.take("owner 1"), ledger.take("owner 2")]).toEqual([true, true, "total"]);
});
