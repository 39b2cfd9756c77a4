import { attributeOf, encodeStun, formatBase64, HmacKey, hmacSha1, parseNonceFeatures, userHash } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { CLIENT, codeOf, newId, OTHER_USER, REALM, reasonIn, ServerUnderTest, UDP, USER } from "./server.fixture.ts";

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const restPassword = (secret: string, username: string) =>
	formatBase64(hmacSha1(new HmacKey(ascii(secret)), ascii(username)));
/** The configured wall clock at instant 0. */
const UNIX = 1_800_000_000;

describe("a request without credentials", () => {
	test("is 401 with realm, nonce and algorithms, and short", () => {
		const answer = new ServerUnderTest().client().bare("allocate", [UDP]);
		expect(codeOf(answer)).toBe(401);
		expect(answer?.attributes.map(({ name }) => name)).toEqual(["errorCode", "realm", "nonce", "passwordAlgorithms"]);
		expect(answer && attributeOf(answer, "errorCode")?.reason).toBe("");
		expect(answer && parseNonceFeatures(attributeOf(answer, "nonce") ?? "")).toEqual({
			passwordAlgorithms: true,
			usernameAnonymity: true,
		});
		expect(answer?.bytes.length).toBeLessThan(120);
	});

	test("to a server of MD5 alone gets no list of algorithms, as RFC 5389 has it", () => {
		const answer = new ServerUnderTest({ passwordAlgorithms: ["md5"] }).client().bare("allocate", [UDP]);
		expect(answer?.attributes.map(({ name }) => name)).toEqual(["errorCode", "realm", "nonce"]);
		expect(answer && parseNonceFeatures(attributeOf(answer, "nonce") ?? "")?.passwordAlgorithms).toBe(false);
	});

	test("is answered so often to one source and no more", () => {
		const answers = { all: { perSecond: 100, burst: 100 }, perSource: { perSecond: 1, burst: 3 }, sources: 10 };
		const under = new ServerUnderTest({ answers });
		const ask = (port: number) => under.client({ from: { ...CLIENT, port } }).bare("allocate", [UDP]);
		expect([1, 2, 3].map((port) => codeOf(ask(port)))).toEqual([401, 401, 401]);
		expect(ask(4)).toBeNull();
		expect(under.last("ignored").reason).toBe("tooMany");
		expect(under.client({ from: { address: "9.9.0.8", port: 1 } }).bare("allocate", [UDP])).not.toBeNull();
		under.at(1);
		expect(codeOf(ask(4))).toBe(401);
	});

	test("of IPv4 seen by a socket of both families counts to its own address", () => {
		const answers = { all: { perSecond: 100, burst: 100 }, perSource: { perSecond: 1, burst: 1 }, sources: 10 };
		const under = new ServerUnderTest({ answers });
		const ask = (address: string) => codeOf(under.client({ from: { address, port: 1 } }).bare("allocate", [UDP]));
		expect([ask("::ffff:9.9.0.1"), ask("::ffff:9.9.0.2"), ask("9.9.0.1")]).toEqual([401, 401, null]);
	});

	test("does not stand in the way of those who are authenticated", () => {
		const answers = { all: { perSecond: 1, burst: 1 }, perSource: { perSecond: 1, burst: 1 }, sources: 10 };
		const under = new ServerUnderTest({ answers });
		const client = under.client().learn();
		for (let index = 0; index < 20; index++) client.bare("allocate", [UDP]);
		client.allocate();
	});
});

describe("long-term credentials", () => {
	test.each([[undefined], ["md5"], ["sha256"]] as const)("with %s are let in, and answered alike", (algorithm) => {
		const client = new ServerUnderTest().client(algorithm === undefined ? {} : { algorithm });
		const answer = client.ask("allocate", [UDP]);
		expect(answer?.class).toBe("success");
		const signed = algorithm === undefined ? "messageIntegrity" : "messageIntegritySha256";
		expect(answer?.attributes.at(-1)?.name).toBe(signed);
	});

	test("of a wrong password or an unknown user are 401", () => {
		const under = new ServerUnderTest();
		expect(under.client({ password: "wrong" }).code("allocate", [UDP])).toBe(401);
		expect(under.client({ username: "nobody" }).code("allocate", [UDP])).toBe(401);
		expect([...under.server.allocations]).toEqual([]);
	});

	test("lacking username, realm or nonce are 400", () => {
		const client = new ServerUnderTest().client().learn();
		for (const missing of ["username", "realm", "nonce"]) {
			const attributes = [UDP, ...client.signature().filter(({ name }) => name !== missing)];
			client.hand(encodeStun({ class: "request", method: "allocate", transactionId: newId(), attributes }));
			expect(client.under.server.counters.refusals[400]).toBeGreaterThan(0);
		}
		expect(client.under.server.counters.refusals).toEqual({ 401: 1, 400: 3 });
	});

	test("by the hash of the name are let in", () => {
		const under = new ServerUnderTest();
		const client = under.client({ algorithm: "sha256" }).learn();
		const hash = { name: "userHash", value: userHash(USER.username, REALM) } as const;
		const attributes = [UDP, hash, ...client.signature().filter(({ name }) => name !== "username")];
		client.hand(encodeStun({ class: "request", method: "allocate", transactionId: newId(), attributes }));
		expect(client.allocation.owner).toBe("alice");
	});

	test("on a list of algorithms that somebody has shortened are 400 (RFC 8489 §9.2.4)", () => {
		const client = new ServerUnderTest().client({ algorithm: "md5" }).learn();
		client.algorithms = { name: "passwordAlgorithms", value: [{ algorithm: "md5", parameters: new Uint8Array(0) }] };
		expect(client.code("allocate", [UDP])).toBe(400);
		client.algorithms = null;
		expect(client.code("allocate", [UDP])).toBe(400);
	});

	test("with MD5 are refused where it is not offered", () => {
		const under = new ServerUnderTest({ passwordAlgorithms: ["sha256"] });
		expect(under.client().code("allocate", [UDP])).toBe(400);
		under.client({ algorithm: "sha256" }).allocate();
	});

	test("with a false fingerprint are nobody's", () => {
		const client = new ServerUnderTest().client().learn();
		const attributes = [UDP, ...client.signature(), { name: "fingerprint" } as const];
		const bytes = encodeStun({ class: "request", method: "allocate", transactionId: newId(), attributes });
		const spoiled = bytes.slice();
		spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1;
		expect(reasonIn(client.hand(spoiled))).toBe("badFingerprint");
		expect(reasonIn(client.hand(bytes))).toBeUndefined();
	});
});

describe("a nonce", () => {
	test("is good for an hour, then 438 with the next", () => {
		const under = new ServerUnderTest();
		const client = under.client().learn();
		under.at(3600);
		client.allocate();
		under.at(3602);
		const answer = client.ask("refresh");
		expect(codeOf(answer)).toBe(438);
		client.nonce = (answer && attributeOf(answer, "nonce")) ?? null;
		expect(client.code("refresh")).toBe("success");
	});

	test("is bound to the client's address and port", () => {
		const under = new ServerUnderTest();
		const { nonce } = under.client().learn();
		for (const from of [
			{ ...CLIENT, port: 1 },
			{ address: "9.9.0.8", port: CLIENT.port },
		]) {
			const thief = under.client({ from });
			thief.nonce = nonce;
			expect(thief.code("allocate", [UDP])).toBe(438);
		}
	});

	test("that is not ours, or changed anywhere, is 438", () => {
		const under = new ServerUnderTest();
		const client = under.client().learn();
		const nonce = client.nonce ?? "";
		for (let index = 0; index < nonce.length; index++) {
			client.nonce = `${nonce.slice(0, index)}${nonce[index] === "A" ? "B" : "A"}${nonce.slice(index + 1)}`;
			expect(client.code("allocate", [UDP])).toBe(438);
		}
		client.nonce = "x";
		expect(client.code("allocate", [UDP])).toBe(438);
	});
});

describe("REST credentials", () => {
	const at = (seconds: number, id = "carol") => {
		const username = `${UNIX + seconds}:${id}`;
		return { username, password: restPassword("hush", username) };
	};
	const users = { passwords: [USER], restSecrets: ["new", "hush"] };

	test("are let in by any of the secrets, beside other users, and hide no names", () => {
		const under = new ServerUnderTest({ users });
		expect(under.client(at(60)).allocate().allocation.owner).toBe("carol");
		under.client({ from: { ...CLIENT, port: 1 } }).allocate();
		const { nonce } = under.client({ from: { ...CLIENT, port: 2 } }).learn();
		expect(parseNonceFeatures(nonce ?? "")?.usernameAnonymity).toBe(false);
	});

	test("work with SHA-256", () => {
		new ServerUnderTest({ users }).client({ ...at(60), algorithm: "sha256" }).allocate();
	});

	test("end at Allocate and at Refresh, but for a Refresh that ends the allocation", () => {
		const under = new ServerUnderTest({ users });
		expect(under.client({ ...at(-1), from: { ...CLIENT, port: 2 } }).code("allocate", [UDP])).toBe(401);
		const client = under.client(at(60)).allocate();
		expect(client.code("refresh")).toBe("success");
		under.at(100);
		expect(client.code("refresh")).toBe(401);
		expect(client.code("createPermission", [{ name: "xorPeerAddress", value: { address: "1.1.1.1", port: 1 } }])).toBe(
			"success",
		);
		expect(client.code("refresh", [{ name: "lifetime", value: 0 }])).toBe("success");
	});

	test("that were renewed keep the allocation of the same ID; another ID is 441", () => {
		const under = new ServerUnderTest({ users });
		under.client(at(60)).allocate();
		under.at(59);
		expect(under.client(at(600)).code("refresh")).toBe("success");
		expect(under.client(at(600, "dave")).code("refresh")).toBe(441);
	});
});

describe("users", () => {
	test("are taken over without a restart: who is gone is 401, who is new is let in, allocations stay", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		under.step({ type: "users", users: { passwords: [{ username: "erin", password: "x" }] } });
		expect(client.code("refresh")).toBe(401);
		expect(client.allocation.closed).toBe(false);
		under.client({ username: "erin", password: "x", from: { ...CLIENT, port: 1 } }).allocate();
	});

	test("with a new password are held to it", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		under.step({ type: "users", users: { passwords: [{ ...USER, password: "other" }] } });
		expect(client.code("refresh")).toBe(401);
		expect(under.client({ password: "other" }).code("refresh")).toBe("success");
	});

	test("do not touch each other's allocations: 441", () => {
		const under = new ServerUnderTest();
		under.client().allocate();
		const other = under.client(OTHER_USER);
		const PEER = { name: "xorPeerAddress", value: { address: "1.1.1.1", port: 1 } } as const;
		expect(other.code("refresh")).toBe(441);
		expect(other.code("createPermission", [PEER])).toBe(441);
		expect(other.code("channelBind", [PEER, { name: "channelNumber", value: 0x4000 }])).toBe(441);
		expect(other.code("connect", [PEER])).toBe(441);
	});
});
