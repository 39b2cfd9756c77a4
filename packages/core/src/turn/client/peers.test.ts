import { attributeOf, decodeChannelData, encodeChannelData, isDecodeError, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../../machine.ts";
import type { TurnClientInput } from "./client-io.ts";
import {
	type Answer,
	type Left,
	OTHER_RELAY,
	PEER,
	PEER6,
	peersOf,
	RELAYED,
	RELAYED6,
	type Script,
	TurnUnderTest,
} from "./turn-client.fixture.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5);
const OTHER = { address: "198.51.100.10", port: 7000 };
const silent = () => null;
const dual: Script = {
	allocate: () => ({
		success: [
			{ name: "xorRelayedAddress", value: RELAYED },
			{ name: "xorRelayedAddress", value: RELAYED6 },
			{ name: "lifetime", value: 86_400 },
		],
	}),
};
const lasting: Script = {
	allocate: () => ({
		success: [
			{ name: "xorRelayedAddress", value: RELAYED },
			{ name: "lifetime", value: 86_400 },
		],
	}),
};
const at = (left: readonly Left[]) => left.map((each) => each.at / SECOND);
const addresses = (count: number) => Array.from({ length: count }, (_, index) => `198.51.100.${index + 1}`);
const dataFrom = (peer: typeof PEER): readonly StunItem[] => [
	{ name: "xorPeerAddress", value: peer },
	{ name: "data", value: DATA },
];

describe("permissions", () => {
	test("of many peers are asked for in one request, without ports, and each is told", () => {
		const under = TurnUnderTest.allocated({ allocation: { family: "both" } }, dual);
		under.step({ type: "permit", addresses: [PEER.address, PEER6.address, PEER.address, "2001:DB8:0::9"] });
		expect(under.sent("createPermission").map(({ message }) => peersOf(message))).toEqual([
			[PEER.address, PEER6.address],
		]);
		expect(attributeOf(under.sent("createPermission")[0]!.message, "xorPeerAddress")?.port).toBe(0);
		expect(under.told("permitted").map(({ address }) => address)).toEqual([PEER.address, PEER6.address]);
		under.step({ type: "permit", addresses: addresses(40) });
		expect(under.sent("createPermission").map(({ message }) => peersOf(message).length)).toEqual([2, 32, 7]);
		for (const { bytes } of under.sent("createPermission")) expect(bytes.length).toBeLessThan(1200);
	});

	test("are renewed together every four minutes, by one request", () => {
		const under = TurnUnderTest.allocated({}, lasting);
		under.step({ type: "permit", addresses: [PEER.address] });
		under.pass(100);
		under.step({ type: "permit", addresses: [OTHER.address] });
		under.pass(500);
		expect(at(under.sent("createPermission"))).toEqual([0, 100, 240, 480]);
		expect(peersOf(under.sent("createPermission")[2]!.message)).toEqual([PEER.address, OTHER.address]);
		expect(under.told("permitted")).toHaveLength(2);
		under.step({ type: "forget", address: PEER.address });
		under.pass(200);
		expect(peersOf(under.sent("createPermission").at(-1)!.message)).toEqual([OTHER.address]);
	});

	test.each([
		[403, "forbidden"],
		[443, "familyMismatch"],
	])("refused with %i to one of many are granted to the others: %s", (error, why) => {
		const under = TurnUnderTest.allocated(
			{},
			{ createPermission: (message) => (peersOf(message).includes("198.51.100.6") ? { error } : { success: [] }) },
		);
		under.step({ type: "permit", addresses: addresses(9) });
		expect(under.told("refused")).toMatchObject([{ address: "198.51.100.6", why, error: { code: error } }]);
		expect(under.told("permitted")).toHaveLength(8);
		expect(under.told("lost")).toEqual([]);
		under.step({ type: "send", peer: { address: "198.51.100.6", port: 1 }, data: DATA });
		expect(under.ignored).toEqual(["refused"]);
		under.step({ type: "permit", addresses: ["198.51.100.6"] });
		expect(under.told("refused")).toHaveLength(2);
	});

	test("of a family without a relayed address need no question", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "permit", addresses: [PEER6.address, "nobody"] });
		expect(under.told("refused")).toEqual([
			{ kind: "refused", address: PEER6.address, why: "familyMismatch", error: null },
		]);
		expect(under.ignored).toEqual(["badAddress"]);
		expect(under.left).toEqual([]);
	});

	test("meet a stale nonce when they are renewed", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "permit", addresses: [PEER.address] });
		under.nonce = "n2";
		under.pass(241);
		expect(at(under.sent("createPermission"))).toEqual([0, 240, 240]);
		expect(under.told("refused")).toEqual([]);
	});

	test("that nobody renews are lost once they have run out", () => {
		const under = TurnUnderTest.allocated({}, lasting);
		under.step({ type: "permit", addresses: [PEER.address] });
		under.script = { ...under.script, createPermission: silent };
		under.pass(318);
		expect(under.told("refused")).toEqual([]);
		under.pass(2);
		expect(under.told("refused")).toMatchObject([{ address: PEER.address, why: "timeout" }]);
	});

	test("whose request finds no allocation tell of its loss", () => {
		const under = TurnUnderTest.allocated({}, { createPermission: () => ({ error: 437 }) });
		under.step({ type: "permit", addresses: [PEER.address] });
		expect(under.events.at(-1)).toMatchObject({ kind: "lost", why: "allocationMismatch" });
	});
});

describe("data", () => {
	test("leaves at once, right behind the question for a permission", () => {
		const under = TurnUnderTest.allocated({}, { createPermission: silent });
		under.step({ type: "send", peer: PEER, data: DATA });
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.left.map(({ message }) => message?.method)).toEqual(["createPermission", "send", "send"]);
		const { message } = under.sent("send")[0]!;
		expect(attributeOf(message, "xorPeerAddress")).toEqual(PEER);
		expect(attributeOf(message, "data")).toEqual(DATA);
		expect(new Set(under.sent("send").map((sent) => sent.message.transactionId.join()))).toHaveProperty("size", 2);
	});

	test("leaves again where the question had to be asked twice, and only then", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.sent("send")).toHaveLength(1);
		under.nonce = "n2";
		const answers: (() => void)[] = [];
		under.script = {
			...under.script,
			createPermission: (message) => {
				answers.push(() => under.hear(under.encode(message, { success: [] })));
				return null;
			},
		};
		for (let count = 0; count < 20; count++) under.step({ type: "send", peer: OTHER, data: DATA });
		expect(under.sent("send")).toHaveLength(21);
		answers[0]?.();
		expect(under.sent("send")).toHaveLength(21 + 16);
		expect(under.sent("send")[21]!.bytes).toEqual(under.sent("send")[1]!.bytes);
	});

	test("takes indications until its channel is bound, and no packet waits", () => {
		const under = TurnUnderTest.allocated({}, { channelBind: silent });
		under.step({ type: "bind", peer: PEER });
		under.step({ type: "send", peer: PEER, data: DATA });
		const { message } = under.sent("channelBind")[0]!;
		expect(attributeOf(message, "channelNumber")).toBe(0x4000);
		under.hear(under.encode(message, { success: [] }));
		under.step({ type: "send", peer: PEER, data: DATA });
		under.step({ type: "send", peer: PEER, data: DATA, dontFragment: true });
		const [, , first, second, third] = under.left;
		expect([first?.message?.method, second?.channel, third?.message?.method]).toEqual(["send", 0x4000, "send"]);
		expect(attributeOf(third!.message!, "dontFragment")).toBe(true);
		expect(under.told("bound")).toEqual([{ kind: "bound", peer: PEER, channel: 0x4000 }]);
	});

	test.each([
		["udp", 9],
		["tls", 12],
	] as const)("on a channel over %s has %i bytes for five", (leg, length) => {
		const under = TurnUnderTest.allocated({ leg });
		under.step({ type: "bind", peer: PEER });
		under.step({ type: "send", peer: PEER, data: DATA });
		const { bytes } = under.left.at(-1)!;
		expect(bytes).toHaveLength(length);
		const read = decodeChannelData(bytes);
		expect(isDecodeError(read) ? null : read.data).toEqual(DATA);
	});

	test("comes on channels and in indications, from peers that were permitted", () => {
		const under = TurnUnderTest.allocated({ leg: "tcp" });
		under.step({ type: "bind", peer: PEER });
		under.hear(encodeChannelData({ channel: 0x4000, data: DATA }, "stream"));
		under.indication("data", dataFrom({ ...PEER, port: 9 }));
		expect(under.told("data")).toEqual([
			{ kind: "data", from: PEER, bytes: DATA, channel: 0x4000 },
			{ kind: "data", from: { ...PEER, port: 9 }, bytes: DATA, channel: null },
		]);
		under.indication("data", [
			{ name: "xorPeerAddress", value: PEER },
			{ name: "icmp", value: { type: 3, code: 4, data: 1200 } },
		]);
		expect(under.told("icmp")).toEqual([{ kind: "icmp", peer: PEER, icmp: { type: 3, code: 4, data: 1200 } }]);
	});

	test("may come on a channel before the answer that it is bound", () => {
		const under = TurnUnderTest.allocated({}, { channelBind: silent });
		under.step({ type: "bind", peer: PEER });
		under.hear(encodeChannelData({ channel: 0x4000, data: DATA }, "datagram"));
		expect(under.told("data")).toHaveLength(1);
	});

	test.each<[string, (under: TurnUnderTest) => void, string]>([
		["from elsewhere", (under) => under.hear(CHANNEL, OTHER_RELAY), "notFromServer"],
		["to another socket", (under) => under.hear(CHANNEL, undefined, 1), "notFromServer"],
		["on no channel", (under) => under.hear(CHANNEL), "badChannelData"],
		["cut off", (under) => under.hear(CHANNEL.subarray(0, 6)), "badChannelData"],
		["from a stranger", (under) => under.indication("data", dataFrom(PEER)), "notPermitted"],
		["from nobody", (under) => under.indication("data", [{ name: "data", value: DATA }]), "badIndication"],
		["that is none", (under) => under.indication("data", [{ name: "xorPeerAddress", value: PEER }]), "badIndication"],
		["in no message", (under) => under.hear(Uint8Array.of(0x00, 0x17, 0, 0)), "notStun"],
	])("%s is not taken", (_, hear, reason) => {
		const under = TurnUnderTest.allocated();
		hear(under);
		expect(under.ignored).toEqual([reason]);
		expect(under.told("data")).toEqual([]);
	});

	test("that is too long for a packet, or for no peer, does not leave", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "send", peer: PEER, data: new Uint8Array(65_456) });
		under.step({ type: "send", peer: { ...PEER, port: 0 }, data: DATA });
		under.step({ type: "send", peer: PEER6, data: DATA });
		expect(under.sent("send")).toEqual([]);
		expect(under.ignored).toEqual(["tooLong", "badAddress", "refused"]);
		under.step({ type: "send", peer: PEER, data: new Uint8Array(65_455) });
		expect(under.sent("send")).toHaveLength(1);
	});
});

test("an indication with what must be understood and is not is dropped (RFC 8489 §6.3.2)", () => {
	const under = TurnUnderTest.allocated();
	under.step({ type: "permit", addresses: [PEER.address] });
	under.indication("data", [
		{ name: "xorPeerAddress", value: PEER },
		{ name: "data", value: Uint8Array.of(1) },
		{ name: "unknown", type: 0x7ffe, value: Uint8Array.of(1) },
	]);
	expect(under.told("data")).toEqual([]);
	expect(under.ignored).toEqual(["badIndication"]);
});

test.each([0, 1, 2])("of three requests one is answered (%i): nothing lapses in two hours", (first) => {
	let asked = first;
	const one = (answer: Answer) => () => (asked++ % 3 === 0 ? answer : null);
	const under = TurnUnderTest.allocated(
		{},
		{
			createPermission: one({ success: [] }),
			channelBind: one({ success: [] }),
			refresh: one({ success: [{ name: "lifetime", value: 600 }] }),
		},
	);
	under.step({ type: "bind", peer: PEER });
	under.pass(7200);
	expect([...under.told("refused"), ...under.told("unbound"), ...under.told("lost")]).toEqual([]);
	expect(under.told("refreshed").length).toBeGreaterThan(12);
});

describe("channels", () => {
	test("are bound anew after nine minutes", () => {
		const under = TurnUnderTest.allocated({}, lasting);
		under.step({ type: "bind", peer: PEER });
		under.step({ type: "bind", peer: { ...PEER, port: 1 } });
		under.step({ type: "bind", peer: PEER });
		expect(under.ignored).toEqual(["alreadyBound"]);
		under.pass(1100);
		expect(at(under.sent("channelBind"))).toEqual([0, 0, 540, 540, 1080, 1080]);
		expect(under.told("bound")).toMatchObject([{ channel: 0x4000 }, { channel: 0x4001 }]);
	});

	test("are told from each other by the peer's port as well", () => {
		const under = TurnUnderTest.allocated();
		under.step({ type: "bind", peer: PEER });
		under.step({ type: "send", peer: { ...PEER, port: 1 }, data: DATA });
		expect(under.left.at(-1)?.message?.method).toBe("send");
	});

	test.each([
		[400, "badRequest"],
		[403, "forbidden"],
		[508, "insufficientCapacity"],
	])("refused with %i leave the allocation and its indications: %s", (error, why) => {
		const under = TurnUnderTest.allocated({}, { channelBind: () => ({ error }) });
		under.step({ type: "bind", peer: PEER });
		expect(under.told("unbound")).toMatchObject([{ peer: PEER, why }]);
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.left.at(-1)?.message?.method).toBe("send");
		under.step({ type: "bind", peer: PEER });
		expect(attributeOf(under.sent("channelBind").at(-1)!.message, "channelNumber")).toBe(0x4001);
	});

	test("that nobody renews give way to indications once they have run out", () => {
		const under = TurnUnderTest.allocated({}, lasting);
		under.step({ type: "bind", peer: PEER });
		under.script = { ...under.script, channelBind: silent };
		under.pass(599);
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.left.at(-1)?.channel).toBe(0x4000);
		under.pass(61);
		expect(under.told("unbound")).toMatchObject([{ peer: PEER, why: "timeout" }]);
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.left.at(-1)?.message?.method).toBe("send");
	});

	test("let go are neither renewed nor used, and bound again keep their number", () => {
		const under = TurnUnderTest.allocated({}, lasting);
		under.step({ type: "bind", peer: PEER });
		under.step({ type: "unbind", peer: PEER });
		under.step({ type: "unbind", peer: PEER });
		expect(under.ignored).toEqual(["notBound"]);
		under.step({ type: "send", peer: PEER, data: DATA });
		expect(under.left.at(-1)?.message?.method).toBe("send");
		under.hear(encodeChannelData({ channel: 0x4000, data: DATA }, "datagram"));
		expect(under.told("data")).toHaveLength(1);
		under.step({ type: "bind", peer: PEER });
		expect(attributeOf(under.sent("channelBind").at(-1)!.message, "channelNumber")).toBe(0x4000);
	});

	// Over 16,000 signed messages, for which a busy machine takes its time.
	test("keep numbers apart for five minutes after their end, and there are 4096", { timeout: 30_000 }, () => {
		const under = TurnUnderTest.allocated({}, lasting);
		for (let port = 1; port <= 4096; port++) under.step({ type: "bind", peer: { ...PEER, port } });
		expect(under.told("bound")).toHaveLength(4096);
		under.step({ type: "unbind", peer: { ...PEER, port: 1 } });
		under.step({ type: "bind", peer: OTHER });
		expect(under.told("unbound")).toMatchObject([{ peer: OTHER, why: "noChannelNumber" }]);
		under.pass(899);
		under.step({ type: "bind", peer: OTHER });
		expect(under.told("unbound")).toHaveLength(2);
		under.pass(1);
		under.step({ type: "bind", peer: OTHER });
		expect(under.told("bound").at(-1)).toEqual({ kind: "bound", peer: OTHER, channel: 0x4000 });
	});
});

const CHANNEL = encodeChannelData({ channel: 0x4000, data: DATA }, "datagram");

describe("connections (RFC 6062)", () => {
	const tcp = (script: Script = {}) =>
		TurnUnderTest.allocated({ leg: "tcp", allocation: { transport: "tcp" } }, { ...lasting, ...script });

	test("are made by the relay, and carried by another one to it", () => {
		const under = tcp();
		under.step({ type: "connect", peer: PEER });
		expect(under.told("connected")).toEqual([{ kind: "connected", peer: PEER, connectionId: 77 }]);
		under.step({ type: "bindConnection", connectionId: 77, local: 5 });
		expect(under.sent("connectionBind")).toMatchObject([{ local: 5 }]);
		expect(attributeOf(under.sent("connectionBind")[0]!.message, "connectionId")).toBe(77);
		expect(under.told("connectionBound")).toEqual([{ kind: "connectionBound", connectionId: 77, local: 5 }]);
	});

	test("and every other request meet a stale nonce, each socket with its own", () => {
		const under = TurnUnderTest.allocated({ leg: "tcp", allocation: { transport: "tcp" } });
		const nonces = new Map<number, string>();
		// As ours, which bind nonces to the address that they see.
		Object.defineProperty(under, "nonce", {
			get: () => {
				const { local } = under.left.at(-1)!;
				if (!nonces.has(local)) nonces.set(local, `n of ${local}`);
				return nonces.get(local);
			},
		});
		const asks: readonly TurnClientInput[] = [
			{ type: "permit", addresses: [PEER.address] },
			{ type: "connect", peer: PEER },
			{ type: "bindConnection", connectionId: 77, local: 3 },
			{ type: "connect", peer: { ...PEER, port: 7001 } },
			{ type: "close" },
		];
		const messages = asks.map((ask) => {
			const before = under.left.length;
			under.step(ask);
			return under.left.length - before;
		});
		expect(messages).toEqual([2, 1, 2, 1, 1]);
		expect(under.events.map(({ kind }) => kind).slice(1)).toEqual([
			...["permitted", "connected", "connectionBound", "connected", "closed"],
		]);
	});

	test("come from peers that were permitted", () => {
		const under = tcp();
		const attempt: readonly StunItem[] = [
			{ name: "xorPeerAddress", value: PEER },
			{ name: "connectionId", value: 8 },
		];
		under.indication("connectionAttempt", attempt);
		expect(under.ignored).toEqual(["notPermitted"]);
		under.step({ type: "permit", addresses: [PEER.address] });
		under.indication("connectionAttempt", attempt);
		expect(under.told("connectionAttempt")).toEqual([{ kind: "connectionAttempt", peer: PEER, connectionId: 8 }]);
	});

	test.each([
		[403, "forbidden"],
		[446, "connectionExists"],
		[447, "connectionFailed"],
	])("refused with %i leave the allocation: %s", (error, why) => {
		const under = tcp({ connect: () => ({ error }), connectionBind: () => ({ error }) });
		under.step({ type: "connect", peer: PEER });
		under.step({ type: "bindConnection", connectionId: 1, local: 5 });
		expect(under.told("connectFailed")).toMatchObject([{ peer: PEER, why }]);
		expect(under.told("connectionLost")).toMatchObject([{ connectionId: 1, local: 5, why }]);
	});

	test("that end before they are bound are lost, and only they", () => {
		const under = tcp({ connectionBind: silent });
		under.step({ type: "bindConnection", connectionId: 1, local: 5 });
		under.step({ type: "closed", local: 5 });
		expect(under.told("connectionLost")).toMatchObject([{ connectionId: 1, why: "closed" }]);
		expect(under.told("lost")).toEqual([]);
	});

	test("and packets each need an allocation of their own", () => {
		const streams = tcp();
		streams.step({ type: "send", peer: PEER, data: DATA });
		streams.step({ type: "bind", peer: PEER });
		const packets = TurnUnderTest.allocated({ leg: "tcp" });
		packets.step({ type: "connect", peer: PEER });
		expect([...streams.ignored, ...packets.ignored]).toEqual(["otherTransport", "otherTransport", "otherTransport"]);
	});

	test("to a family without a relayed address, or without an id, are failures", () => {
		const under = tcp({ connect: () => ({ success: [] }) });
		under.step({ type: "connect", peer: PEER6 });
		under.step({ type: "connect", peer: PEER });
		expect(under.told("connectFailed")).toMatchObject([{ why: "familyMismatch" }, { why: "badAnswer" }]);
	});
});
