import {
	attributeOf,
	encodeNonceFeatures,
	longTermKey,
	type StunItem,
	shortTermKey,
	userHash,
	verifyFingerprint,
	verifyIntegrity,
	verifyIntegritySha256,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { ClientUnderTest, challenge, MAPPED, names, OTHER } from "./client.fixture.ts";
import type { StunRequest } from "./client-io.ts";

const ERROR = (code: number): StunItem => ({ name: "errorCode", value: { code, reason: "" } });

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
