import {
	encodeStun,
	type StunAddress,
	type StunItem,
	shortTermKey,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { ask, CHANGE, CLIENTS, code, ID, names, PLAIN } from "./server.fixture.ts";
import { StunServer } from "./server.ts";

describe("with credentials a request", () => {
	const key = shortTermKey("password");
	const server = new StunServer({ ...PLAIN, credentials: (username) => (username === "user" ? key : null) });
	const USER: StunItem = { name: "username", value: "user" };

	test.each([
		["without a digest", [USER], 400],
		["without a name", [{ name: "messageIntegrity", key }], 400],
		[
			"of a stranger",
			[
				{ name: "username", value: "eve" },
				{ name: "messageIntegrity", key },
			],
			401,
		],
		["with a wrong digest", [USER, { name: "messageIntegrity", key: shortTermKey("wrong") }], 401],
		[
			"with a wrong newer digest beside a right one",
			[USER, { name: "messageIntegrity", key }, { name: "messageIntegritySha256", key: shortTermKey("wrong") }],
			401,
		],
		["whose name stands behind the digest", [{ name: "messageIntegrity", key }, USER], 400],
	] as const satisfies readonly (readonly [string, readonly StunItem[], number])[])(
		"%s is refused, unsigned",
		(_, attributes, expected) => {
			const { response } = ask(server, attributes);
			expect(code(response)).toBe(expected);
			expect(names(response)).toEqual(["errorCode"]);
		},
	);

	test("that is signed is answered alike", () => {
		const sha1 = ask(server, [USER, { name: "messageIntegrity", key }]).response;
		const sha256 = ask(server, [
			USER,
			{ name: "messageIntegrity", key },
			{ name: "messageIntegritySha256", key },
		]).response;
		expect([verifyIntegrity(sha1, key), verifyIntegritySha256(sha1, key)]).toEqual([true, false]);
		expect([verifyIntegrity(sha256, key), verifyIntegritySha256(sha256, key)]).toEqual([false, true]);
		const refused = ask(server, [USER, CHANGE(true, true), { name: "messageIntegrity", key }]).response;
		expect([code(refused), verifyIntegrity(refused, key)]).toEqual([420, true]);
	});
});

describe("answers are capped", () => {
	const limits = { all: { perSecond: 1000, burst: 100 }, perSource: { perSecond: 1, burst: 3 }, sources: 2 };

	test("to each source, silently, until time has passed", () => {
		const server = new StunServer({ ...PLAIN, limits });
		const bytes = encodeStun({ class: "request", method: "binding", transactionId: ID, attributes: [] });
		const kinds = (from: StunAddress, now: number, count: number) =>
			Array.from({ length: count }, () => server.step({ type: "received", bytes, from, local: 0 }, now)[0]?.type);
		expect(kinds(CLIENTS[4], 0, 5)).toEqual(["send", "send", "send", "ignored", "ignored"]);
		expect(kinds({ ...CLIENTS[4], port: 1 }, 0, 1)).toEqual(["ignored"]);
		expect(kinds(CLIENTS[6], 0, 1)).toEqual(["send"]);
		expect(kinds(CLIENTS[4], SECOND, 2)).toEqual(["send", "ignored"]);
	});

	test("and what is ignored anyway does not count", () => {
		const server = new StunServer({ ...PLAIN, limits });
		for (let index = 0; index < 10; index++)
			server.step({ type: "received", bytes: new Uint8Array(20), from: CLIENTS[4], local: 0 }, 0);
		expect(ask(server, []).response.class).toBe("success");
	});
});
