import {
	attributeOf,
	encodeStun,
	isEarlyTurnControl,
	type StunAddress,
	type StunItem,
	shortTermKey,
	verifyIntegrity,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../../../machine.ts";
import { KEY, RELAYED, SERVER, under } from "./client.fixture.ts";

describe("asking for a relay", () => {
	test("begins with the cookie and ends with a digest under the password", () => {
		const preferences = { port: "even", next: true } as const;
		const client = under({ lifetimeSeconds: 300, bandwidthKbps: 64, preferences }).step({ type: "allocate" });
		const { request, sent } = client;
		expect(sent).toHaveLength(1);
		expect(sent[0]?.to).toEqual(SERVER);
		expect(isEarlyTurnControl(request.bytes)).toBe(true);
		expect(request).toMatchObject({ class: "request", method: "allocate", classic: true });
		expect(request.attributes.map(({ name }) => name)).toEqual([
			...["magicCookie", "lifetime", "bandwidth", "transportPreferences", "username", "messageIntegrity"],
		]);
		expect(attributeOf(request, "transportPreferences")).toEqual(preferences);
		expect(verifyIntegrity(request, KEY)).toBe(true);
	});

	test("tells where peers send to, for how long, and the port that was set aside", () => {
		const client = under({ lifetimeSeconds: 900, preferences: { port: "any", next: true } }).step({ type: "allocate" });
		client.answer("success", [
			{ name: "mappedAddress", value: RELAYED },
			{ name: "moreAvailable", value: { address: "10.0.1.10", port: 50_076 } },
			{ name: "lifetime", value: 300 },
			{ name: "bandwidth", value: 100 },
		]);
		expect(client.events).toEqual([
			{
				kind: "allocated",
				server: SERVER,
				relayed: [RELAYED, { address: "10.0.1.10", port: 50_076 }],
				lifetimeSeconds: 300,
				bandwidthKbps: 100,
				next: { address: RELAYED.address, port: RELAYED.port + 1 },
			},
		]);
	});

	test("leaves nine times, and is given up after 9.5 s", () => {
		const client = under().step({ type: "allocate" }).pass(9.499);
		expect([client.sent.length, client.events]).toEqual([9, []]);
		expect(client.pass(0.001).events).toEqual([{ kind: "failed", why: "timeout", error: null }]);
		expect(client.client.deadline).toBeNull();
		expect(client.step({ type: "allocate" }).ignored).toEqual(["closed"]);
	});

	test.each([400, 401, 420, 430, 431, 432, 500, 600])("is refused by %i, whether or not it is signed", (code) => {
		for (const key of [KEY, null]) {
			const client = under().step({ type: "allocate" }).refuse(code, { key });
			expect(client.events).toEqual([{ kind: "failed", why: "refused", error: { code, reason: "" } }]);
		}
	});

	test("is not refused by an error that another has signed, nor granted unsigned or by another", () => {
		const other = shortTermKey("other");
		const client = under().step({ type: "allocate" }).refuse(430, { key: other });
		client.answer("success", [{ name: "mappedAddress", value: RELAYED }], { key: null });
		client.answer("success", [{ name: "mappedAddress", value: RELAYED }], { key: other });
		expect(client.events).toEqual([]);
		expect(client.ignored).toEqual(["badIntegrity", "badIntegrity", "badIntegrity"]);
		client.answer("success", [{ name: "mappedAddress", value: RELAYED }], { from: { ...SERVER, port: 1 } });
		expect(client.ignored.at(-1)).toBe("notMine");
		expect(client.grant().events).toMatchObject([{ kind: "allocated", lifetimeSeconds: 600 }]);
	});

	test("comes to nothing without an address, or for no time", () => {
		expect(under().step({ type: "allocate" }).answer("success", []).events).toMatchObject([{ kind: "failed" }]);
		expect(under().step({ type: "allocate" }).grant(0).events).toMatchObject([{ kind: "failed" }]);
	});

	test("comes to nothing where no peer could send to what was given", () => {
		for (const value of [
			{ ...RELAYED, port: 0 },
			{ ...RELAYED, address: "0.0.0.0" },
			{ ...RELAYED, address: "127.0.0.1" },
			{ ...RELAYED, address: "2001:db8::1" },
		]) {
			const client = under().step({ type: "allocate" });
			client.answer("success", [{ name: "mappedAddress", value }]);
			expect(client.events).toEqual([{ kind: "failed", why: "refused", error: null }]);
		}
		const client = under().step({ type: "allocate" });
		client.answer("success", [
			{ name: "mappedAddress", value: RELAYED },
			{ name: "moreAvailable", value: { address: "127.0.0.1", port: 50_076 } },
		]);
		expect(client.events).toMatchObject([{ kind: "allocated", relayed: [RELAYED] }]);
	});

	test("has no port above the last one", () => {
		const client = under({ preferences: { port: "even", next: true } }).step({ type: "allocate" });
		client.answer("success", [{ name: "mappedAddress", value: { ...RELAYED, port: 65_535 } }]);
		expect(client.events).toMatchObject([{ kind: "allocated", next: null }]);
	});

	test("ends where the server cannot be reached", () => {
		const client = under().step({ type: "allocate" });
		client.step({ type: "unreachable", to: SERVER, code: "ECONNREFUSED" });
		expect(client.events).toMatchObject([{ kind: "failed", why: "unreachable" }]);
	});
});

describe("another server (300)", () => {
	const OTHER = { address: "192.0.2.20", port: 5556 };
	const alternate = (value: StunAddress): StunItem => ({ name: "earlyAlternateServer", value });

	test("is asked once", () => {
		const client = under().step({ type: "allocate" });
		client.refuse(300, { items: [alternate(OTHER)] });
		expect(client.sent.at(-1)?.to).toEqual(OTHER);
		expect(client.client.server).toEqual(OTHER);
		client.refuse(300, { items: [alternate({ ...OTHER, port: 5557 })], from: OTHER });
		expect(client.events).toMatchObject([{ kind: "failed", why: "refused", error: { code: 300 } }]);
	});

	test("is where data goes, and the first server's is no more", () => {
		const client = under().step({ type: "allocate" });
		client.refuse(300, { items: [alternate(OTHER)] });
		client.answer("success", [{ name: "mappedAddress", value: RELAYED }], { from: OTHER });
		expect(client.events).toMatchObject([{ kind: "allocated", server: OTHER }]);
	});

	test("is not asked where nobody signs for it, where nobody can be, or where it is the same", () => {
		const unsigned = under().step({ type: "allocate" });
		unsigned.refuse(300, { items: [alternate(OTHER)], key: null });
		expect([unsigned.events, unsigned.ignored]).toEqual([[], ["badIntegrity"]]);
		for (const address of ["127.0.0.1", "224.0.0.1", "0.0.0.0", SERVER.address])
			expect(
				under()
					.step({ type: "allocate" })
					.refuse(300, { items: [alternate({ address, port: 5556 })] }).events,
			).toMatchObject([{ kind: "failed", error: { code: 300 } }]);
	});
});

describe("a binding", () => {
	test("is refreshed after three quarters of its lifetime, for as long as it was asked for", () => {
		const client = under({ lifetimeSeconds: 600 }).allocated().pass(449.9);
		expect(client.sent).toHaveLength(1);
		client.pass(0.1);
		expect(client.sent).toHaveLength(2);
		expect(client.request.attributes.map(({ name }) => name)).toEqual([
			...["magicCookie", "lifetime", "username", "messageIntegrity"],
		]);
		client.grant(400);
		expect(client.events.at(-1)).toEqual({ kind: "refreshed", lifetimeSeconds: 400 });
		expect(client.client.deadline?.at).toBe((450 + 300) * SECOND);
	});

	test("is not refreshed while it is in use", () => {
		const client = under().allocated();
		for (let minute = 0; minute < 30; minute++) client.pass(60).step({ type: "active" });
		expect(client.sent).toHaveLength(1);
		client.pass(450);
		expect(client.sent).toHaveLength(2);
	});

	test("is asked for again and again while its server is silent, and lost when its time is over", () => {
		const client = under().allocated().pass(599);
		expect(client.events).toHaveLength(1);
		client.pass(20);
		expect(client.events.at(-1)).toEqual({ kind: "lost", why: "timeout", error: null });
		expect(client.sent.length).toBeGreaterThan(9 * 8);
	});

	test("outlives trouble at its server, and no other refusal", () => {
		const client = under().allocated().pass(450).refuse(500);
		expect([client.sent.length, client.events.length]).toEqual([2, 1]);
		client.pass(5).grant();
		expect(client.events.at(-1)).toMatchObject({ kind: "refreshed" });
		client.pass(450).refuse(430, { key: null });
		expect(client.events.at(-1)).toEqual({ kind: "lost", why: "refused", error: { code: 430, reason: "" } });
	});

	test("is lost where a refresh makes another one, since a NAT has forgotten its client", () => {
		const client = under().allocated().pass(450);
		client.answer("success", [{ name: "mappedAddress", value: { ...RELAYED, port: RELAYED.port + 1 } }]);
		expect(client.events.at(-1)).toEqual({ kind: "lost", why: "refused", error: null });
		// The new one is given back, once.
		expect([client.sent.length, attributeOf(client.request, "lifetime")]).toEqual([3, 0]);
		expect([client.pass(60).sent.length, client.client.deadline]).toEqual([3, null]);
	});

	test("is lost where a refresh gives no time, and never refreshed more than every five seconds", () => {
		const none = under().allocated().pass(450).grant(0);
		expect(none.events.at(-1)).toEqual({ kind: "lost", why: "refused", error: null });
		expect(none.client.deadline).toBeNull();
		const little = under().allocated().pass(450).grant(1);
		expect([little.pass(4.9).sent.length, little.pass(0.1).sent.length]).toEqual([2, 3]);
	});

	test("lets its peers' data pass, STUN included, and answers that come once more are none", () => {
		const client = under().allocated();
		const late = encodeStun({
			class: "success",
			method: "allocate",
			transactionId: client.request.transactionId,
			attributes: [{ name: "mappedAddress", value: RELAYED }],
		});
		const check = encodeStun({
			class: "request",
			method: "binding",
			transactionId: new Uint8Array(16).fill(9),
			attributes: [],
		});
		for (const bytes of [Uint8Array.of(0x80, 0, 1), check, late])
			client.step({ type: "received", bytes, from: SERVER });
		expect(client.ignored).toEqual(["notMine", "notMine", "repeated"]);
		client.pass(33).step({ type: "received", bytes: late, from: SERVER });
		expect(client.ignored.at(-1)).toBe("notMine");
	});
});

describe("a release", () => {
	test("asks for no more time, and is over with the answer", () => {
		const client = under().allocated().step({ type: "release" });
		expect(attributeOf(client.request, "lifetime")).toBe(0);
		expect(client.events).toHaveLength(1);
		expect(client.grant(0).events.at(-1)).toEqual({ kind: "closed" });
		expect(client.step({ type: "active" }).ignored).toEqual(["closed"]);
	});

	test("is over after 9.5 s without one, and where there never was a binding at once", () => {
		expect(under().allocated().step({ type: "release" }).pass(9.5).events.at(-1)).toEqual({ kind: "closed" });
		expect(under().step({ type: "release" }).events).toEqual([{ kind: "closed" }]);
	});

	test("waits for what has been asked for, and gives it back", () => {
		const client = under().step({ type: "allocate" }).step({ type: "release" });
		expect(client.sent).toHaveLength(1);
		client.grant();
		expect([client.sent.length, attributeOf(client.request, "lifetime"), client.events]).toEqual([2, 0, []]);
		expect(client.grant(0).events).toEqual([{ kind: "closed" }]);
		const refused = under().step({ type: "allocate" }).step({ type: "release" }).refuse(430, { key: null });
		expect(refused.events).toEqual([{ kind: "closed" }]);
	});

	test("overtakes a refresh, whose answer then changes nothing", () => {
		const client = under().allocated().pass(450);
		const refresh = client.request;
		client.step({ type: "release" });
		const bytes = encodeStun({
			class: "success",
			method: "allocate",
			transactionId: refresh.transactionId,
			attributes: [{ name: "messageIntegrity", key: KEY }],
		});
		client.step({ type: "received", bytes, from: SERVER });
		expect([client.ignored, client.events.length]).toEqual([["repeated"], 1]);
		client.now += 10 * MILLISECOND;
		expect(client.grant(0).events.at(-1)).toEqual({ kind: "closed" });
	});
});
