import {
	attributeOf,
	encodeNonceFeatures,
	longTermKey,
	type StunItem,
	type StunMessage,
	verifyIntegrity,
} from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../../machine.ts";
import type { TurnAllocationOptions, TurnClientConfig } from "./client-io.ts";
import {
	type Answer,
	MAPPED,
	OTHER_RELAY,
	PEER,
	RELAY,
	RELAYED,
	RELAYED6,
	TurnUnderTest,
	USER,
	WILLING,
} from "./turn-client.fixture.ts";

const silent = () => null;
const REALM_AND_NONCE: readonly StunItem[] = [
	{ name: "realm", value: "example.org" },
	{ name: "nonce", value: "n1" },
];
const relayed = (...addresses: readonly (typeof RELAYED)[]): readonly StunItem[] =>
	addresses.map((value): StunItem => ({ name: "xorRelayedAddress", value }));
const lasting = (seconds: number): Answer => ({
	success: [...relayed(RELAYED), { name: "lifetime", value: seconds }],
});
const names = (under: TurnUnderTest, index = -1) =>
	under
		.sent("allocate")
		.at(index)
		?.message.attributes.map(({ name }) => name);

describe("an allocation", () => {
	test("is told with its addresses, after the challenge", () => {
		const under = new TurnUnderTest();
		under.step({ type: "allocate" });
		expect(under.events).toEqual([
			{
				...{ kind: "allocated", relayed: [RELAYED], mapped: MAPPED, lifetimeSeconds: 600, server: RELAY },
				...{ addressError: null, reservationToken: null, mobile: false, dontFragment: false },
				...{ software: null, integrity: "sha1", rttNs: 0 },
			},
		]);
		expect(under.sent("allocate")).toHaveLength(2);
		expect(names(under)).toEqual([
			...["requestedTransport", "username", "realm", "nonce", "messageIntegrity", "fingerprint"],
		]);
		under.step({ type: "allocate" });
		expect(under.ignored).toEqual(["alreadyAllocated"]);
	});

	test("is signed with SHA-256 and anonymous where the server offers it", () => {
		const under = new TurnUnderTest();
		under.nonce = `${encodeNonceFeatures({ passwordAlgorithms: true, usernameAnonymity: true })}n`;
		under.algorithm = "sha256";
		under.challenge = [{ name: "passwordAlgorithms", value: [{ algorithm: "sha256", parameters: new Uint8Array(0) }] }];
		under.step({ type: "allocate" });
		expect(under.told("allocated")).toHaveLength(1);
		expect(names(under)).toEqual(expect.arrayContaining(["userHash", "passwordAlgorithm", "messageIntegritySha256"]));
	});

	test.each<[TurnAllocationOptions, readonly string[]]>([
		[{ family: 6 }, ["requestedTransport", "requestedAddressFamily"]],
		[{ family: "both" }, ["requestedTransport", "additionalAddressFamily", "draftAdditionalAddressFamily"]],
		[{ evenPort: "pair", lifetimeSeconds: 100 }, ["requestedTransport", "lifetime", "evenPort"]],
		[{ reservationToken: new Uint8Array(8) }, ["requestedTransport", "reservationToken"]],
		[{ dontFragment: true, mobility: true }, ["requestedTransport", "dontFragment", "mobilityTicket"]],
	])("asks for %o", (allocation, expected) => {
		const under = new TurnUnderTest({ allocation });
		under.step({ type: "allocate" });
		expect(names(under, 0)).toEqual([...expected, "fingerprint"]);
	});

	test.each<[TurnAllocationOptions]>([
		[{ transport: "tcp" }],
		[{ reservationToken: new Uint8Array(8), family: 6 }],
		[{ reservationToken: new Uint8Array(7) }],
		[{ evenPort: "pair", family: "both" }],
		[{ lifetimeSeconds: 0 }],
	])("that contradicts itself cannot be asked for: %o", (allocation) => {
		expect(() => new TurnUnderTest({ allocation })).toThrow(RangeError);
	});

	test("of two families may lack one, and says why", () => {
		const both: Answer = { success: [...relayed(RELAYED, RELAYED6), { name: "lifetime", value: 600 }] };
		const one: Answer = {
			success: [
				...relayed(RELAYED),
				{ name: "lifetime", value: 600 },
				{ name: "addressErrorCode", value: { family: 6, code: 440, reason: "none" } },
			],
		};
		const first = TurnUnderTest.allocated({ allocation: { family: "both" } }, { allocate: () => both });
		expect(first.told("allocated")).toMatchObject([{ relayed: [RELAYED, RELAYED6], addressError: null }]);
		const second = TurnUnderTest.allocated({ allocation: { family: "both" } }, { allocate: () => one });
		expect(second.told("allocated")).toMatchObject([{ relayed: [RELAYED], addressError: { family: 6, code: 440 } }]);
	});

	test.each([
		["no relayed address", []],
		["another family", relayed(RELAYED6)],
		["two addresses", relayed(RELAYED, RELAYED)],
		["no lifetime at all", [...relayed(RELAYED), { name: "lifetime", value: 0 }] as const],
	])("with %s is given back", (_, success) => {
		const under = new TurnUnderTest({ allocation: { family: 4 } }, { allocate: () => ({ success }) });
		under.step({ type: "allocate" });
		expect(under.events).toMatchObject([{ kind: "failed", why: "badAnswer" }]);
		expect(attributeOf(under.sent("refresh").at(-1)!.message, "lifetime")).toBe(0);
		expect(under.client.deadline).toBeNull();
	});

	test("is asked for again without DF, and without mobility, where the server has neither", () => {
		const allocation = { dontFragment: true, mobility: true };
		const under = new TurnUnderTest(
			{ allocation },
			{
				allocate: (message) => {
					if (attributeOf(message, "dontFragment") !== undefined)
						return { error: 420, more: [{ name: "unknownAttributes", value: [0x001a] }] };
					return attributeOf(message, "mobilityTicket") === undefined ? lasting(600) : { error: 405 };
				},
			},
		);
		under.step({ type: "allocate" });
		expect(under.events).toMatchObject([{ kind: "allocated", dontFragment: false, mobile: false }]);
	});

	test.each([
		[400, "badRequest"],
		[403, "forbidden"],
		[420, "unsupportedAttributes"],
		[437, "allocationMismatch"],
		[440, "familyUnsupported"],
		[441, "wrongCredentials"],
		[442, "transportUnsupported"],
		[486, "quotaReached"],
		[500, "serverError"],
		[508, "insufficientCapacity"],
		[599, "refused"],
	])("that is refused with %i fails by a name of its own: %s", (error, why) => {
		const under = new TurnUnderTest({}, { allocate: () => ({ error }) });
		under.step({ type: "allocate" });
		expect(under.events).toMatchObject([{ kind: "failed", why, error: { code: error }, alternate: null }]);
		expect(under.client.deadline).toBeNull();
		under.step({ type: "permit", addresses: [PEER.address] });
		expect(under.ignored).toEqual(["notAllocated"]);
	});

	test("fails for a wrong password, and for nobody's answer", () => {
		const wrong = new TurnUnderTest({ credentials: { ...USER, password: "other" } }, { allocate: () => null });
		wrong.step({ type: "allocate" });
		const request = wrong.sent("allocate").at(-1)!.message;
		const more: StunItem[] = [
			{ name: "realm", value: "example.org" },
			{ name: "nonce", value: "n1" },
		];
		wrong.hear(wrong.encode(request, { error: 401, more }));
		expect(wrong.events).toMatchObject([{ kind: "failed", why: "unauthorized" }]);
		const none = new TurnUnderTest({}, { allocate: silent });
		none.step({ type: "allocate" });
		none.pass(60);
		expect(none.told("failed")).toMatchObject([{ why: "timeout" }]);
	});

	test("fails when the server cannot be reached, or the stream ends", () => {
		const under = new TurnUnderTest({}, { allocate: silent });
		under.step({ type: "allocate" });
		under.step({ type: "unreachable", code: "ECONNREFUSED" });
		expect(under.events).toMatchObject([{ kind: "failed", why: "unreachable" }]);
		const stream = new TurnUnderTest({ leg: "tls" }, { allocate: silent });
		stream.step({ type: "allocate" });
		stream.step({ type: "closed" });
		expect(stream.events).toMatchObject([{ kind: "failed", why: "closed" }]);
		expect(stream.client.deadline).toBeNull();
	});
});

describe("a server that sends us elsewhere", () => {
	const elsewhere: Answer = { error: 300, more: [{ name: "alternateServer", value: OTHER_RELAY }] };

	test("is followed once, and the other asked from then on", () => {
		const under = new TurnUnderTest();
		const { allocate } = WILLING;
		let asked = 0;
		under.script = { ...WILLING, allocate: (message) => (asked++ === 0 ? elsewhere : (allocate?.(message) ?? null)) };
		under.step({ type: "allocate" });
		expect(under.events).toMatchObject([
			{ kind: "redirected", to: OTHER_RELAY },
			{ kind: "allocated", server: OTHER_RELAY },
		]);
		under.step({ type: "permit", addresses: [PEER.address] });
		expect(under.sent("createPermission").at(-1)?.to).toEqual(OTHER_RELAY);
		under.step({ type: "send", peer: PEER, data: new Uint8Array(1) });
		expect(under.sent("send").at(-1)?.to).toEqual(OTHER_RELAY);
	});

	test("is not followed in a circle, nor on a stream", () => {
		const circle = new TurnUnderTest({ redirects: 9 });
		circle.script = {
			...WILLING,
			allocate: () => {
				const { to } = circle.sent("allocate").at(-1)!;
				return { error: 300, more: [{ name: "alternateServer", value: to === RELAY ? OTHER_RELAY : RELAY }] };
			},
		};
		circle.step({ type: "allocate" });
		expect(circle.told("redirected")).toHaveLength(1);
		expect(circle.told("failed")).toMatchObject([{ why: "redirected" }]);
		const stream = new TurnUnderTest({ leg: "tcp" }, { allocate: () => elsewhere });
		stream.step({ type: "allocate" });
		expect(stream.events).toMatchObject([{ kind: "failed", why: "redirected", alternate: OTHER_RELAY }]);
	});

	test("on a stream is followed by its owner, who is told whose certificate counts, and whether it may", () => {
		const more: readonly StunItem[] = [
			{ name: "alternateServer", value: OTHER_RELAY },
			{ name: "alternateDomain", value: "other.example" },
		];
		const sentOn = (config: Partial<TurnClientConfig>) => {
			const under = new TurnUnderTest({ leg: "tls", ...config }, { allocate: () => ({ error: 300, more }) });
			under.step({ type: "allocate" });
			return under.told("failed")[0];
		};
		expect(sentOn({})).toMatchObject({ alternate: OTHER_RELAY, alternateDomain: "other.example", mayFollow: true });
		expect(sentOn({ askedBefore: [OTHER_RELAY], redirects: 5 })?.mayFollow).toBe(false);
		expect(sentOn({ askedBefore: [{ ...OTHER_RELAY, port: 1 }] })?.mayFollow).toBe(false);
		expect(sentOn({ askedBefore: [{ ...OTHER_RELAY, port: 1 }], redirects: 2 })?.mayFollow).toBe(true);
	});

	test("is not gone back to over datagrams that another client was sent on from", () => {
		const under = new TurnUnderTest({ askedBefore: [OTHER_RELAY], redirects: 5 }, { allocate: () => elsewhere });
		under.step({ type: "allocate" });
		expect(under.told("redirected")).toEqual([]);
		expect(under.told("failed")).toMatchObject([{ why: "redirected", mayFollow: false }]);
	});

	test("is followed before any challenge where that was allowed", () => {
		for (const followUnprotected of [false, true]) {
			const under = new TurnUnderTest({ followUnprotected }, { allocate: silent });
			// An old server redirects before it challenges: it takes a request without a nonce.
			Object.defineProperty(under, "nonce", { get: () => undefined });
			under.step({ type: "allocate" });
			under.hear(under.encode(under.sent("allocate").at(-1)!.message, elsewhere));
			if (followUnprotected) expect(under.told("redirected")).toMatchObject([{ to: OTHER_RELAY }]);
			else expect(under.told("failed")).toMatchObject([{ why: "redirected", alternate: OTHER_RELAY }]);
		}
	});
});

describe("its refresh", () => {
	const refreshedAt = (under: TurnUnderTest) => under.sent("refresh").map(({ at }) => at / SECOND);

	test("leaves a minute before its end, and at half of short lifetimes", () => {
		const long = TurnUnderTest.allocated();
		long.pass(1200);
		expect(refreshedAt(long)).toEqual([540, 1080]);
		expect(long.told("refreshed")).toMatchObject([{ lifetimeSeconds: 600 }, { lifetimeSeconds: 600 }]);
		const short = TurnUnderTest.allocated(
			{ allocation: { lifetimeSeconds: 100 } },
			{ allocate: () => lasting(100), refresh: () => ({ success: [{ name: "lifetime", value: 30 }] }) },
		);
		short.pass(70);
		expect(refreshedAt(short)).toEqual([50, 65]);
		expect(attributeOf(short.sent("refresh")[0]!.message, "lifetime")).toBe(100);
	});

	test("leaves at once where somebody wants to know, and once", () => {
		const under = TurnUnderTest.allocated({}, { refresh: silent });
		under.step({ type: "refresh" });
		under.step({ type: "refresh" });
		expect(under.sent("refresh")).toHaveLength(1);
		const gone = TurnUnderTest.allocated({}, { refresh: () => ({ error: 437 }) });
		gone.step({ type: "refresh" });
		expect(gone.told("lost")).toMatchObject([{ why: "allocationMismatch" }]);
	});

	test("reckons from when the request left: the answer may be one to the first of many", () => {
		let asked = 0;
		const under = new TurnUnderTest({}, { allocate: () => (++asked < 7 ? null : lasting(60)) });
		under.step({ type: "allocate" });
		under.pass(40);
		expect(under.told("allocated")).toHaveLength(1);
		expect(refreshedAt(under)[0]).toBe(31.5);
	});

	test("is signed with the credentials of then, also where the user is the same", () => {
		const under = TurnUnderTest.allocated();
		const credentials = { ...USER, password: "other" };
		under.step({ type: "credentials", credentials });
		under.pass(541);
		const key = longTermKey({ ...credentials, realm: "example.org", algorithm: "md5" });
		expect(verifyIntegrity(under.sent("refresh").at(-1)!.message, key)).toBe(true);
	});

	test("that the server refuses to a user who has been followed by another meanwhile is asked by that one", () => {
		const under = TurnUnderTest.allocated({}, { refresh: silent });
		under.pass(540);
		under.step({ type: "credentials", credentials: { ...USER, username: "next" } });
		under.script = WILLING;
		under.hear(under.encode(under.sent("refresh")[0]!.message, { error: 401, more: REALM_AND_NONCE }));
		expect(under.told("lost")).toEqual([]);
		expect(attributeOf(under.sent("refresh").at(-1)!.message, "username")).toBe("next");
	});

	test("meets a stale nonce", () => {
		const under = TurnUnderTest.allocated();
		under.nonce = "n2";
		under.pass(541);
		expect(refreshedAt(under)).toEqual([540, 540]);
		expect(under.told("refreshed")).toHaveLength(1);
		expect(under.told("lost")).toHaveLength(0);
	});

	test("is tried until the allocation has expired", () => {
		const under = TurnUnderTest.allocated({}, { refresh: silent });
		under.pass(700);
		expect(refreshedAt(under)).toEqual([
			...[540, 540.5, 541.5, 543.5, 547.5, 555.5, 571.5],
			...[579.5, 580, 581, 583, 587, 595],
		]);
		expect(under.told("lost")).toMatchObject([{ why: "expired", error: null }]);
		expect(under.client.deadline).toBeNull();
	});

	test("is tried again a little later where the server has trouble or cannot be reached", () => {
		const under = TurnUnderTest.allocated({}, { refresh: () => ({ error: 500 }) });
		under.pass(551);
		expect(refreshedAt(under)).toEqual([540, 545, 550]);
		expect(under.told("lost")).toEqual([]);
	});

	test.each([
		[437, "allocationMismatch"],
		[441, "wrongCredentials"],
		[403, "forbidden"],
	])("that is refused with %i ends it: %s", (error, why) => {
		const under = TurnUnderTest.allocated({}, { refresh: () => ({ error }) });
		under.step({ type: "bind", peer: PEER });
		under.pass(541);
		expect(under.told("lost")).toMatchObject([{ why, error: { code: error } }]);
		expect(under.client.deadline).toBeNull();
		under.step({ type: "send", peer: PEER, data: new Uint8Array(1) });
		expect(under.ignored.at(-1)).toBe("notAllocated");
	});
});

describe("a NAT before us", () => {
	const keepalives = (under: TurnUnderTest) => under.sent("binding").map(({ at }) => at / SECOND);

	test("is shown that we are there after 15 s of silence, or as long as is said", () => {
		const under = TurnUnderTest.allocated();
		under.pass(10);
		under.step({ type: "permit", addresses: [PEER.address] });
		under.pass(35);
		expect(keepalives(under)).toEqual([25, 40]);
		expect(under.sent("binding")[0]?.message.class).toBe("indication");
		const seldom = TurnUnderTest.allocated({ keepaliveSeconds: 100 });
		seldom.pass(250);
		expect(keepalives(seldom)).toEqual([100, 200]);
	});

	test("needs none on streams, or where nobody wants it", () => {
		for (const config of [{ leg: "tls" }, { keepaliveSeconds: 0 }] as const) {
			const under = TurnUnderTest.allocated(config);
			under.pass(300);
			expect(keepalives(under)).toEqual([]);
		}
	});
});

describe("its end", () => {
	test("is told to the server and waited for", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "permit", addresses: [PEER.address] });
		under.step({ type: "close" });
		expect(attributeOf(under.sent("refresh")[0]!.message, "lifetime")).toBe(0);
		expect(under.told("closed")).toEqual([{ kind: "closed", confirmed: true }]);
		expect(under.client.deadline).toBeNull();
		under.step({ type: "close" });
		expect(under.ignored).toEqual(["notAllocated"]);
	});

	test("comes after four seconds where nobody answers", () => {
		const under = TurnUnderTest.allocated({}, { refresh: silent });
		under.step({ type: "close" });
		under.pass(10);
		expect(under.sent("refresh").map(({ at }) => at / SECOND)).toEqual([0, 0.5, 1.5, 3.5]);
		expect(under.events.at(-1)).toEqual({ kind: "closed", confirmed: false });
		expect(under.client.deadline).toBeNull();
	});

	test("is confirmed as well by a server that knows of none", () => {
		const under = TurnUnderTest.allocated({}, { refresh: () => ({ error: 437 }) });
		under.step({ type: "close" });
		expect(under.events.at(-1)).toEqual({ kind: "closed", confirmed: true });
	});

	test("before the answer waits for it, to give back what comes", () => {
		const under = new TurnUnderTest({}, { allocate: silent });
		under.step({ type: "allocate" });
		under.step({ type: "close" });
		const request = under.sent("allocate").at(-1)!.message;
		under.hear(under.encode(request, lasting(600)));
		expect(attributeOf(under.sent("refresh")[0]!.message, "lifetime")).toBe(0);
		expect(under.events).toEqual([{ kind: "closed", confirmed: true }]);
		const unanswered = new TurnUnderTest({}, { allocate: silent });
		unanswered.step({ type: "allocate" });
		unanswered.step({ type: "close" });
		unanswered.pass(10);
		expect(unanswered.events).toEqual([{ kind: "closed", confirmed: false }]);
	});

	test("of a stream is the end of the allocation", () => {
		const under = TurnUnderTest.allocated({ leg: "tcp" });
		under.step({ type: "closed", local: 0 });
		expect(under.told("lost")).toMatchObject([{ why: "closed" }]);
	});
});

describe("moving (RFC 8016)", () => {
	const ticket = (fill: number): StunItem => ({ name: "mobilityTicket", value: new Uint8Array(6).fill(fill) });
	const mobile = (script = {}, leg: "udp" | "tcp" = "udp") =>
		TurnUnderTest.allocated(
			{ leg, allocation: { mobility: true } },
			{
				allocate: () => ({ success: [...relayed(RELAYED), { name: "lifetime", value: 600 }, ticket(1)] }),
				refresh: () => ({ success: [{ name: "lifetime", value: 600 }, ticket(2)] }),
				...script,
			},
		);

	test("asks from the new socket with the ticket, and renews everything there", () => {
		const under = mobile();
		under.step({ type: "permit", addresses: [PEER.address] });
		under.pass(10);
		under.nonce = "n2";
		under.step({ type: "move", local: 3 });
		const [first, second] = under.sent("refresh");
		expect(first).toMatchObject({ local: 3 });
		expect(attributeOf(second!.message, "mobilityTicket")).toEqual(new Uint8Array(6).fill(1));
		expect(under.told("moved")).toEqual([{ kind: "moved", local: 3 }]);
		expect(under.sent("createPermission").at(-1)).toMatchObject({ local: 3, at: 10 * SECOND });
		under.step({ type: "move", local: 4 });
		expect(attributeOf(under.sent("refresh").at(-1)!.message, "mobilityTicket")).toEqual(new Uint8Array(6).fill(2));
		under.step({ type: "send", peer: PEER, data: Uint8Array.of(1) });
		expect(under.left.at(-1)).toMatchObject({ local: 4 });
	});

	test("hears the server on both sockets meanwhile", () => {
		const under = mobile();
		under.step({ type: "permit", addresses: [PEER.address] });
		under.step({ type: "move", local: 3 });
		under.indication("data", [
			{ name: "xorPeerAddress", value: PEER },
			{ name: "data", value: Uint8Array.of(1) },
		]);
		expect(under.told("data")).toHaveLength(1);
	});

	test("waits for another connection where the first has ended", () => {
		const under = mobile({}, "tcp");
		under.step({ type: "permit", addresses: [PEER.address] });
		under.step({ type: "closed" });
		expect(under.told("disconnected")).toHaveLength(1);
		under.step({ type: "send", peer: PEER, data: Uint8Array.of(1) });
		expect(under.ignored).toEqual(["disconnected"]);
		under.pass(300);
		under.step({ type: "move", local: 1 });
		expect(under.told("moved")).toEqual([{ kind: "moved", local: 1 }]);
		expect(under.sent("createPermission").at(-1)).toMatchObject({ local: 1, at: 300 * SECOND });
		under.step({ type: "closed", local: 1 });
		under.pass(700);
		expect(under.told("lost")).toMatchObject([{ why: "expired" }]);
	});

	test("that fails leaves it where it was", () => {
		const under = mobile({ refresh: () => ({ error: 437 }) });
		under.step({ type: "move", local: 3 });
		expect(under.told("moveFailed")).toMatchObject([{ local: 3, why: "allocationMismatch" }]);
		under.step({ type: "permit", addresses: [PEER.address] });
		expect(under.sent("createPermission").at(-1)).toMatchObject({ local: 0 });
	});

	test("on the spot is what saves it from a NAT that forgot us", () => {
		let known = true;
		const under = mobile({ createPermission: () => (known ? { success: [] } : { error: 437 }) });
		under.step({ type: "permit", addresses: [PEER.address] });
		known = false;
		const { refresh } = under.script;
		under.script = {
			...under.script,
			refresh: (message) => {
				known ||= attributeOf(message, "mobilityTicket") !== undefined;
				return refresh?.(message) ?? null;
			},
		};
		under.pass(241);
		expect(under.told("moved")).toEqual([{ kind: "moved", local: 0 }]);
		expect(under.sent("createPermission").map(({ at }) => at / SECOND)).toEqual([0, 240, 240]);
		expect([...under.told("refused"), ...under.told("lost")]).toEqual([]);
	});

	test("that the server will not have on the spot is the loss of the allocation", () => {
		const under = mobile({ createPermission: () => ({ error: 437 }), refresh: () => ({ error: 437 }) });
		under.step({ type: "permit", addresses: [PEER.address] });
		expect(under.events.slice(1)).toMatchObject([{ kind: "lost", why: "allocationMismatch" }]);
	});

	test("goes on while the server says on the old way that it does not know us there: it may have moved us", () => {
		const under = mobile({ refresh: silent });
		under.step({ type: "move", local: 3 });
		under.script = { ...under.script, createPermission: () => ({ error: 437 }) };
		under.step({ type: "permit", addresses: [PEER.address] });
		under.script = { ...WILLING, refresh: () => ({ success: [{ name: "lifetime", value: 600 }, ticket(2)] }) };
		under.pass(1);
		expect(under.told("moved")).toEqual([{ kind: "moved", local: 3 }]);
		expect(under.told("permitted")).toHaveLength(1);
	});

	test("that fails although the server knows us no more on the old way is followed by one back there", () => {
		const under = mobile({ refresh: silent });
		under.step({ type: "move", local: 3 });
		under.script = { ...under.script, createPermission: () => ({ error: 437 }) };
		under.step({ type: "permit", addresses: [PEER.address] });
		under.pass(39);
		under.script = { ...WILLING, refresh: () => ({ success: [{ name: "lifetime", value: 600 }, ticket(2)] }) };
		under.pass(1);
		expect(under.told("moveFailed")).toMatchObject([{ local: 3, why: "timeout" }]);
		expect(under.told("moved")).toEqual([{ kind: "moved", local: 0 }]);
		expect(under.told("permitted")).toHaveLength(1);
	});

	test("on the spot is asked for once, and refreshes wait for it", () => {
		const under = mobile({
			refresh: (message: StunMessage) => (attributeOf(message, "mobilityTicket") === undefined ? { error: 437 } : null),
		});
		under.pass(541);
		expect(under.sent("refresh")).toHaveLength(3);
	});

	test("needs a ticket", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "move", local: 3 });
		expect(under.ignored).toEqual(["notMobile"]);
	});
});
