import { encodeUtf8 } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { digestAlgorithm } from "./algorithms.ts";
import { answerChallenge, chooseChallenges } from "./answer.ts";
import { type DigestChallenge, formatDigestChallenge, parseDigestChallenge } from "./challenge.ts";
import { DigestServer, type DigestVerdict } from "./check.ts";
import { type DigestCredentials, formatDigestCredentials, parseDigestCredentials } from "./credentials.ts";
import { isSame, makeNonce, nonceSeconds, openNonceMint } from "./nonce.ts";

const NOTHING = new Uint8Array(0);
const GET = { method: "GET", uri: "/dir/index.html", body: NOTHING };

describe("what the RFCs have", () => {
	test("RFC 2617 §3.5", () => {
		const text = `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`;
		const [challenge] = chooseChallenges([text]);
		const answer =
			challenge &&
			answerChallenge(challenge, { username: "Mufasa", password: "Circle Of Life" }, GET, {
				cnonce: "0a4f113b",
				count: 1,
			});
		expect(parseDigestCredentials(answer ?? null)).toEqual({
			...{ username: "Mufasa", realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093" },
			...{ uri: "/dir/index.html", algorithm: "MD5", opaque: "5ccc069c403ebaf9f0171e9517f40e41" },
			counted: { protection: "auth", cnonce: "0a4f113b", count: 1 },
			response: "6629fae49393a05397450978507c4ef1",
		});
	});

	test.each([
		["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
		["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
	])("RFC 7616 §3.9.1 with %s", (algorithm, response) => {
		const text = `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
		const challenge = parseDigestChallenge(text);
		const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
		const account = { username: "Mufasa", password: "Circle of Life" };
		const answer = challenge && answerChallenge(challenge, account, GET, { cnonce, count: 1 });
		expect(parseDigestCredentials(answer)?.response).toBe(response);
	});
});

/** Worked out beside, by another implementation of MD5 and SHA-256. */
test.each([
	["no protection", "MD5", "", "4c24ec560b5bcadcc1cfe9e4da4db19a"],
	["no protection", "SHA-256", "", "ac5b8ceea7a3e4d509a6532509ee784b5cbdf65b01a3affee08b6c51c94fb8e2"],
	["auth-int", "MD5", ',qop="auth-int"', "60f56eeb351d9614d111216b39cca5f0"],
	["auth-int", "SHA-256", ',qop="auth-int"', "8d05c35cd851e6ab576f12ebb39265384167a0a034fdf8049a1b95c54a0fef70"],
	["auth", "MD5-sess", ",qop=auth", "cdeadde4fc2b2dd75398d680c40d52c8"],
	["auth", "sha-256-SESS", ",qop=auth", "fd4a4a02e7140ec5136d36abc8c519e8dea6d9cd1de6f8aa774a8007657fd92d"],
])("%s with %s is answered by the right response", (_, algorithm, qop, response) => {
	const challenge = parseDigestChallenge(`Digest realm="r", nonce="n", algorithm=${algorithm}${qop}`);
	const request = { method: "INVITE", uri: "sip:a", body: encodeUtf8("body") };
	const answer =
		challenge && answerChallenge(challenge, { username: "u", password: "p" }, request, { cnonce: "c", count: 2 });
	expect(parseDigestCredentials(answer)).toMatchObject({ response, algorithm: digestAlgorithm(algorithm) });
});

describe("choosing", () => {
	const of = (realm: string, algorithm: string) =>
		`Digest realm="${realm}", nonce="n", qop="auth", algorithm=${algorithm}`;

	test("takes the best of each realm that there is", () => {
		const chosen = chooseChallenges([
			of("a", "MD5"),
			of("a", "SHA-512-256"),
			of("b", "MD5"),
			of("a", "SHA-256"),
			of("c", "unheard-of"),
			'Basic realm="d"',
		]);
		expect(chosen.map(({ realm, algorithm }) => [realm, algorithm])).toEqual([
			["a", "SHA-256"],
			["b", "MD5"],
		]);
	});

	test.each([
		'Digest realm="a"',
		'Digest nonce="a"',
		'Digest realm="a", nonce="b", qop="other"',
		'Digest realm="a", realm="b", nonce="c"',
		'Digest realm="a, nonce="b"',
		"Digest",
		"",
	])("does not take %j", (text) => {
		expect(chooseChallenges([text])).toEqual([]);
	});

	test("knows that only the nonce was too old", () => {
		expect(parseDigestChallenge('digest REALM="a",NONCE="b",STALE=TRUE')).toMatchObject({ stale: true, opaque: null });
	});
});

test("challenges and credentials come back as they were, quotes and all", () => {
	const challenge = {
		...({ realm: 'a "b" \\', nonce: "n", opaque: "o", algorithm: "SHA-256", stale: true } as const),
		protections: ["auth", "auth-int"],
	} as const satisfies DigestChallenge;
	expect(parseDigestChallenge(formatDigestChallenge(challenge))).toEqual(challenge);
	const credentials = {
		...({ username: 'Jürgen "J"', realm: "a", nonce: "n", uri: "sip:a", response: "0a", opaque: null } as const),
		algorithm: "MD5",
		counted: { protection: "auth", cnonce: "c", count: 0xabcdef },
	} as const satisfies DigestCredentials;
	expect(parseDigestCredentials(formatDigestCredentials(credentials))).toEqual(credentials);
});

test.each([
	'Digest username="a", realm="b", nonce="c", uri="d"',
	'Digest username="a", realm="b", nonce="c", uri="d", response="xyz"',
	'Digest username="a", realm="b", nonce="c", uri="d", response="0a", qop=auth, nc=1, cnonce="x"',
	'Digest username="a", realm="b", nonce="c", uri="d", response="0a", qop=auth, nc=00000001',
	'Digest username="a", realm="b", nonce="c", uri="d", response="0a", qop=other, nc=00000001, cnonce="x"',
	'Digest username="a", realm="b", nonce="c", uri="d", response="0a", algorithm=SHA-512-256',
	'Digest realm="b", nonce="c", uri="d", response="0a"',
	'Basic username="a", realm="b", nonce="c", uri="d", response="0a"',
])("%s is no answer", (text) => {
	expect(parseDigestCredentials(text)).toBeNull();
});

test("a nonce tells when it was made, to whoever made it", () => {
	const mint = openNonceMint(new Uint8Array(32), "a");
	const nonce = makeNonce(mint, 1234);
	expect(nonceSeconds(mint, nonce)).toBe(1234);
	for (const other of [openNonceMint(new Uint8Array(32).fill(1), "a"), openNonceMint(new Uint8Array(32), "b")])
		expect(nonceSeconds(other, nonce)).toBeNull();
	for (const wrong of [
		"",
		nonce.replace(/^./, "1"),
		nonce.slice(1),
		`${nonce}0`,
		nonce.toUpperCase().replace(".", "x"),
	])
		expect(nonceSeconds(mint, wrong), wrong).toBeNull();
	expect([isSame("a", "a"), isSame("a", "b"), isSame("a", "ab"), isSame("", "")]).toEqual([true, false, false, true]);
});

describe("a server", () => {
	const account = { username: "me", password: "secret" };
	const request = { method: "INVITE", uri: "sip:me@example.com", body: NOTHING };
	const open = () =>
		new DigestServer({
			remembered: 8,
			secret: new Uint8Array(32),
			realm: "here",
			password: (username) => (username === "me" ? "secret" : null),
		});
	const challenged = (server: DigestServer, at: number): readonly string[] => {
		const verdict = server.check({ values: [], method: "INVITE", body: NOTHING }, at);
		return verdict.kind === "challenge" ? verdict.challenges : [];
	};
	const shown = (challenges: readonly string[], { who = account, count = 1, pick = 0 } = {}): string => {
		const challenge = parseDigestChallenge(challenges[pick] ?? null);
		return challenge === null ? "" : answerChallenge(challenge, who, request, { cnonce: "c", count });
	};
	const check = (server: DigestServer, value: string, at: number): DigestVerdict =>
		server.check({ values: [value], method: "INVITE", body: NOTHING }, at);

	test("asks for SHA-256 first and MD5 as well, and takes both", () => {
		const server = open();
		const challenges = challenged(server, 100);
		expect(challenges.map((text) => parseDigestChallenge(text)?.algorithm)).toEqual(["SHA-256", "MD5"]);
		for (const pick of [0, 1])
			expect(check(server, shown(challenges, { pick }), 101)).toEqual({ kind: "accepted", username: "me" });
	});

	test("takes no answer twice, and the next of its nonce as long as that lives", () => {
		const server = open();
		const challenges = challenged(server, 100);
		expect(check(server, shown(challenges), 100).kind).toBe("accepted");
		expect(check(server, shown(challenges), 100)).toMatchObject({ kind: "challenge", why: "stale" });
		expect(check(server, shown(challenges, { count: 2 }), 400).kind).toBe("accepted");
		expect(check(server, shown(challenges, { count: 3 }), 401)).toMatchObject({ kind: "challenge", why: "stale" });
	});

	test("takes no wrong password, nobody else, no nonce of its own making and no other method", () => {
		const server = open();
		const challenges = challenged(server, 100);
		const wrong = [
			shown(challenges, { who: { ...account, password: "other" } }),
			shown(challenges, { who: { username: "you", password: "" } }),
			shown(challenges).replace(/nc=.{8}/, "nc=00000009"),
			shown(challenges).replace('nonce="', 'nonce="0'),
		];
		for (const value of wrong) expect(check(server, value, 100)).toMatchObject({ kind: "challenge", why: "wrong" });
		const asked = server.check({ values: [shown(challenges)], method: "BYE", body: NOTHING }, 100);
		expect(asked).toMatchObject({ kind: "challenge", why: "wrong" });
		const foreign = shown([formatDigestChallenge({ ...parseDigestChallenge(challenges[0] ?? null)!, nonce: "n" })]);
		expect(check(server, foreign, 100)).toMatchObject({ kind: "challenge", why: "stale" });
		const elsewhere = shown(challenges).replace('realm="here"', 'realm="there"');
		expect(check(server, elsewhere, 100)).toMatchObject({ kind: "challenge", why: "none" });
	});

	test("remembers so many answers, and then begins anew with other nonces", () => {
		const server = open();
		const challenges = challenged(server, 100);
		for (let count = 1; count <= 9; count++) check(server, shown(challenges, { count }), 100);
		expect(check(server, shown(challenges, { count: 1 }), 100)).toMatchObject({ why: "stale" });
		expect(check(server, shown(challenges, { count: 5_000 }), 100)).toMatchObject({ why: "stale" });
		expect(check(server, shown(challenged(server, 100)), 100).kind).toBe("accepted");
	});
});
