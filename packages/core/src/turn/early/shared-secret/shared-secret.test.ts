import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	longTermKey,
	type StunItem,
	type StunMessage,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../../../machine.ts";
import { restCredentials, restSecret } from "../../rest-credentials.ts";
import { OneTimeUsers } from "./one-time-users.ts";
import { SharedSecretClient } from "./shared-secret-client.ts";
import type { SharedSecretClientOutput } from "./shared-secret-io.ts";
import { SharedSecretServer } from "./shared-secret-server.ts";

const UNIX = 1_800_000_000;
const ALICE = { username: "alice", password: "sesame" };
const FROM = { address: "9.9.0.7", port: 40_000 };
const SECRET = new Uint8Array(32).fill(4);

function serving(more: { readonly perSource?: number } = {}) {
	const given = new OneTimeUsers(SECRET);
	const rate = { perSecond: 0, burst: more.perSource ?? 100 };
	const server = new SharedSecretServer({
		secret: SECRET,
		unixSecondsAtZero: UNIX,
		realm: "whither",
		users: { passwords: [ALICE], restSecrets: ["s"] },
		given,
		answers: { all: { perSecond: 0, burst: 1000 }, perSource: rate, sources: 8 },
	});
	const ask = (items: readonly StunItem[], { isSecure = true, from = FROM, seconds = 0 } = {}): StunMessage | null => {
		const fields = { class: "request", method: "sharedSecret", transactionId: new Uint8Array(16).fill(1) } as const;
		const bytes = encodeStun({ ...fields, attributes: items });
		const [output] = server.step({ type: "received", bytes, from, isSecure }, seconds * SECOND);
		const message = decodeStun(output?.type === "send" ? output.bytes : new Uint8Array());
		return isDecodeError(message) ? null : message;
	};
	const nonce = (seconds = 0) => attributeOf(ask([], { seconds })!, "nonce") ?? "";
	return { given, server, ask, nonce };
}

const code = (message: StunMessage | null) =>
	message === null ? null : (attributeOf(message, "errorCode")?.code ?? message.class);

/** A client that asks this server, until it is over. */
function fetchUser(server: SharedSecretServer, user = ALICE): SharedSecretClientOutput | undefined {
	const client = new SharedSecretClient({ secret: SECRET, user });
	let outputs = client.step({ type: "opened" }, 0);
	for (let output = outputs[0]; output?.type === "send"; output = outputs[0]) {
		const [answer] = server.step({ type: "received", bytes: output.bytes, from: FROM, isSecure: true }, 0);
		if (answer?.type !== "send") return undefined;
		outputs = client.step({ type: "received", bytes: answer.bytes }, 0);
	}
	return outputs[0];
}

describe("a shared secret", () => {
	test("is given to whoever shows a password, and is another each time", () => {
		const { server, given } = serving();
		const users = [1, 2].map(() => fetchUser(server));
		const names = users.map((user) => (user?.type === "given" ? user.user.username : ""));
		expect(new Set(names).size).toBe(2);
		const [one, other] = names.map((name) => given.find(name, UNIX));
		expect(one).toMatchObject({ once: true, endsAtUnixSeconds: UNIX + 1801 });
		expect(one?.owner).toBe(other?.owner);
		expect(names[0]).not.toContain("alice");
		expect(server.counters).toEqual({ given: 2, refusals: { 401: 2 } });
	});

	test("is given for time-limited credentials of today's relays too, until they end", () => {
		const { server } = serving();
		expect(fetchUser(server, restCredentials(restSecret("s"), UNIX + 10, "bob"))).toMatchObject({ type: "given" });
		expect(fetchUser(server, restCredentials(restSecret("s"), UNIX, "bob"))).toMatchObject({ error: { code: 436 } });
		expect(fetchUser(server, restCredentials(restSecret("t"), UNIX + 10, "bob"))).toMatchObject({
			error: { code: 431 },
		});
	});

	test("is refused in the draft's order", () => {
		const { ask, nonce } = serving();
		const key = longTermKey({ ...ALICE, realm: "whither", algorithm: "md5" });
		const [username, realm, signed] = [
			{ name: "username", value: "alice   " },
			{ name: "realm", value: "whither " },
			{ name: "messageIntegrity", key },
		] as const;
		const fresh: StunItem = { name: "nonce", value: nonce() };
		const challenge = ask([]);
		expect([code(challenge), challenge && attributeOf(challenge, "realm")]).toEqual([401, "whither "]);
		expect(code(ask([username, realm, fresh]))).toBe(401);
		expect(code(ask([realm, fresh, signed]))).toBe(432);
		expect(code(ask([username, fresh, signed]))).toBe(434);
		expect(code(ask([username, realm, signed]))).toBe(435);
		expect(code(ask([{ name: "username", value: "mallory " }, realm, fresh, signed]))).toBe(436);
		expect(code(ask([username, { name: "realm", value: "elsewhere   " }, fresh, signed]))).toBe(436);
		const wrong: StunItem = {
			name: "messageIntegrity",
			key: longTermKey({ ...ALICE, realm: "other", algorithm: "md5" }),
		};
		expect(code(ask([username, realm, fresh, wrong]))).toBe(431);
		expect(code(ask([username, realm, fresh, signed]))).toBe("success");
	});

	test("is not given for an old nonce, or another's, nor without TLS", () => {
		const { ask, nonce } = serving();
		const key = longTermKey({ ...ALICE, realm: "whither", algorithm: "md5" });
		const signed = (value: string): StunItem[] => [
			{ name: "username", value: "alice   " },
			{ name: "realm", value: "whither " },
			{ name: "nonce", value },
			{ name: "messageIntegrity", key },
		];
		const old = nonce();
		expect(code(ask(signed(old), { seconds: 3600 }))).toBe("success");
		const late = ask(signed(old), { seconds: 3601 });
		expect([code(late), late !== null && attributeOf(late, "nonce") !== old]).toEqual([401, true]);
		expect(code(ask(signed(old), { from: { ...FROM, port: 1 } }))).toBe(401);
		expect(code(ask(signed(old), { isSecure: false }))).toBe(433);
	});

	test("is refused so often and no more, and nothing else is answered", () => {
		const { server, ask } = serving({ perSource: 2 });
		expect([1, 2, 3].map(() => code(ask([])))).toEqual([401, 401, null]);
		for (const [method, id] of [
			["binding", 16],
			["sharedSecret", 12],
			["allocate", 16],
		] as const) {
			const bytes = encodeStun({ class: "request", method, transactionId: new Uint8Array(id), attributes: [] });
			const outputs = server.step({ type: "received", bytes, from: FROM, isSecure: true }, 0);
			expect(outputs).toEqual([{ type: "ignored", reason: "notSharedSecret" }]);
		}
	});

	test("follows the users that there are", () => {
		const { server } = serving();
		server.step({ type: "users", users: { passwords: [{ ...ALICE, password: "new" }] } }, 0);
		expect(fetchUser(server)).toEqual({ type: "failed", why: "refused", error: { code: 431, reason: "" } });
		expect(fetchUser(server, { ...ALICE, password: "new" })).toMatchObject({ type: "given" });
	});
});

describe("one-time names", () => {
	test("are nobody's with any letter changed, once they have ended, or of another server", () => {
		const users = new OneTimeUsers(SECRET);
		const { username } = users.give("alice", UNIX);
		expect(users.find(username, UNIX + 1800)).not.toBeNull();
		expect(users.find(username, UNIX + 1801)).toBeNull();
		expect(new OneTimeUsers(new Uint8Array(32)).find(username, UNIX)).toBeNull();
		for (let at = 0; at < username.length; at++) {
			const letter = username[at] === "A" ? "B" : "A";
			expect(users.find(username.slice(0, at) + letter + username.slice(at + 1), UNIX)).toBeNull();
		}
		expect(users.find(`${username}A`, UNIX)).toBeNull();
		expect(username.length % 4).toBe(0);
	});
});

describe("a client of shared secrets", () => {
	const start = () => {
		const client = new SharedSecretClient({ secret: SECRET, user: ALICE });
		const [output] = client.step({ type: "opened" }, 0);
		const message = decodeStun(output?.type === "send" ? output.bytes : new Uint8Array());
		if (isDecodeError(message)) throw new Error("nothing was sent");
		const answer = (kind: "success" | "error", attributes: readonly StunItem[], id = message.transactionId) => {
			const bytes = encodeStun({ class: kind, method: "sharedSecret", transactionId: id, attributes });
			return client.step({ type: "received", bytes }, SECOND);
		};
		return { client, answer };
	};

	test("takes what a server of RFC 3489 gives to everybody", () => {
		const user = { username: "abcd", password: "efgh" };
		const items: StunItem[] = [
			{ name: "username", value: user.username },
			{ name: "password", value: user.password },
		];
		expect(start().answer("success", items)).toEqual([{ type: "given", user }]);
		expect(start().answer("success", [])).toMatchObject([{ type: "failed", why: "badAnswer" }]);
		expect(start().answer("success", items, new Uint8Array(16))).toEqual([]);
	});

	test("gives up after ten seconds, at the stream's end, and where it is challenged for ever", () => {
		const { client } = start();
		expect(client.deadline?.at).toBe(10 * SECOND);
		expect(client.step({ type: "timer" }, 10 * SECOND)).toEqual([{ type: "failed", why: "timeout", error: null }]);
		expect(client.step({ type: "timer" }, 11 * SECOND)).toEqual([]);
		expect(start().client.step({ type: "closed" }, 0)).toEqual([{ type: "failed", why: "closed", error: null }]);
		const { server } = serving();
		server.step({ type: "users", users: {} }, 0);
		expect(fetchUser(server)).toMatchObject({ type: "failed", why: "refused" });
	});
});
