import {
	attributeOf,
	decodeStun,
	encodeStun,
	networkStatusOf,
	type StunItem,
	type StunMessage,
	shortTermKey,
	verifyFingerprint,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import {
	ADDRESSES,
	ask,
	CHANGE,
	CLASSIC_ID,
	CLIENTS,
	code,
	FAMILIES,
	fourSockets,
	ID,
	names,
	PLAIN,
} from "./server.fixture.ts";
import { StunServer } from "./server.ts";

describe.each(FAMILIES)("IPv%i: a Binding request", (family) => {
	test("is answered with the mapped address and nothing else", () => {
		const { response, to, local } = ask(new StunServer(PLAIN), [], { family });
		expect(response).toMatchObject({ class: "success", method: "binding", transactionId: ID });
		expect(names(response)).toEqual(["xorMappedAddress"]);
		expect(attributeOf(response, "xorMappedAddress")).toEqual(CLIENTS[family]);
		expect([to, local]).toEqual([CLIENTS[family], 0]);
		expect(response.bytes).toHaveLength(family === 4 ? 32 : 44);
	});

	test("with a fingerprint is answered with one", () => {
		const { response } = ask(new StunServer(PLAIN), [{ name: "fingerprint" }], { family });
		expect(verifyFingerprint(response)).toBe(true);
	});

	test("to a server with two addresses and ports learns the others, from wherever it asks", () => {
		const [a, b] = ADDRESSES[family];
		const others = [
			{ address: b, port: 3479 },
			{ address: b, port: 3478 },
			{ address: a, port: 3479 },
			{ address: a, port: 3478 },
		];
		for (const [local, other] of others.entries()) {
			const { response } = ask(new StunServer({ sockets: fourSockets(family) }), [], { family, local });
			expect(attributeOf(response, "otherAddress")).toEqual(other);
			expect(attributeOf(response, "responseOrigin")).toEqual(fourSockets(family)[local]?.address);
			expect(attributeOf(response, "mappedAddress")).toEqual(CLIENTS[family]);
		}
	});

	test("from a source that has begun at the other address leaves out what that knows, for ten seconds", () => {
		const server = new StunServer({ sockets: fourSockets(family) });
		const other = (local: number, now: number) =>
			attributeOf(ask(server, [], { family, local, now: now * SECOND }).response, "otherAddress");
		expect(other(0, 0)).toBeDefined();
		expect(other(2, 1)).toBeUndefined();
		expect(attributeOf(ask(server, [], { family, local: 2, now: SECOND }).response, "responseOrigin")).toBeDefined();
		expect(other(1, 2)).toBeDefined();
		expect(other(3, 12)).toBeDefined();
		expect(other(0, 13)).toBeUndefined();
	});

	test.each([
		{ change: [false, false], local: 0 },
		{ change: [false, true], local: 1 },
		{ change: [true, false], local: 2 },
		{ change: [true, true], local: 3 },
	] as const)("that asks for a change of $change is answered from there", ({ change: [ip, port], local }) => {
		const asked = ask(new StunServer({ sockets: fourSockets(family) }), [CHANGE(ip, port)], { family });
		expect(asked.local).toBe(local);
		expect(attributeOf(asked.response, "responseOrigin")).toEqual(fourSockets(family)[local]?.address);
		expect(attributeOf(asked.response, "xorMappedAddress")).toEqual(CLIENTS[family]);
	});

	test("that asks for another port of its own is answered there", () => {
		const { to } = ask(new StunServer(PLAIN), [{ name: "responsePort", value: 7 }], { family });
		expect(to).toEqual({ ...CLIENTS[family], port: 7 });
	});
});

describe("a server", () => {
	test("tells the addresses that clients know it by", () => {
		const known = { address: "198.51.100.1", port: 3478 };
		const [first, ...others] = fourSockets(4);
		const sockets = [{ ...first!, publicAddress: known }, ...others];
		expect(attributeOf(ask(new StunServer({ sockets }), []).response, "responseOrigin")).toEqual(known);
		expect(attributeOf(ask(new StunServer({ sockets }), [], { local: 3 }).response, "otherAddress")).toEqual(known);
	});

	test("tells an IPv4 client of a socket of both families its IPv4 address", () => {
		const bytes = encodeStun({ class: "request", method: "binding", transactionId: ID, attributes: [] });
		const from = { address: "::ffff:203.0.113.7", port: 50_000 };
		const [output] = new StunServer(PLAIN).step({ type: "received", bytes, from, local: 0 }, 0);
		if (output?.type !== "send") throw new Error("nothing was answered");
		expect(output.to).toEqual(from);
		expect(attributeOf(decodeStun(output.bytes) as StunMessage, "xorMappedAddress")).toEqual(CLIENTS[4]);
	});

	test("tells nobody of loopback as its other address", () => {
		const sockets = ["127.0.0.1", "203.0.113.1"].flatMap((address) =>
			[3478, 3479].map((port) => ({ address: { address, port } })),
		);
		expect(names(ask(new StunServer({ sockets }), [], { local: 2 }).response)).toEqual(["xorMappedAddress"]);
	});

	test("with anything less than two addresses and two ports says that it cannot change", () => {
		for (const sockets of [PLAIN.sockets, fourSockets(4).slice(0, 2), fourSockets(4).slice(0, 3)]) {
			const { response } = ask(new StunServer({ sockets }), [CHANGE(true, true)]);
			expect(code(response)).toBe(420);
			expect(attributeOf(response, "unknownAttributes")).toEqual([0x0003]);
			expect(names(ask(new StunServer({ sockets }), [CHANGE(false, false)]).response)).toEqual(["xorMappedAddress"]);
		}
	});

	test("cannot change a stream's address, nor answer to another port of it", () => {
		const server = new StunServer({ sockets: fourSockets(4) });
		expect(code(ask(server, [CHANGE(true, true)], { transport: "stream" }).response)).toBe(420);
		const { to } = ask(server, [{ name: "responsePort", value: 7 }], { transport: "stream" });
		expect(to).toEqual(CLIENTS[4]);
	});

	test("refuses what must be understood and is not, and names it shortly", () => {
		const unknown = Array.from(
			{ length: 20 },
			(_, index): StunItem => ({
				name: "unknown",
				type: 0x7000 + index,
				value: new Uint8Array(0),
			}),
		);
		const { response, request } = ask(new StunServer(PLAIN), unknown);
		expect(code(response)).toBe(420);
		expect(attributeOf(response, "unknownAttributes")).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((n) => 0x7000 + n));
		expect(response.bytes.length).toBeLessThan(request.length);
		expect(attributeOf(response, "errorCode")).toEqual({ code: 420, reason: "" });
	});

	test("refuses attributes of RFC 3489 under a cookie, and ones that do not fit their type", () => {
		const server = new StunServer(PLAIN);
		const address = { address: "192.0.2.9", port: 1 };
		expect(code(ask(server, [{ name: "responseAddress", value: address }]).response)).toBe(420);
		expect(code(ask(server, [{ name: "unknown", type: 0x0027, value: new Uint8Array(9) }]).response)).toBe(400);
		expect(code(ask(server, [{ name: "responsePort", value: 0 }]).response)).toBe(400);
	});

	test("ignores what it may ignore, and what stands behind a digest", () => {
		const key = shortTermKey("x");
		const attributes: readonly StunItem[] = [
			{ name: "unknown", type: 0x8abc, value: new Uint8Array(4) },
			{ name: "unknown", type: 0x8055, value: new Uint8Array(9) },
			{ name: "messageIntegrity", key },
			{ name: "unknown", type: 0x7abc, value: new Uint8Array(0) },
		];
		expect(ask(new StunServer(PLAIN), attributes).response.class).toBe("success");
	});

	test.each([
		["no STUN", new Uint8Array(20).fill(0x80), "notStun"],
		[
			"a classic request",
			encodeStun({ class: "request", method: "binding", transactionId: CLASSIC_ID, attributes: [] }),
			"classic",
		],
		[
			"an indication",
			encodeStun({ class: "indication", method: "binding", transactionId: ID, attributes: [] }),
			"notARequest",
		],
		[
			"a response",
			encodeStun({ class: "success", method: "binding", transactionId: ID, attributes: [] }),
			"notARequest",
		],
		[
			"another method",
			encodeStun({ class: "request", method: "allocate", transactionId: ID, attributes: [] }),
			"otherMethod",
		],
		[
			"a wrong fingerprint",
			encodeStun({
				class: "request",
				method: "binding",
				transactionId: ID,
				attributes: [{ name: "fingerprint", value: 1 }],
			}),
			"badFingerprint",
		],
	] as const)("does not answer %s", (_, bytes, reason) => {
		const outputs = new StunServer(PLAIN).step({ type: "received", bytes, from: CLIENTS[4], local: 0 }, 0);
		expect(outputs).toEqual([{ type: "ignored", reason }]);
	});
});

describe("what comes back as it was said", () => {
	const server = new StunServer(PLAIN);

	test("is the TTL of a probe, whose padding does not come back", () => {
		const { response } = ask(server, [
			{ name: "pathNodeProbe", value: { hop: 12 } },
			{ name: "padding", value: new Uint8Array(400) },
		]);
		expect(attributeOf(response, "pathNodeProbe")).toEqual({ hop: 12 });
		expect(names(response)).not.toContain("padding");
	});

	test("is the number of a transmission, with that of the response", () => {
		const counter = (request: number): StunItem => ({
			name: "transactionTransmitCounter",
			value: { request, response: 0 },
		});
		const counts = [1, 2, 3].map((request) =>
			attributeOf(ask(server, [counter(request)]).response, "transactionTransmitCounter"),
		);
		expect(counts).toEqual([1, 2, 3].map((n) => ({ request: n, response: n })));
		const other = ask(server, [counter(1)], { transactionId: new Uint8Array(12) });
		expect(attributeOf(other.response, "transactionTransmitCounter")).toEqual({ request: 1, response: 1 });
	});

	test("is what routers wrote on the way there, beside room for those on the way back", () => {
		const key = shortTermKey("password");
		const signing = new StunServer({ ...PLAIN, credentials: () => key });
		const value = { congested: true, nodeCount: 3, upKbps: 100, downKbps: 200 };
		const attributes: readonly StunItem[] = [
			{ name: "username", value: "u" },
			{ name: "messageIntegrity", key },
			{ name: "networkStatus", value },
			{ name: "fingerprint" },
		];
		const { response } = ask(signing, attributes);
		expect(names(response)).toEqual([
			"xorMappedAddress",
			"networkStatus",
			"messageIntegrity",
			"networkStatus",
			"fingerprint",
		]);
		const downstream = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 };
		expect(networkStatusOf(response)).toEqual({ upstream: value, downstream });
		const unsigned = ask(server, [{ name: "networkStatus", value }]).response;
		expect(networkStatusOf(unsigned)).toEqual({ upstream: value, downstream });
	});
});

describe("padding", () => {
	const server = new StunServer({ sockets: fourSockets(4) });

	test.each([4, 40, 100, 1400])(
		"of %i bytes comes back as far as the answer is no longer than the request",
		(length) => {
			const { response, request } = ask(server, [
				{ name: "padding", value: new Uint8Array(length) },
				{ name: "fingerprint" },
			]);
			expect(response.bytes.length).toBeLessThanOrEqual(Math.max(request.length, 20 + 12 * 4 + 8));
			if (length >= 100) expect(request.length - response.bytes.length).toBeLessThan(4);
		},
	);

	test("is not sent to a port that did not ask for it", () => {
		const attributes: readonly StunItem[] = [
			{ name: "padding", value: new Uint8Array(100) },
			{ name: "responsePort", value: 9 },
		];
		const { response, to } = ask(server, attributes);
		expect(code(response)).toBe(400);
		expect(to).toEqual(CLIENTS[4]);
	});
});
