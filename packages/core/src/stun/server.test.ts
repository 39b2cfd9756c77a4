import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	networkStatusOf,
	type StunAddress,
	type StunFields,
	type StunItem,
	type StunMessage,
	shortTermKey,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { StunServer } from "./server.ts";
import type { StunServerConfig, StunServerOutput } from "./server-io.ts";

const ID = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
const CLASSIC_ID = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const ADDRESSES = { 4: ["192.0.2.1", "192.0.2.2"], 6: ["2001:db8::1", "2001:db8::2"] } as const;
const CLIENTS = { 4: { address: "203.0.113.7", port: 50_000 }, 6: { address: "2001:db8:9::7", port: 50_000 } } as const;
const FAMILIES = [4, 6] as const;

/** Sockets 0 to 3: first address, first and second port; then the second address. */
function fourSockets(family: 4 | 6): StunServerConfig["sockets"] {
	return ADDRESSES[family].flatMap((address) => [3478, 3479].map((port) => ({ address: { address, port } })));
}

interface Asked {
	readonly outputs: readonly StunServerOutput[];
	readonly to: StunAddress;
	readonly local: number;
	readonly response: StunMessage;
	readonly request: Uint8Array;
}

/** What a server answers to a request of this family's client. */
function ask(
	server: StunServer,
	attributes: readonly StunItem[],
	more: Partial<StunFields> & {
		readonly family?: 4 | 6;
		readonly local?: number;
		readonly transport?: "stream";
		readonly now?: number;
	} = {},
): Asked {
	const { family = 4, local = 0, transport, now = 0, ...fields } = more;
	const request = encodeStun({ class: "request", method: "binding", transactionId: ID, attributes, ...fields });
	const input = { type: "received", bytes: request, from: CLIENTS[family], local } as const;
	const outputs = server.step(transport === undefined ? input : { ...input, transport }, now);
	const [output] = outputs;
	if (output?.type !== "send") throw new Error(`nothing was answered: ${output?.reason}`);
	const response = decodeStun(output.bytes);
	if (isDecodeError(response)) throw new Error(response.error);
	return { outputs, to: output.to, local: output.local, response, request };
}

const code = (response: StunMessage) => attributeOf(response, "errorCode")?.code;
const names = (response: StunMessage) => response.attributes.map(({ name }) => name);
const CHANGE = (ip: boolean, port: boolean): StunItem => ({ name: "changeRequest", value: { ip, port } });
const PLAIN: StunServerConfig = { sockets: [{ address: { address: "0.0.0.0", port: 3478 } }] };

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
