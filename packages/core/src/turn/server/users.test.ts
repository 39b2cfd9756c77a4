import { longTermKey, type StunLongTermCredential } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { restCredentials, restSecret } from "../rest-credentials.ts";
import { REALM, ServerUnderTest, UDP, USER } from "./server.fixture.ts";
import { UserTable } from "./users.ts";
import { parseTurnUsers } from "./users-file.ts";

const keyBytes = (algorithm: StunLongTermCredential["algorithm"]) =>
	longTermKey({ ...USER, realm: REALM, algorithm }).bytes;
const MD5 = { username: USER.username, algorithm: "md5", key: keyBytes("md5") } as const;
const SHA256 = { username: USER.username, algorithm: "sha256", key: keyBytes("sha256") } as const;
const OFFERED = ["sha256", "md5"] as const;

describe("users given by keys", () => {
	test("are let in by the algorithm of their key, and not by the password that they have elsewhere", () => {
		const under = new ServerUnderTest({ users: { keys: [MD5] } });
		under.client().allocate();
		const from = { address: "9.9.0.8", port: 1 };
		expect(under.client({ password: "wrong", from }).code("allocate", [UDP])).toBe(401);
	});

	test("of MD5 alone make a server offer MD5 alone, for a client takes the first of a list", () => {
		const under = new ServerUnderTest({ users: { keys: [MD5], passwords: [{ username: "bob", password: "word" }] } });
		expect(
			under
				.client()
				.bare("allocate", [UDP])
				?.attributes.map(({ name }) => name),
		).not.toContain("passwordAlgorithms");
		under.client({ username: "bob", password: "word" }).allocate();
	});

	test("of both algorithms leave the choice to clients", () => {
		const under = new ServerUnderTest({ users: { keys: [MD5, SHA256] } });
		under.client({ algorithm: "sha256" }).allocate();
		under.client({ from: { address: "9.9.0.8", port: 1 } }).allocate();
	});

	test("that have no algorithm in common are offered all", () => {
		expect(new UserTable({ keys: [MD5, { ...SHA256, username: "bob" }] }, REALM).usable(OFFERED)).toEqual(OFFERED);
		expect(new UserTable({ keys: [SHA256] }, REALM).usable(OFFERED)).toEqual(["sha256"]);
		expect(new UserTable({ keys: [SHA256], passwords: [USER] }, REALM).usable(OFFERED)).toEqual(OFFERED);
	});

	test("that change what is offered make nonces stale, so that nobody is held to the list of before", () => {
		const under = new ServerUnderTest({ users: { keys: [MD5, SHA256] }, passwordAlgorithms: ["sha256", "md5"] });
		const client = under.client({ algorithm: "sha256" }).allocate();
		under.step({ type: "users", users: { keys: [SHA256] } });
		expect(client.code("refresh")).toBe(438);
		expect(client.learn().code("refresh")).toBe("success");
	});
});

describe("a file of users", () => {
	test("has passwords and keys, a line each", () => {
		const text = `# ours\nann:pass:word\r\n\nbob:0x${"0a".repeat(16)}\ncarl:0x${"0B".repeat(32)} \n`;
		expect(parseTurnUsers(text)).toEqual({
			passwords: [{ username: "ann", password: "pass:word" }],
			keys: [
				{ username: "bob", algorithm: "md5", key: new Uint8Array(16).fill(10) },
				{ username: "carl", algorithm: "sha256", key: new Uint8Array(32).fill(11) },
			],
		});
	});

	test.each([
		["ann", "noColon"],
		[":word", "noName"],
		["ann:", "noPassword"],
		["ann:0x12", "badKey"],
		[`ann:0x${"0g".repeat(16)}`, "badKey"],
		[`${"é".repeat(255)}:word`, "tooLong"],
	])("with a line %s says which line and why", (line, code) => {
		expect(parseTurnUsers(`x:y\n${line}`)).toEqual({ fault: { code, line: 2 } });
	});

	test("begins with a mark of its byte order where an editor wrote one, which is no part of a name", () => {
		const ann = { passwords: [{ username: "ann", password: "word" }], keys: [] };
		expect(parseTurnUsers("\ufeffann:word")).toEqual(ann);
		expect(parseTurnUsers("\ufeff# ours\nann:word")).toEqual(ann);
	});

	test("of keys as turnadmin makes them lets in who knows the password", () => {
		// turnadmin -k -u alice -r example.org -p secret
		const parsed = parseTurnUsers("alice:0x543e1aec5d3614f03141652d6ada51b2");
		if ("fault" in parsed) throw new Error(parsed.fault.code);
		new ServerUnderTest({ users: parsed }).client().allocate();
	});
});

test("a user of REST credentials is who the ID says, and else whoever has the time", () => {
	const table = new UserTable({ restSecrets: ["hush", "new"] }, REALM);
	const { username } = restCredentials(restSecret("hush"), 1_900_000_000, "ann");
	expect(table.find(username, "md5")).toMatchObject({ owner: "ann", endsAtUnixSeconds: 1_900_000_000 });
	expect(table.find(username, "md5")?.keys.length).toBe(2);
	expect(table.find("1900000000", "md5")?.owner).toBe("1900000000");
	expect(table.find("1900000000:", "md5")?.owner).toBe("1900000000:");
	expect(table.find("ann", "md5")).toBeUndefined();
});
