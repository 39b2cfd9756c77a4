import { encodeUtf8, HmacKey, type StunItem, shortTermKey } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { restCredentials, restPassword, restSecret } from "../rest-credentials.ts";
import { anyRelayUsers, classicText, earlyRelayUser, fixedRelayUsers, restRelayUsers } from "./relay-users.ts";
import { codeOf, ServerUnderTest, UNIX_AT_ZERO } from "./server.fixture.ts";
import { UsedNames } from "./used-names.ts";

describe("users of early relays", () => {
	test("have names in multiples of four bytes, of whatever letters", () => {
		for (const name of ["", "a", "abcd", "é", "界界", "1800000600:alice"]) {
			const filled = classicText(name);
			expect(encodeUtf8(filled).length % 4).toBe(0);
			expect([filled.trimEnd(), filled.length - name.length < 4]).toEqual([name, true]);
		}
	});

	test("may be those of time-limited credentials, by any of the secrets, until they end", () => {
		const server = new ServerUnderTest({ users: restRelayUsers(["old", "new"]) });
		for (const [index, secret] of ["old", "new"].entries()) {
			const user = earlyRelayUser(restCredentials(restSecret(secret), UNIX_AT_ZERO + 100, "ann"));
			const from = { address: "9.9.0.1", port: 4000 + index };
			expect(server.client(user.username, from, user.password).bind()).toMatchObject({ address: "8.8.0.1" });
		}
		const owners = [...server.server.bindings].map(({ owner }) => owner);
		expect(owners).toEqual(["ann", "ann"]);
		const [at, from] = ["1800000100:ann", { address: "9.9.0.1", port: 5000 }] as const;
		expect(codeOf(server.client(at, from, restPassword(restSecret("other"), at)).allocate())).toBe(431);
		expect(
			codeOf(server.client("1800000000:ann", from, restPassword(restSecret("old"), "1800000000:ann")).allocate()),
		).toBe(430);
		expect(codeOf(server.client("ann", from).allocate())).toBe(430);
	});

	test("are known without a name's ID by the whole name", () => {
		const users = restRelayUsers(["s"]);
		expect(users("1800000100", UNIX_AT_ZERO)).toMatchObject({ owner: "1800000100" });
		expect(users("1800000100:", UNIX_AT_ZERO)).toMatchObject({ owner: "1800000100:" });
		expect(restRelayUsers([])("1800000100:ann", UNIX_AT_ZERO)).toMatchObject({ keys: [] });
	});

	test("are the first that knows a name", () => {
		const one = fixedRelayUsers([{ username: "ann ", password: "x" }]);
		const two = fixedRelayUsers([
			{ username: "ann", password: "y" },
			{ username: "bob", password: "z" },
		]);
		const all = anyRelayUsers([one, two]);
		expect([all("ann", 0), all("bob", 0), all("eve", 0)]).toEqual([one("ann", 0), two("bob", 0), null]);
		expect(one("ann", 0)).toMatchObject({ owner: "ann", once: false, endsAtUnixSeconds: null });
	});
});

describe("names that have been used", () => {
	test("are forgotten when they have ended and no earlier: where there is no room there are no new ones", () => {
		const used = new UsedNames(2);
		const by = (owner: string, tuple: string, endsAtUnixSeconds: number) => ({ owner, tuple, endsAtUnixSeconds });
		expect(used.add("one", by("a", "here", 100), 0)).toBe(true);
		expect(used.add("two", by("b", "there", 200), 0)).toBe(true);
		expect(used.add("three", by("c", "there", 300), 99)).toBe(false);
		expect([used.userOf("one"), used.userOf("three"), used.size]).toEqual(["here", undefined, 2]);
		expect(used.add("three", by("c", "there", 300), 100)).toBe(true);
		expect([used.userOf("one"), used.userOf("two")]).toEqual([undefined, "there"]);
		used.delete("two");
		used.delete("nobody's");
		expect(used.size).toBe(1);
	});

	test("leave room for others, however many one user has", () => {
		const used = new UsedNames(64);
		const add = (owner: string, index: number) =>
			used.add(`${owner}${index}`, { owner, tuple: "here", endsAtUnixSeconds: 100 }, 0);
		const taken = (owner: string) => Array.from({ length: 64 }, (_, index) => add(owner, index)).filter(Boolean).length;
		expect(["a", "b", "c"].map(taken)).toEqual([32, 16, 8]);
		used.delete("a0");
		expect([add("d", 0), add("a", 99)]).toEqual([true, false]);
	});
});

test("a digest is not taken for another user's under the same name", () => {
	const keys = [shortTermKey("one"), new HmacKey(encodeUtf8("two"))];
	const users = () => ({ keys, owner: "x", endsAtUnixSeconds: null, once: false });
	const server = new ServerUnderTest({ users });
	const lifetime: StunItem = { name: "lifetime", value: 60 };
	for (const [index, password] of ["one", "two"].entries())
		server.client("many-x", { address: "9.9.0.1", port: 4000 + index }, password).bind(lifetime);
	const other = server.client("many-x", { address: "9.9.0.1", port: 4000 }, "two");
	expect(codeOf(other.allocate(lifetime))).toBe(431);
});
