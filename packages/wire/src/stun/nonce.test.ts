import { describe, expect, test } from "vitest";
import { encodeNonceFeatures, judgeChallenge, parseNonceFeatures } from "../index.ts";

const NONE = new Uint8Array(0);
const md5 = { algorithm: "md5", parameters: NONE } as const;
const sha256 = { algorithm: "sha256", parameters: NONE } as const;
const newer = { algorithm: 7, parameters: NONE } as const;
const BOTH = encodeNonceFeatures({ passwordAlgorithms: true, usernameAnonymity: true });
const ANONYMITY = encodeNonceFeatures({ passwordAlgorithms: false, usernameAnonymity: true });

describe("the features in a nonce", () => {
	test.each([
		[true, true, "obMatJos2AAAD"],
		[true, false, "obMatJos2AAAB"],
		[false, true, "obMatJos2AAAC"],
		[false, false, "obMatJos2AAAA"],
	])("password algorithms %s, username anonymity %s: %s", (passwordAlgorithms, usernameAnonymity, text) => {
		expect(encodeNonceFeatures({ passwordAlgorithms, usernameAnonymity })).toBe(text);
		expect(parseNonceFeatures(`${text}whatever`)).toEqual({ passwordAlgorithms, usernameAnonymity });
	});

	test.each(["", "f//499k954d6OL34oL9FSTvy64sA", "obMatJos2", "obMatJos2AAA", "obMatJos2AA=A", "obMatJos2AA A"])(
		"are not in %j",
		(nonce) => {
			expect(parseNonceFeatures(nonce)).toBeNull();
		},
	);
});

describe("a challenge", () => {
	test("without the cookie is one of RFC 5389", () => {
		expect(judgeChallenge("nonce", undefined)).toEqual({ kind: "usable", algorithm: "md5", userHash: false });
	});

	test("is met by the server's first algorithm that we have", () => {
		expect(judgeChallenge(BOTH, [newer, sha256, md5])).toEqual({ kind: "usable", algorithm: "sha256", userHash: true });
		expect(judgeChallenge(BOTH, [md5, sha256])).toMatchObject({ algorithm: "md5" });
		expect(judgeChallenge("nonce", [sha256])).toMatchObject({ algorithm: "sha256" });
	});

	test("whose algorithms were taken out on the way is not met", () => {
		expect(judgeChallenge(BOTH, undefined)).toEqual({ kind: "bidDown" });
		expect(judgeChallenge(ANONYMITY, undefined)).toEqual({ kind: "usable", algorithm: "md5", userHash: true });
	});

	test("with nothing that we have is not met", () => {
		expect(judgeChallenge(BOTH, [newer])).toEqual({ kind: "unsupported" });
		expect(judgeChallenge(BOTH, [])).toEqual({ kind: "unsupported" });
	});
});
