import {
	attributeOf,
	encodeStun,
	isEarlyTurnControl,
	type StunItem,
	shortTermKey,
	verifyIntegrity,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { CLIENT, codeOf, LIFETIME, PEER, RELAY_ADDRESS, ServerUnderTest, STRANGER } from "./server.fixture.ts";

const under = (...config: ConstructorParameters<typeof ServerUnderTest>) => new ServerUnderTest(...config);

describe("an Allocate", () => {
	test("gets a relay in the dynamic ports, for as long as it asked, with its digest last", () => {
		const server = under();
		const client = server.client("once1-a");
		const answer = client.allocate(LIFETIME(300), { name: "bandwidth", value: 64 });
		expect(answer?.attributes.map(({ name }) => name)).toEqual([
			...["mappedAddress", "lifetime", "bandwidth", "messageIntegrity"],
		]);
		expect(answer !== null && verifyIntegrity(answer, client.key)).toBe(true);
		const mapped = answer === null ? undefined : attributeOf(answer, "mappedAddress");
		expect(mapped?.address).toBe(RELAY_ADDRESS);
		expect(mapped?.port).toBeGreaterThanOrEqual(49_152);
		expect(answer !== null && attributeOf(answer, "lifetime")).toBe(300);
		expect(server.events).toEqual(["bindingOpened"]);
	});

	test.each([
		[undefined, 600],
		[1, 1],
		[3600, 3600],
		[86_400, 3600],
	])("that asks for %s seconds gets %i: never more", (asked, granted) => {
		const answer = under()
			.client("once1-a")
			.allocate(...(asked === undefined ? [] : [LIFETIME(asked)]));
		expect(answer !== null && attributeOf(answer, "lifetime")).toBe(granted);
	});

	test("of a user who ends is good until then", () => {
		const server = under();
		const answer = server.client("late-a").allocate(LIFETIME(600));
		expect(answer !== null && attributeOf(answer, "lifetime")).toBe(60);
		server.at(61);
		expect(server.events).toEqual(["bindingOpened", "bindingClosed"]);
		expect(codeOf(server.client("late-a").allocate())).toBe(430);
	});

	test("is refused in the order of RFC 3489", () => {
		const server = under();
		const client = server.client("once1-a");
		const unknown: StunItem = { name: "unknown", type: 0x7f11, value: new Uint8Array(4) };
		expect(codeOf(client.send(client.request([], true)))).toBe(401);
		expect(codeOf(client.send(client.request([{ name: "username", value: "once1-a " }], true)))).toBe(401);
		const digest: StunItem = { name: "messageIntegrity", key: client.key };
		expect(codeOf(client.send(client.request([unknown, digest], true)))).toBe(432);
		expect(codeOf(server.client("who").allocate(unknown))).toBe(430);
		expect(codeOf(server.client("once1-a", CLIENT, "guess").allocate(unknown))).toBe(431);
		const refused = client.allocate(unknown);
		expect(codeOf(refused)).toBe(420);
		expect(refused !== null && attributeOf(refused, "unknownAttributes")).toEqual([0x7f11, 0x7f11]);
		expect(refused !== null && verifyIntegrity(refused, client.key)).toBe(true);
		expect(server.all("openRelay")).toEqual([]);
		expect(server.server.counters.refusals).toEqual({ 401: 2, 432: 1, 430: 1, 431: 1, 420: 1 });
	});

	test("with attributes that do not fit is 400, and with ones that are out of place it is none the worse", () => {
		const client = under().client("once1-a");
		expect(codeOf(client.allocate({ name: "unknown", type: 0x000d, value: new Uint8Array(8) }))).toBe(400);
		expect(codeOf(client.allocate({ name: "unknown", type: 0x000c, value: new Uint8Array(8) }))).toBe(400);
		// A port that was set aside, and not which.
		expect(codeOf(client.allocate({ name: "unknown", type: 0x000c, value: Uint8Array.of(0, 0, 0, 3) }))).toBe(400);
		expect(codeOf(client.allocate({ name: "changeRequest", value: { ip: true, port: true } }))).toBe("success");
	});

	test("that comes again is answered the same, and one whose relay is being opened not yet", () => {
		const server = under();
		server.opens = false;
		const client = server.client("once1-a");
		const request = client.request([]);
		expect([client.send(request), client.send(request)]).toEqual([null, null]);
		expect(server.server.counters.ignored).toEqual({ pending: 1 });
		const [order] = server.all("openRelay");
		server.step({ type: "relayOpened", relay: order?.relay ?? 0 });
		const first = server.all("send").at(-1)?.bytes;
		expect(client.send(request)?.bytes).toEqual(first);
		expect(server.all("openRelay")).toHaveLength(1);
		expect(server.server.counters.bindings).toBe(1);
	});

	test("is of no effect as another message, with a later cookie, or in pieces", () => {
		const server = under();
		const client = server.client("once1-a");
		const bytes = client.request([]);
		const changed = (at: number, value: number) => bytes.map((byte, index) => (index === at ? value : byte));
		expect(client.send(bytes.subarray(0, 40))).toBeNull();
		expect(client.send(changed(1, 0x01))).toBeNull();
		expect(client.send(changed(0, 0x01))).toBeNull();
		const cookie = [0x21, 0x12, 0xa4, 0x42];
		expect(client.send(bytes.map((byte, index) => cookie[index - 4] ?? byte))).toBeNull();
		expect(server.server.counters.ignored).toEqual({ malformed: 2, otherMethod: 1, notARequest: 1 });
	});

	test("is answered with no more bytes than it had, where nobody has signed it", () => {
		const server = under();
		const client = server.client("who");
		for (const bytes of [client.request([], true), client.request([])]) {
			const answer = client.send(bytes);
			expect(answer?.bytes.length).toBeLessThanOrEqual(bytes.length);
		}
		server.client("once1-a").bind();
		const bare = client.request([], true);
		expect(client.send(bare)?.bytes.length).toBeLessThanOrEqual(bare.length);
		const named = client.request([{ name: "username", value: "who " }], true);
		const answer = client.send(named);
		expect(answer !== null && [codeOf(answer), isEarlyTurnControl(answer.bytes)]).toEqual([401, true]);
	});

	test("of strangers is answered so often and no more, while users are", () => {
		const limits = { all: { perSecond: 1, burst: 3 }, perSource: { perSecond: 1, burst: 2 }, sources: 16 };
		const server = under({ answers: limits });
		const codes = [1, 2, 3, 4].map(() => codeOf(server.client("who").allocate()));
		expect(codes).toEqual([430, 430, null, null]);
		expect(codeOf(server.client("once1-a").allocate())).toBe("success");
		expect(codeOf(server.client("who").allocate(LIFETIME(1)))).toBeNull();
		expect(server.server.counters.ignored).toEqual({ tooMany: 3 });
	});
});

describe("one-time names", () => {
	test("are good for one client, and for one binding", () => {
		const server = under();
		server.client("once1-a").bind();
		expect(codeOf(server.client("once1-a", STRANGER).allocate())).toBe(430);
		expect(codeOf(server.client("once1-a").allocate(LIFETIME(0)))).toBe("success");
		expect(codeOf(server.client("once1-a").allocate())).toBe(430);
		expect(codeOf(server.client("once1-a", STRANGER).allocate())).toBe(430);
		expect(codeOf(server.client("once1-a", STRANGER).allocate(LIFETIME(0)))).toBe(430);
		expect(codeOf(server.client("many-a", STRANGER).allocate())).toBe("success");
		expect(codeOf(server.client("many-a").allocate())).toBe("success");
	});

	test("of which nothing came are as good as before", () => {
		const server = under();
		server.opens = false;
		server.client("once1-a").allocate();
		const [order] = server.all("openRelay");
		server.step({ type: "relayFailed", relay: order?.relay ?? 0, why: "noResources" });
		expect(server.server.counters.refusals).toEqual({ 500: 1 });
		server.opens = true;
		server.client("once1-a").bind();
	});
});

describe("a binding", () => {
	test("ends when its time is over, and with it the relay", () => {
		const server = under();
		server.client("once1-a").bind(LIFETIME(100));
		expect(server.server.deadline?.at).toBe(100e9);
		server.at(99);
		expect(server.events).toEqual(["bindingOpened"]);
		server.at(100);
		expect(server.events).toEqual(["bindingOpened", "bindingClosed"]);
		expect(server.all("closeRelay")).toHaveLength(1);
		expect([server.server.counters.bindings, server.server.deadline]).toEqual([0, null]);
	});

	test("lives on by what passes through it, either way, and by nothing else", () => {
		const server = under();
		const client = server.client("once1-a");
		client.bind(LIFETIME(100));
		const relay = server.all("openRelay")[0]?.relay ?? 0;
		server.at(50);
		client.data(1);
		server.relayed(relay, PEER, 2);
		server.at(149);
		client.data(3);
		server.relayed(relay, STRANGER, 4);
		server.at(248);
		server.relayed(relay, STRANGER, 4);
		expect(server.events).not.toContain("bindingClosed");
		server.at(249);
		expect(server.events).toContain("bindingClosed");
	});

	test("is refreshed by its own name alone, and answered with the cookie first", () => {
		const server = under();
		const client = server.client("once1-a");
		const mapped = client.bind(LIFETIME(100));
		server.at(90);
		const answer = client.allocate(LIFETIME(200));
		expect(answer !== null && isEarlyTurnControl(answer.bytes)).toBe(true);
		expect(answer !== null && [attributeOf(answer, "mappedAddress"), attributeOf(answer, "lifetime")]).toEqual([
			mapped,
			200,
		]);
		server.at(289);
		expect(server.events).toEqual(["bindingOpened"]);
		expect(codeOf(server.client("many-a").allocate())).toBe(400);
		expect(codeOf(server.client("once1-a", CLIENT, "guess").allocate(LIFETIME(0)))).toBe(431);
		expect(server.server.counters).toMatchObject({ bindings: 1, refreshes: 1 });
	});

	test("is released by LIFETIME 0, which is answered as often as it is asked", () => {
		const server = under();
		const client = server.client("once1-a");
		client.bind();
		const request = client.request([LIFETIME(0)]);
		for (const _ of [1, 2]) {
			const answer = client.send(request);
			expect(answer !== null && [codeOf(answer), attributeOf(answer, "lifetime")]).toEqual(["success", 0]);
		}
		expect(server.events).toEqual(["bindingOpened", "bindingClosed"]);
		expect(server.all("openRelay")).toHaveLength(1);
	});
});

test("an error to a client among whose data it comes has the cookie first", () => {
	const server = under();
	server.client("once1-a").bind();
	const answer = server.client("who").allocate();
	expect([codeOf(answer), answer !== null && isEarlyTurnControl(answer.bytes)]).toEqual([430, true]);
});

test("a right name with another's password, or a digest over something else, is 431", () => {
	const server = under();
	const client = server.client("once1-a");
	const bytes = client.request([LIFETIME(600)]);
	const later = encodeStun({
		class: "request",
		method: "allocate",
		transactionId: bytes.subarray(4, 20),
		attributes: [
			{ name: "magicCookie", value: 0x72c64bc6 },
			{ name: "username", value: "once1-a " },
			{ name: "messageIntegrity", key: shortTermKey("pass many-a") },
		],
	});
	expect(codeOf(client.send(later))).toBe(431);
	const changed = bytes.slice();
	changed[33] = 1;
	expect(codeOf(client.send(changed))).toBe(431);
});
