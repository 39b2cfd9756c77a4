import { describe, expect, it } from "vitest";
import { testCrypto } from "../../../wire/src/crypto.fixture.ts";
import { openDraw, someBytes, spoiled } from "../draw.fixture.ts";
import { SECOND } from "../machine.ts";
import { A, B, exchangeOver, machine } from "./exchange.fixture.ts";
import { MOST_DOCUMENT_BYTES } from "./exchange-io.ts";
import { exchangeKeys } from "./keys.ts";
import { isExchangePacket, openPacket, sealPacket } from "./packet.ts";

const draw = openDraw(7);
const LONG = someBytes(draw, 40_000);
const SHORT = someBytes(draw, 300);

function documentsOf({ events }: ReturnType<typeof exchangeOver>) {
	const of = (name: "a" | "b") => {
		const kinds = events[name].map(({ event }) => event.kind);
		const got = events[name].find(({ event }) => event.kind === "received")?.event;
		return { kinds, bytes: got?.kind === "received" ? got.bytes : null };
	};
	return { a: of("a"), b: of("b") };
}

function endOf({ events }: ReturnType<typeof exchangeOver>, name: "a" | "b") {
	const last = events[name].at(-1);
	return last?.event.kind === "ended" ? { ms: last.at / 1e6, failure: last.event.failure } : null;
}

/** Many bytes are compared sooner than they are shown. */
function isSame(one: Uint8Array | null, other: Uint8Array): boolean {
	return one !== null && Buffer.compare(one, other) === 0;
}

describe("one document each way", () => {
	const both = { a: { bytes: LONG, atMs: 100 }, b: { bytes: SHORT, atMs: 900 } };
	it.each([
		["a good path", {}],
		["a lossy one", { loss: 0.2 }],
		["a bad one that reorders", { loss: 0.4, jitterMs: 100, seed: 3 }],
		["a slow one", { delayMs: 400, config: { rttNs: 0.8 * SECOND } }],
	])("over %s", (_, settings) => {
		const done = exchangeOver(settings, both);
		const { a, b } = documentsOf(done);
		expect(isSame(a.bytes, SHORT)).toBe(true);
		expect(isSame(b.bytes, LONG)).toBe(true);
		for (const { kinds } of [a, b]) {
			expect(kinds.toSorted()).toEqual(["delivered", "ended", "received"]);
			expect(kinds.at(-1)).toBe("ended");
		}
		expect(endOf(done, "a")?.failure).toBeNull();
		expect(endOf(done, "b")?.failure).toBeNull();
		for (const name of ["a", "b"] as const) expect(done.machines[name].deadline).toBeNull();
	});

	it("a good path is used once a segment, and both end a round trip after the last of them", () => {
		const done = exchangeOver({}, both);
		expect(done.sent).toBeLessThan(100);
		expect(endOf(done, "a")?.ms).toBeLessThan(1_100);
		expect(endOf(done, "b")?.ms).toBeLessThan(1_100);
	});

	it("a document without bytes is one too", () => {
		const empty = new Uint8Array(0);
		const { a, b } = documentsOf(exchangeOver({}, { a: { bytes: empty, atMs: 0 }, b: { bytes: empty, atMs: 0 } }));
		expect([a.bytes, b.bytes]).toEqual([empty, empty]);
	});

	it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])("ends both ends whichever packet is lost (%i)", (lost) => {
		const done = exchangeOver({ drops: (number) => number === lost }, { a: both.a, b: { bytes: SHORT, atMs: 100 } });
		expect([endOf(done, "a")?.failure, endOf(done, "b")?.failure]).toEqual([null, null]);
	});
});

describe("what never comes to its end is ended", () => {
	const a = { bytes: SHORT, atMs: 0 };
	it("the other end says nothing that can be read", () => {
		const done = exchangeOver({ drops: (_, from) => from === "b" }, { a, b: a });
		expect(endOf(done, "a")).toEqual({ ms: 8_000, failure: "noAnswer" });
	});

	it("the other end falls silent", () => {
		const done = exchangeOver({ drops: (number, from) => from === "b" && number > 3 }, { a });
		expect(endOf(done, "a")?.failure).toBe("silent");
		expect(endOf(done, "a")?.ms).toBeLessThan(9_000);
	});

	it("the other end never has its document", () => {
		const done = exchangeOver({}, { a });
		expect(endOf(done, "a")).toEqual({ ms: 45_000, failure: "outOfTime" });
	});

	it("both were delivered, and the other end has gone before it said that it knows", () => {
		const { receive } = exchangeKeys(testCrypto, A, B);
		const isDone = (bytes: Uint8Array) => {
			const packet = openPacket(testCrypto, receive, bytes);
			return typeof packet !== "string" && packet.done;
		};
		// b's documents and acknowledgements come through, and none of its last words.
		const done = exchangeOver({ drops: (_, from, bytes) => from === "b" && isDone(bytes) }, { a, b: a });
		expect(endOf(done, "a")?.failure).toBeNull();
		expect(endOf(done, "a")?.ms).toBeLessThan(4_000);
	});
});

describe("what is not from the other end has no effect", () => {
	const sealed = sealPacket(testCrypto, exchangeKeys(testCrypto, A, B).send, 5, {
		...{ done: false, received: 3, further: 0x8000_0001, size: 2_000 },
		segment: { index: 1, bytes: new Uint8Array(976) },
	});

	it("a packet is what it was", () => {
		expect(openPacket(testCrypto, exchangeKeys(testCrypto, B, A).receive, sealed)).toEqual({
			...{ done: false, received: 3, further: 0x8000_0001, size: 2_000 },
			segment: { index: 1, bytes: new Uint8Array(976) },
		});
	});

	it("changed packets, foreign ones and our own come to nothing", () => {
		const b = machine("b");
		b.step({ type: "begin" }, 0);
		for (let round = 0; round < 300; round++) {
			const bytes = spoiled(draw, sealed);
			if (Buffer.compare(bytes, sealed) === 0) continue;
			const outputs = b.step({ type: "received", bytes }, 0);
			expect(outputs.every(({ type }) => type === "ignored")).toBe(true);
		}
		const ours = sealPacket(testCrypto, exchangeKeys(testCrypto, B, A).send, 1, {
			...{ done: true, received: 0, further: 0, size: null, segment: null },
		});
		expect(b.step({ type: "received", bytes: ours }, 0)).toEqual([{ type: "ignored", reason: "badSeal" }]);
		expect(isExchangePacket(ours)).toBe(true);
	});

	it.each([
		["too large", { size: MOST_DOCUMENT_BYTES + 1, segment: null }],
		["with a segment behind its end", { size: 10, segment: { index: 1, bytes: new Uint8Array(1) } }],
		["with a segment of another length", { size: 10, segment: { index: 0, bytes: new Uint8Array(9) } }],
		["of no size", { size: null, segment: { index: 0, bytes: new Uint8Array(9) } }],
	])("a document %s ends it", (_, packet) => {
		const b = machine("b");
		b.step({ type: "begin" }, 0);
		const { send } = exchangeKeys(testCrypto, A, B);
		const bytes = sealPacket(testCrypto, send, 1, { done: false, received: 0, further: 0, ...packet });
		const [ended] = b.step({ type: "received", bytes }, 1);
		expect(ended).toEqual({ type: "event", event: { kind: "ended", failure: "badDocument" } });
		expect(b.deadline).toBeNull();
	});

	it("ours may not be too large either", () => {
		const a = machine("a");
		const bytes = new Uint8Array(MOST_DOCUMENT_BYTES + 1);
		expect(() => a.step({ type: "document", bytes }, 0)).toThrow(RangeError);
	});
});
