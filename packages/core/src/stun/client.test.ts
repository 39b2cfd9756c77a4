import { attributeOf, encodeStun, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { ClientUnderTest, MAPPED, names, OTHER, SERVER } from "./client.fixture.ts";
import { CLASSIC_SCHEDULE, DATAGRAM_SCHEDULE, givenUpAfter } from "./schedule.ts";

const times = (under: ClientUnderTest) => under.sent.map(({ at }) => at / MILLISECOND);
const ERROR = (code: number): StunItem => ({ name: "errorCode", value: { code, reason: "" } });

describe("a request that nobody answers", () => {
	test("leaves at the times of RFC 8489 and fails after 39.5 s, always the same bytes", () => {
		const under = new ClientUnderTest();
		under.request();
		under.pass(60 * SECOND);
		expect(times(under)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
		expect(new Set(under.sent.map(({ message }) => message.bytes.join()))).toHaveProperty("size", 1);
		expect(under.events).toMatchObject([
			{ at: 39.5 * SECOND, event: { kind: "failed", why: "timeout", transmissions: 7 } },
		]);
		expect(under.client.pending).toBe(0);
		expect(under.client.deadline).toBeNull();
	});

	test("leaves at the times of RFC 3489 where it is a classic one", () => {
		const under = new ClientUnderTest();
		under.request({ classic: true });
		under.pass(60 * SECOND);
		expect(times(under)).toEqual([0, 100, 300, 700, 1500, 3100, 4700, 6300, 7900]);
		expect(under.events[0]?.at).toBe(9.5 * SECOND);
		expect(under.last.message).toMatchObject({ classic: true });
		expect(names(under.last.message)).toEqual([]);
	});

	test("leaves once on a stream, and fails as late", () => {
		const under = new ClientUnderTest({ transport: "stream" });
		under.request();
		under.pass(60 * SECOND);
		expect(times(under)).toEqual([0]);
		expect(under.events[0]?.at).toBe(39.5 * SECOND);
	});

	test("leaves as its own schedule says", () => {
		const under = new ClientUnderTest();
		const schedule = { rtoNs: 50 * MILLISECOND, maximumRtoNs: 80 * MILLISECOND, transmissions: 4, lastWait: 2 };
		under.request({ schedule });
		under.pass(SECOND);
		expect(times(under)).toEqual([0, 50, 130, 210]);
		expect(under.events[0]?.at).toBe(310 * MILLISECOND);
		expect(givenUpAfter(schedule)).toBe(310 * MILLISECOND);
		expect([givenUpAfter(DATAGRAM_SCHEDULE), givenUpAfter(CLASSIC_SCHEDULE)]).toEqual([39.5 * SECOND, 9.5 * SECOND]);
	});

	test("leaves no more once it is to be quiet, and is given up when it would have been", () => {
		const under = new ClientUnderTest();
		under.request();
		under.pass(600 * MILLISECOND);
		under.step({ type: "quiet", key: "a" });
		under.pass(60 * SECOND);
		expect(times(under)).toEqual([0, 500]);
		expect(under.events).toMatchObject([{ at: 39.5 * SECOND, event: { kind: "failed", why: "timeout" } }]);
		under.step({ type: "quiet", key: "a" });
		expect(under.ignored).toEqual(["unknownRequest"]);
	});

	test("that is quiet is answered all the same", () => {
		const under = new ClientUnderTest();
		under.request();
		under.step({ type: "quiet", key: "a" });
		under.pass(30 * SECOND);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "success" });
	});

	test("leaves at once for all that came late, if the clock jumps", () => {
		const under = new ClientUnderTest();
		under.request();
		under.now = 20 * SECOND;
		under.step({ type: "timer" });
		expect(times(under)).toEqual([0, 20_000]);
	});
});

describe("an answer", () => {
	test("ends the request with its round trip", () => {
		const under = new ClientUnderTest();
		under.request();
		under.pass(30 * MILLISECOND);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({
			kind: "success",
			key: "a",
			rttNs: 30 * MILLISECOND,
			transmissions: 1,
			authenticated: false,
			loss: null,
		});
		under.pass(60 * SECOND);
		expect(under.sent).toHaveLength(1);
	});

	test("after a second transmission has no round trip: nothing tells which was answered", () => {
		const under = new ClientUnderTest();
		under.request();
		under.pass(600 * MILLISECOND);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "success", rttNs: null, transmissions: 2 });
	});

	test("comes when the driver says it came", () => {
		const under = new ClientUnderTest();
		under.request();
		under.pass(30 * MILLISECOND);
		const { message } = under.last;
		const bytes = encodeStun({
			class: "success",
			method: "binding",
			transactionId: message.transactionId,
			attributes: [MAPPED],
		});
		under.step({ type: "received", bytes, from: SERVER, at: 20 * MILLISECOND });
		expect(under.end).toMatchObject({ rttNs: 20 * MILLISECOND });
	});

	test.each([
		["of no STUN at all", (under: ClientUnderTest) => under.hear(new Uint8Array(30)), "notStun"],
		["that is a request", (under: ClientUnderTest) => under.hear(under.last.message.bytes), "notAnAnswer"],
		["from another source", (under: ClientUnderTest) => under.answer("success", [MAPPED], OTHER), "wrongSource"],
		[
			"from another port",
			(under: ClientUnderTest) => under.answer("success", [MAPPED], { ...SERVER, port: 1 }),
			"wrongSource",
		],
		["to another socket", (under: ClientUnderTest) => under.hear(answerOf(under), SERVER, 1), "wrongSocket"],
		[
			"with another id",
			(under: ClientUnderTest) => under.hear(answerOf(under, { transactionId: new Uint8Array(12) })),
			"unknownTransaction",
		],
		[
			"of another method",
			(under: ClientUnderTest) => under.hear(answerOf(under, { method: "allocate" })),
			"wrongMethod",
		],
		[
			"with a wrong fingerprint",
			(under: ClientUnderTest) => under.answer("success", [MAPPED, { name: "fingerprint", value: 1 }]),
			"badFingerprint",
		],
	] as const)("%s changes nothing", (_, hear, reason) => {
		const under = new ClientUnderTest();
		under.request();
		hear(under);
		expect(under.ignored).toEqual([reason]);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "success" });
		under.answer("success", [MAPPED]);
		expect(under.ignored.at(-1)).toBe("unknownTransaction");
	});

	test("may come from elsewhere and to another socket where the request says so", () => {
		const under = new ClientUnderTest();
		under.request({ answersFrom: "anywhere", answersTo: 4, local: 2 });
		expect(under.last.local).toBe(2);
		under.hear(answerOf(under), OTHER, 4);
		expect(under.end).toMatchObject({ kind: "success", from: OTHER, to: SERVER, local: 4 });
	});

	test("with what must be understood and is not fails the request", () => {
		const under = new ClientUnderTest();
		under.request();
		under.answer("success", [MAPPED, { name: "unknown", type: 0x7abc, value: new Uint8Array(0) }]);
		expect(under.end).toMatchObject({ kind: "failed", why: "unknownAttributes" });
	});

	test("of an error is told with what was not understood", () => {
		const under = new ClientUnderTest();
		under.request({ attributes: [{ name: "padding", value: new Uint8Array(8) }] });
		under.answer("error", [ERROR(420), { name: "unknownAttributes", value: [0x0026] }]);
		expect(under.end).toMatchObject({ kind: "error", error: { code: 420 }, unknownAttributes: [0x0026] });
		under.request();
		under.answer("error", []);
		expect(under.end).toMatchObject({ kind: "failed", why: "noErrorCode" });
	});
});

function answerOf(under: ClientUnderTest, changes: Partial<Parameters<typeof encodeStun>[0]> = {}): Uint8Array {
	const { method, transactionId } = under.last.message;
	return encodeStun({ class: "success", method, transactionId, attributes: [MAPPED], ...changes });
}

describe("counted transmissions", () => {
	test.each([
		{ sent: 1, counter: { request: 1, response: 1 }, loss: { upstream: 0, downstream: 0 }, rttMs: 40 },
		{ sent: 2, counter: { request: 2, response: 1 }, loss: { upstream: 1, downstream: 0 }, rttMs: 40 },
		{ sent: 3, counter: { request: 3, response: 3 }, loss: { upstream: 0, downstream: 2 }, rttMs: 40 },
		{ sent: 3, counter: { request: 3, response: 2 }, loss: { upstream: 1, downstream: 1 }, rttMs: 40 },
		{ sent: 2, counter: { request: 1, response: 1 }, loss: { upstream: 0, downstream: 0 }, rttMs: 540 },
		{ sent: 2, counter: { request: 2, response: 0 }, loss: null, rttMs: 40 },
		{ sent: 1, counter: { request: 9, response: 200 }, loss: null, rttMs: null },
	])("tell of $sent sent and $counter what was lost which way", ({ sent, counter, loss, rttMs }) => {
		const under = new ClientUnderTest();
		under.request({ countTransmissions: true });
		const at = [0, 500, 1500][sent - 1] ?? 0;
		under.pass((at + 40) * MILLISECOND);
		expect(under.sent.map(({ message }) => attributeOf(message, "transactionTransmitCounter"))).toEqual(
			Array.from({ length: sent }, (_, index) => ({ request: index + 1, response: 0 })),
		);
		under.answer("success", [MAPPED, { name: "transactionTransmitCounter", value: counter }]);
		expect(under.end).toMatchObject({ loss, rttNs: rttMs === null ? null : rttMs * MILLISECOND });
	});
});

describe("many requests", () => {
	test("run side by side, each with its own end", () => {
		const under = new ClientUnderTest();
		for (let key = 0; key < 100; key++) under.request({ key });
		expect(new Set(under.sent.map(({ message }) => message.transactionId.join())).size).toBe(100);
		for (const { message } of under.sent.slice(0, 99).reverse())
			under.hear(
				encodeStun({ class: "success", method: "binding", transactionId: message.transactionId, attributes: [MAPPED] }),
			);
		under.pass(60 * SECOND);
		expect(under.events.filter(({ event }) => event.kind === "success")).toHaveLength(99);
		expect(under.end).toMatchObject({ kind: "failed", key: 99, why: "timeout" });
	});

	test("end for what cannot be reached, and for no other", () => {
		const under = new ClientUnderTest();
		under.request({ key: 1 });
		under.request({ key: 2, to: OTHER });
		under.request({ key: 3, local: 1 });
		under.step({ type: "unreachable", to: SERVER, code: "portUnreachable" });
		expect(under.events.map(({ event }) => event)).toMatchObject([{ key: 1, why: "unreachable" }]);
		under.step({ type: "closed", local: 1 });
		expect(under.end).toMatchObject({ key: 3, why: "closed" });
		expect(under.client.pending).toBe(1);
	});

	test("are forgotten when their owner cancels or repeats them", () => {
		const under = new ClientUnderTest();
		under.request({ key: 1 });
		const before = under.last.message.transactionId;
		under.request({ key: 1 });
		expect(under.client.pending).toBe(1);
		under.hear(encodeStun({ class: "success", method: "binding", transactionId: before, attributes: [MAPPED] }));
		under.step({ type: "cancel", key: 1 });
		under.step({ type: "cancel", key: 1 });
		expect(under.ignored).toEqual(["unknownTransaction", "unknownRequest"]);
		expect(under.events).toEqual([]);
	});

	test("have ids that follow from the secret alone, so that a run can be replayed", () => {
		const ids = (secret: Uint8Array) => {
			const under = new ClientUnderTest({ secret });
			for (let key = 0; key < 3; key++) under.request({ key });
			return under.sent.map(({ message }) => message.transactionId.join());
		};
		expect(ids(new Uint8Array(32))).toEqual(ids(new Uint8Array(32)));
		expect(ids(new Uint8Array(32))).not.toEqual(ids(new Uint8Array(32).fill(1)));
	});
});
