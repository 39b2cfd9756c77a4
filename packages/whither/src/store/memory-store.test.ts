import { expect, it } from "vitest";
import { memoryStore } from "./memory-store.ts";
import { describeStore, END, headerOf, idOf, probeEvent } from "./store-conformance.fixture.ts";

describeStore("memory", async () => memoryStore());

it("memory has room for so much, and lets the oldest go that have ended", async () => {
	const store = memoryStore({ sessions: 3, bytes: 10_000 });
	const running = await store.begin(headerOf(0));
	for (const number of [1, 2, 3, 4]) await (await store.begin(headerOf(number))).end(END);
	const ids = async () => (await store.list({ limit: 9 })).map(({ header }) => header.id);
	expect(await ids()).toEqual([4, 3, 0].map(idOf));
	for (let seq = 0; seq < 40; seq++) running.append(probeEvent(seq));
	expect(await ids()).toEqual([idOf(0)]);
});
