import {
	attributeOf,
	encodeNonceFeatures,
	encodeStun,
	longTermKey,
	type StunItem,
	shortTermKey,
	userHash,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../machine.ts";
import { ClientUnderTest, challenge, MAPPED, names, OTHER, SERVER } from "./client.fixture.ts";
import type { StunRequest } from "./client-io.ts";
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

describe("short-term credentials", () => {
	const key = shortTermKey("password");
	const signed = (integrity: "sha1" | "sha256" | "both"): Partial<StunRequest> => ({
		credentials: { kind: "shortTerm", username: "user", key, integrity },
	});
	const SHA1: StunItem = { name: "messageIntegrity", key };
	const SHA256: StunItem = { name: "messageIntegritySha256", key };

	test("sign the request in the way that is asked for, with the fingerprint behind", () => {
		const under = new ClientUnderTest();
		for (const integrity of ["sha1", "sha256", "both"] as const)
			under.request({ key: integrity, ...signed(integrity) });
		expect(under.sent.map(({ message }) => names(message))).toEqual([
			["username", "messageIntegrity", "fingerprint"],
			["username", "messageIntegritySha256", "fingerprint"],
			["username", "messageIntegrity", "messageIntegritySha256", "fingerprint"],
		]);
		const { message } = under.last;
		expect([verifyIntegrity(message, key), verifyIntegritySha256(message, key), verifyFingerprint(message)]).toEqual([
			true,
			true,
			true,
		]);
	});

	test("put what routers write behind the digest", () => {
		const under = new ClientUnderTest();
		const value = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 };
		under.request({ ...signed("sha1"), trailing: [{ name: "networkStatus", value }] });
		expect(names(under.last.message)).toEqual(["username", "messageIntegrity", "networkStatus", "fingerprint"]);
	});

	test("believe no answer without a digest, with a wrong one or with another than asked for", () => {
		const under = new ClientUnderTest();
		under.request(signed("sha1"));
		under.answer("success", [MAPPED]);
		under.answer("success", [MAPPED, { name: "messageIntegrity", key: shortTermKey("wrong") }]);
		under.answer("success", [MAPPED, SHA256]);
		under.answer("error", [ERROR(401)]);
		expect(under.ignored).toEqual(["unprotected", "badIntegrity", "badIntegrity", "unprotected"]);
		under.answer("success", [MAPPED, SHA1]);
		expect(under.end).toMatchObject({ kind: "success", authenticated: true });
	});

	test("say that integrity failed where no other answer came", () => {
		const under = new ClientUnderTest();
		under.request(signed("sha1"));
		under.answer("error", [ERROR(401)]);
		under.pass(60 * SECOND);
		expect(under.end).toMatchObject({ kind: "failed", why: "integrity", error: { code: 401 } });
	});

	test("end at once on a stream, where no other answer can come", () => {
		const under = new ClientUnderTest({ transport: "stream" });
		under.request(signed("sha1"));
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "failed", why: "integrity" });
	});

	test("keep to the digest that a server answered with", () => {
		const under = new ClientUnderTest();
		under.request(signed("both"));
		under.answer("success", [MAPPED, SHA256]);
		under.request(signed("both"));
		expect(names(under.last.message)).toEqual(["username", "messageIntegritySha256", "fingerprint"]);
		under.request({ ...signed("both"), to: OTHER });
		expect(names(under.last.message)).toContain("messageIntegrity");
	});
});

describe("long-term credentials", () => {
	const user = { username: "user", realm: "example.org", password: "secret" };
	const credentials = { kind: "longTerm", ...user } as const;
	const md5 = longTermKey({ ...user, algorithm: "md5" });
	const sha256 = longTermKey({ ...user, algorithm: "sha256" });
	const COOKIE = encodeNonceFeatures({ passwordAlgorithms: true, usernameAnonymity: true });
	const NONE = new Uint8Array(0);
	const OFFER: StunItem = {
		name: "passwordAlgorithms",
		value: [
			{ algorithm: "sha256", parameters: NONE },
			{ algorithm: "md5", parameters: NONE },
		],
	};

	test("stay at home until the server asks, then meet its challenge under a new id", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		expect(names(under.last.message)).toEqual(["fingerprint"]);
		under.answer("error", challenge(401, "nonce1"));
		const [first, second] = under.sent;
		expect(names(second!.message)).toEqual(["username", "realm", "nonce", "messageIntegrity", "fingerprint"]);
		expect(verifyIntegrity(second!.message, md5)).toBe(true);
		expect(second!.message.transactionId).not.toEqual(first!.message.transactionId);
		under.answer("success", [MAPPED, { name: "messageIntegrity", key: md5 }]);
		expect(under.end).toMatchObject({ kind: "success", authenticated: true });
	});

	test("are told at once to a server that has asked before", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", challenge(401, "nonce1"));
		under.answer("success", [MAPPED, { name: "messageIntegrity", key: md5 }]);
		under.request({ credentials, method: "refresh" });
		expect(attributeOf(under.last.message, "nonce")).toBe("nonce1");
		under.answer("error", challenge(438, "nonce2"));
		expect(attributeOf(under.last.message, "nonce")).toBe("nonce2");
		under.request({ credentials, to: OTHER });
		expect(names(under.last.message)).toEqual(["fingerprint"]);
	});

	test("use the newer digest, the hashed name and the server's best algorithm where it offers them", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", challenge(401, `${COOKIE}n`, [OFFER]));
		const { message } = under.last;
		expect(names(message)).toEqual([
			...["userHash", "realm", "nonce", "passwordAlgorithms", "passwordAlgorithm"],
			...["messageIntegritySha256", "fingerprint"],
		]);
		expect(attributeOf(message, "userHash")).toEqual(userHash(user.username, user.realm));
		expect(attributeOf(message, "passwordAlgorithms")).toEqual(OFFER.value);
		expect(attributeOf(message, "passwordAlgorithm")).toEqual({ algorithm: "sha256", parameters: NONE });
		expect(verifyIntegritySha256(message, sha256)).toBe(true);
		expect(attributeOf(message, "username")).toBeUndefined();
		under.answer("success", [MAPPED, { name: "messageIntegritySha256", key: sha256 }]);
		expect(under.end).toMatchObject({ kind: "success", authenticated: true });
	});

	test("are not told where somebody took the algorithms out of the challenge", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", challenge(401, `${COOKIE}n`));
		expect(under.end).toMatchObject({ kind: "failed", why: "bidDown" });
		expect(under.sent).toHaveLength(1);
	});

	test("believe no other answer that hides them", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", [ERROR(500), { name: "nonce", value: `${COOKIE}n` }]);
		expect(under.ignored).toEqual(["bidDown"]);
	});

	test.each([
		[
			"offers nothing that we have",
			challenge(401, `${COOKIE}n`, [{ name: "passwordAlgorithms", value: [{ algorithm: 9, parameters: NONE }] }]),
			"unsupportedAlgorithm",
		],
		["has no nonce", [ERROR(401), { name: "realm", value: "r" }], "badChallenge"],
		["has no realm", [ERROR(401), { name: "nonce", value: "n" }], "badChallenge"],
	] as const satisfies readonly (readonly [string, readonly StunItem[], string])[])(
		"are not told where the challenge %s",
		(_, attributes, why) => {
			const under = new ClientUnderTest();
			under.request({ credentials });
			under.answer("error", attributes);
			expect(under.end).toMatchObject({ kind: "failed", why, error: { code: 401 } });
		},
	);

	test("are not told twice to a server that refuses them, and it is asked anew the next time", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", challenge(401, "nonce1"));
		under.answer("error", challenge(401, "nonce2"));
		expect(under.end).toMatchObject({ kind: "failed", why: "unauthorized" });
		under.request({ credentials });
		expect(names(under.last.message)).toEqual(["fingerprint"]);
	});

	test("are not told where the challenge is too long to be told back", () => {
		const parameters = new Uint8Array(60_000);
		for (const more of [
			[{ name: "passwordAlgorithms", value: [{ algorithm: "sha256", parameters }] }],
			[{ name: "unknown", type: 0x0014, value: new Uint8Array(764).fill(0x61) }],
		] as const satisfies readonly (readonly StunItem[])[]) {
			const under = new ClientUnderTest();
			under.request({ credentials });
			under.answer("error", [ERROR(401), { name: "nonce", value: "n" }, ...more]);
			expect(under.end).toMatchObject({ kind: "failed", why: "badChallenge" });
		}
	});

	test("end where every nonce is stale", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		for (let index = 0; under.end === undefined && index < 20; index++)
			under.answer("error", challenge(438, `n${index}`));
		expect(under.end).toMatchObject({ kind: "failed", why: "unauthorized" });
		expect(under.sent.length).toBeLessThan(8);
	});

	test("believe no success without a digest", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", challenge(401, "nonce1"));
		under.answer("success", [MAPPED]);
		under.answer("success", [MAPPED, { name: "messageIntegrity", key: sha256 }]);
		expect(under.ignored).toEqual(["unprotected", "badIntegrity"]);
	});

	test("prepare the password as the caller asks", () => {
		const under = new ClientUnderTest();
		under.request({ credentials: { ...credentials, password: "se\u00ADcret", preparation: "saslPrep" } });
		under.answer("error", challenge(401, "nonce1"));
		expect(verifyIntegrity(under.last.message, md5)).toBe(true);
	});
});

describe("a redirection", () => {
	const TO_OTHER: StunItem = { name: "alternateServer", value: OTHER };
	const key = shortTermKey("password");
	const credentials = { kind: "shortTerm", username: "user", key, integrity: "sha1" } as const;
	const SIGN: StunItem = { name: "messageIntegrity", key };

	test("is followed once, under a new id", () => {
		const under = new ClientUnderTest();
		under.request({ credentials });
		under.answer("error", [ERROR(300), TO_OTHER, SIGN]);
		expect(under.last.to).toEqual(OTHER);
		expect(under.end).toEqual({ kind: "redirected", key: "a", to: OTHER });
		under.answer("error", [ERROR(300), { name: "alternateServer", value: { ...OTHER, port: 9 } }, SIGN]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: { port: 9 } });
	});

	test("is followed without protection only where the caller says so", () => {
		const under = new ClientUnderTest();
		under.request();
		under.answer("error", [ERROR(300), TO_OTHER]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: OTHER });
		under.request({ followUnprotected: true });
		under.answer("error", [ERROR(300), TO_OTHER]);
		under.answer("success", [MAPPED]);
		expect(under.end).toMatchObject({ kind: "success", to: OTHER });
	});

	test.each([
		["back to a server that was asked", SERVER],
		["to the other family", { address: "2001:db8::1", port: 3478 }],
		["to a group", { address: "224.0.0.251", port: 5353 }],
		["to everybody", { address: "255.255.255.255", port: 3478 }],
		["to our own machine", { address: "127.0.0.1", port: 3478 }],
		["to no address", { address: "0.0.0.0", port: 3478 }],
		["to no port", { address: "192.0.2.2", port: 0 }],
	])("is not followed %s", (_, value) => {
		const under = new ClientUnderTest();
		under.request({ followUnprotected: true, redirects: 9 });
		under.answer("error", [ERROR(300), { name: "alternateServer", value }]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: value });
	});

	test("is not followed on a stream, whose owner has to open another", () => {
		const under = new ClientUnderTest({ transport: "stream" });
		under.request({ followUnprotected: true });
		under.answer("error", [ERROR(300), TO_OTHER]);
		expect(under.end).toMatchObject({ kind: "failed", why: "redirected", alternate: OTHER });
	});

	test("without an address is an error like any other", () => {
		const under = new ClientUnderTest();
		under.request();
		under.answer("error", [ERROR(300)]);
		expect(under.end).toMatchObject({ kind: "error", error: { code: 300 } });
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
