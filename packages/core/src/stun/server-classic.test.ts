import { attributeOf, type StunItem, shortTermKey, verifyIntegrity } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { ask, CHANGE, CLASSIC_ID, CLIENTS, code, fourSockets, names } from "./server.fixture.ts";
import { StunServer } from "./server.ts";

describe("RFC 3489, where it is wanted", () => {
	const server = new StunServer({ sockets: fourSockets(4), classic: true });
	const classic = { transactionId: CLASSIC_ID };

	test("is answered with all 128 bits of its id and all three addresses", () => {
		const { response } = ask(server, [], classic);
		expect(response).toMatchObject({ classic: true, transactionId: CLASSIC_ID });
		expect(names(response)).toEqual(["mappedAddress", "sourceAddress", "changedAddress"]);
		expect(attributeOf(response, "mappedAddress")).toEqual(CLIENTS[4]);
		expect(attributeOf(response, "sourceAddress")).toEqual({ address: "192.0.2.1", port: 3478 });
		expect(attributeOf(response, "changedAddress")).toEqual({ address: "192.0.2.2", port: 3479 });
	});

	test("is answered from where it asks for", () => {
		const asked = ask(server, [CHANGE(true, false)], classic);
		expect(asked.local).toBe(2);
		expect(attributeOf(asked.response, "sourceAddress")).toEqual({ address: "192.0.2.2", port: 3478 });
	});

	test("repeats its own address where it has no other", () => {
		const single = new StunServer({ sockets: fourSockets(4).slice(0, 1), classic: true });
		const { response } = ask(single, [CHANGE(false, false)], classic);
		expect(attributeOf(response, "changedAddress")).toEqual({ address: "192.0.2.1", port: 3478 });
		expect(code(ask(single, [CHANGE(true, true)], classic).response)).toBe(420);
	});

	test("is answered to another address only where that is the sender's own", () => {
		const responseAddress = (address: string): StunItem => ({ name: "responseAddress", value: { address, port: 5 } });
		expect(ask(server, [responseAddress(CLIENTS[4].address)], classic).to).toEqual({ ...CLIENTS[4], port: 5 });
		const victim = ask(server, [responseAddress("198.51.100.66")], classic);
		expect([code(victim.response), victim.to]).toEqual([400, CLIENTS[4]]);
	});

	test("has no use for padding, fingerprints and ports", () => {
		const attributes: readonly StunItem[] = [
			{ name: "padding", value: new Uint8Array(100) },
			{ name: "fingerprint", value: 1 },
		];
		const { response } = ask(server, attributes, classic);
		expect(names(response)).toEqual(["mappedAddress", "sourceAddress", "changedAddress"]);
	});
});

describe("RFC 3489 with users", () => {
	const key = shortTermKey("sesame");
	const server = new StunServer({
		sockets: fourSockets(4),
		classic: true,
		credentials: (username) => (username === "alice" ? key : null),
	});
	const ALICE: StunItem = { name: "username", value: "alice   " };
	const SIGNED: StunItem = { name: "messageIntegrity", key };
	const UNKNOWN: StunItem = { name: "unknown", type: 0x7f11, value: new Uint8Array(4) };
	const classic = { transactionId: CLASSIC_ID };

	test.each([
		["without a digest", [ALICE], 401],
		["without a name", [UNKNOWN, SIGNED], 432],
		["of nobody that it knows", [{ name: "username", value: "mallory " }, SIGNED], 430],
		["under another password", [ALICE, UNKNOWN, { name: "messageIntegrity", key: shortTermKey("simsim") }], 431],
	] as const)("refuses a request %s, unsigned", (_, items, expected) => {
		const { response, request } = ask(server, items, classic);
		expect([code(response), names(response)]).toEqual([expected, ["errorCode"]]);
		expect(response.bytes.length).toBeLessThanOrEqual(request.length);
	});

	test("answers a right one signed alike, and refuses it alike", () => {
		const { response } = ask(server, [ALICE, SIGNED], classic);
		expect(names(response)).toEqual(["mappedAddress", "sourceAddress", "changedAddress", "messageIntegrity"]);
		expect(verifyIntegrity(response, key)).toBe(true);
		const refused = ask(server, [ALICE, UNKNOWN, SIGNED], classic).response;
		expect([code(refused), verifyIntegrity(refused, key)]).toEqual([420, true]);
	});

	test("asks requests of today for what those are asked for", () => {
		expect(code(ask(server, []).response)).toBe(400);
		expect(code(ask(server, [{ name: "username", value: "mallory" }, SIGNED]).response)).toBe(401);
		const { response } = ask(server, [{ name: "username", value: "alice" }, SIGNED]);
		expect(names(response).at(-1)).toBe("messageIntegrity");
		expect(verifyIntegrity(response, key)).toBe(true);
	});
});

test("what drafts of relays had is unknown to requests of today", () => {
	const server = new StunServer({ sockets: fourSockets(4), classic: true });
	for (const type of [0x000e, 0x000f, 0x0010, 0x0011]) {
		const item: StunItem = { name: "unknown", type, value: new Uint8Array(4) };
		const { response } = ask(server, [item]);
		expect([code(response), attributeOf(response, "unknownAttributes")]).toEqual([420, [type]]);
	}
});
