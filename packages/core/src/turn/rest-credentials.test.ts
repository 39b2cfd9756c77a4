import { expect, test } from "vitest";
import { restCredentials, restExpirySeconds, restPassword, restSecret } from "./rest-credentials.ts";

test("a user for some time has the HMAC of its name as a password", () => {
	// Computed with: printf 1433895918:u | openssl dgst -sha1 -hmac north -binary | base64
	const secret = restSecret("north");
	expect(restCredentials(secret, 1_433_895_918.9, "u")).toEqual({
		username: "1433895918:u",
		password: "qMBuGbaqBTDfEm92OP5Zyeftcko=",
	});
	expect(restPassword(secret, "1433895918:u")).toBe("qMBuGbaqBTDfEm92OP5Zyeftcko=");
	expect(restCredentials(secret, 7, "").username).toBe("7");
});

test("its name tells when it ends", () => {
	expect(["1433895918:u", "7", "u:7", ":7", "7u:1", ""].map(restExpirySeconds)).toEqual([
		...[1_433_895_918, 7, null, null, null, null],
	]);
});
