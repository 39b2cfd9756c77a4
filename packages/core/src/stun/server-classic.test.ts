import { attributeOf, type StunItem } from "@whither/wire";
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
