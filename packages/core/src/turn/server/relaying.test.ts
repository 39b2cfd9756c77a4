import { attributeOf, decodeChannelData, encodeChannelData, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { answerIn, CLIENT, codeOf, PEER, peer, reasonIn, ServerUnderTest } from "./server.fixture.ts";

const BYTES = Uint8Array.of(1, 2, 3, 4, 5);
const DATA: StunItem = { name: "data", value: BYTES };
const channel = { name: "channelNumber", value: 0x4000 } as const;
const of = (family: 4 | 6): StunItem => ({ name: "requestedAddressFamily", value: family });

function permitted(family: 4 | 6, config = {}) {
	const under = new ServerUnderTest(config);
	const client = under.client().allocate(of(family));
	client.code("createPermission", [peer(PEER[family])]);
	return { under, client, relay: client.relay(family) };
}

describe.each([4, 6] as const)("IPv%i: relayed", (family) => {
	test("is a Send indication, to a peer that has a permission and no other", () => {
		const { under, client, relay } = permitted(family);
		client.indicate([peer(PEER[family]), DATA]);
		expect(under.last("relaySend")).toEqual({
			type: "relaySend",
			relay,
			to: PEER[family],
			bytes: BYTES,
			dontFragment: false,
		});
		const stranger = family === 4 ? "1.1.1.1" : "2606:4700::1111";
		expect(reasonIn(client.indicate([peer({ address: stranger, port: 1 }), DATA]))).toBe("noPermission");
		expect(reasonIn(client.indicate([peer(PEER[family === 4 ? 6 : 4]), DATA]))).toBe("noPermission");
		expect(client.allocation.usage).toMatchObject({ sentPackets: 1, sentBytes: 5 });
	});

	test("are datagrams of a peer, by Data indications and on a channel by channel data", () => {
		const { under, client, relay } = permitted(family);
		const told = answerIn(under.step({ type: "relayReceived", relay, from: PEER[family], bytes: BYTES }));
		expect(told).toMatchObject({ class: "indication", method: "data" });
		expect(told && attributeOf(told, "xorPeerAddress")).toEqual(PEER[family]);
		expect(told && attributeOf(told, "data")).toEqual(BYTES);
		client.code("channelBind", [peer(PEER[family]), channel]);
		under.step({ type: "relayReceived", relay, from: PEER[family], bytes: BYTES });
		expect(under.last("send")).toMatchObject({ to: CLIENT, local: 0 });
		expect(decodeChannelData(under.last("send").bytes)).toEqual({ channel: 0x4000, data: BYTES });
		// Another port of the same address has a permission, and no channel.
		under.step({ type: "relayReceived", relay, from: { ...PEER[family], port: 1 }, bytes: BYTES });
		expect(under.last("send").bytes[0]).toBe(0);
		expect(client.allocation.usage).toMatchObject({ receivedPackets: 3, receivedBytes: 15 });
	});

	test("is channel data, empty too", () => {
		const { under, client, relay } = permitted(family);
		client.code("channelBind", [peer(PEER[family]), channel]);
		for (const data of [BYTES, new Uint8Array(0)]) {
			client.hand(encodeChannelData({ channel: 0x4000, data }, "stream"));
			expect(under.last("relaySend")).toMatchObject({ relay, to: PEER[family], bytes: data });
		}
	});

	test("are what ICMP says of a peer that has a permission; no error ends the allocation", () => {
		const { under, client, relay } = permitted(family);
		const icmp = { type: family === 4 ? 3 : 1, code: family === 4 ? 4 : 0, data: 1200 };
		const told = answerIn(under.step({ type: "relayError", relay, to: PEER[family], icmp }));
		expect(told).toMatchObject({ class: "indication", method: "data" });
		expect(told && attributeOf(told, "icmp")).toEqual(icmp);
		expect(told && attributeOf(told, "data")).toBeUndefined();
		expect(reasonIn(under.step({ type: "relayError", relay, to: PEER[family] }))).toBe("relayError");
		const redirect = { type: family === 4 ? 5 : 137, code: 0, data: 0 };
		expect(reasonIn(under.step({ type: "relayError", relay, to: PEER[family], icmp: redirect }))).toBe("relayError");
		const stranger = { ...PEER[family], address: family === 4 ? "1.1.1.1" : "2606:4700::1111" };
		expect(reasonIn(under.step({ type: "relayError", relay, to: stranger, icmp }))).toBe("noPermission");
		expect(client.allocation.closed).toBe(false);
	});
});

test("DONT-FRAGMENT of an indication is passed on", () => {
	const { under, client } = permitted(4);
	client.indicate([peer(PEER[4]), { name: "dontFragment", value: true }, DATA]);
	expect(under.last("relaySend").dontFragment).toBe(true);
});

test.each([
	["data", [peer(PEER[4])]],
	["a peer", [DATA]],
])("an indication without %s is malformed", (_, attributes) => {
	const { client } = permitted(4);
	expect(reasonIn(client.indicate(attributes))).toBe("malformed");
});

test("an indication with what must be understood and is not is dropped", () => {
	const { client } = permitted(4);
	const unknown: StunItem = { name: "unknown", type: 0x7ffe, value: new Uint8Array(0) };
	expect(reasonIn(client.indicate([peer(PEER[4]), DATA, unknown]))).toBe("malformed");
});

test("channel data of a number that is not bound, or shorter than it says, is dropped", () => {
	const { client } = permitted(4);
	expect(reasonIn(client.hand(Uint8Array.of(0x40, 0, 0, 0)))).toBe("noChannel");
	expect(reasonIn(client.hand(Uint8Array.of(0x40, 0, 0, 9, 1)))).toBe("malformed");
	expect(reasonIn(client.hand(Uint8Array.of(0x50, 0, 0, 0)))).toBe("malformed");
	expect(reasonIn(client.hand(Uint8Array.of(0x80, 0, 0, 0)))).toBe("notStun");
	expect(reasonIn(client.hand(new Uint8Array(0)))).toBe("notStun");
});

test("a peer as a socket of both families sees it has its permission", () => {
	const { under, relay } = permitted(4);
	const from = { ...PEER[4], address: `::ffff:${PEER[4].address}` };
	const told = answerIn(under.step({ type: "relayReceived", relay, from, bytes: BYTES }));
	expect(told && attributeOf(told, "xorPeerAddress")).toEqual(PEER[4]);
});

test("on a stream, channel data is padded with zeros, whoever was served before", () => {
	const under = new ServerUnderTest();
	const client = under.client({ transport: "stream" }).allocate();
	client.code("channelBind", [peer(PEER[4]), channel]);
	const deliver = (bytes: Uint8Array) => {
		under.step({ type: "relayReceived", relay: client.relay(), from: PEER[4], bytes });
		return under.last("send").bytes;
	};
	deliver(new Uint8Array(1000).fill(0xee));
	expect(deliver(BYTES)).toEqual(Uint8Array.of(0x40, 0, 0, 5, ...BYTES, 0, 0, 0));
});

test("padding of indications and answers is zero, whoever was served before", () => {
	const { under, relay } = permitted(4);
	under.step({ type: "relayReceived", relay, from: PEER[4], bytes: new Uint8Array(1400).fill(0xee) });
	under.step({ type: "relayReceived", relay, from: PEER[4], bytes: BYTES });
	expect([...under.last("send").bytes.slice(-3)]).toEqual([0, 0, 0]);
});

test("a datagram that no indication has room for is dropped, and none throws", () => {
	const { under, relay } = permitted(6);
	for (const length of [65_480, 65_481, 65_535]) {
		const bytes = new Uint8Array(length);
		const outputs = under.step({ type: "relayReceived", relay, from: PEER[6], bytes });
		expect(reasonIn(outputs)).toBe(length > 65_480 ? "malformed" : undefined);
	}
});

test.each([
	["datagram", 65_503],
	["stream", 65_535],
] as const)("a channel towards a client on a %s carries %i bytes, and no more", (transport, most) => {
	const under = new ServerUnderTest();
	const client = under.client({ transport }).allocate();
	client.code("channelBind", [peer(PEER[4]), channel]);
	const deliver = (length: number) =>
		under.step({ type: "relayReceived", relay: client.relay(), from: PEER[4], bytes: new Uint8Array(length) });
	deliver(most);
	expect(decodeChannelData(under.last("send").bytes)).toMatchObject({ data: { length: most } });
	expect(reasonIn(deliver(most + 1))).toBe("malformed");
});

test("each way is bounded by bytes, and what is too much is counted", () => {
	const rate = { bytesPerSecond: 100, burstBytes: 10 };
	const { under, client, relay } = permitted(4, { bandwidth: { up: rate, down: rate } });
	const up = () => reasonIn(client.indicate([peer(PEER[4]), DATA]));
	const down = () => reasonIn(under.step({ type: "relayReceived", relay, from: PEER[4], bytes: BYTES }));
	expect([up(), up(), up()]).toEqual([undefined, undefined, "overBandwidth"]);
	expect([down(), down(), down()]).toEqual([undefined, undefined, "overBandwidth"]);
	under.at(0.05);
	expect([up(), up()]).toEqual([undefined, "overBandwidth"]);
	expect(client.allocation.usage).toMatchObject({ sentPackets: 3, receivedPackets: 2, droppedPackets: 3 });
	expect(under.server.counters.usage).toMatchObject({ sentBytes: 15, receivedBytes: 10 });
});

test("relays that are no more get nothing through", () => {
	const { under, client, relay } = permitted(4);
	client.code("refresh", [{ name: "lifetime", value: 0 }]);
	expect(reasonIn(under.step({ type: "relayReceived", relay, from: PEER[4], bytes: BYTES }))).toBe("unknownRelay");
	expect(reasonIn(under.step({ type: "relayError", relay, to: PEER[4] }))).toBe("unknownRelay");
	expect(under.server.allocationOfRelay(relay)).toBeUndefined();
	expect(under.server.counters.usage).toEqual(under.server.counters.closedUsage);
});

test("nothing is sent as nothing: by indication, by channel, and back", () => {
	const under = new ServerUnderTest();
	const client = under.client().allocate();
	const relay = client.relay();
	const back = () => under.step({ type: "relayReceived", relay, from: PEER[4], bytes: new Uint8Array(0) });
	client.code("createPermission", [peer(PEER[4])]);
	client.indicate([peer(PEER[4]), { name: "data", value: new Uint8Array(0) }]);
	expect(under.last("relaySend").bytes.length).toBe(0);
	const told = answerIn(back());
	expect(told && attributeOf(told, "data")).toEqual(new Uint8Array(0));
	client.code("channelBind", [peer(PEER[4]), { name: "channelNumber", value: 0x4001 }]);
	back();
	expect(under.last("send").bytes).toEqual(Uint8Array.of(0x40, 1, 0, 0));
});

test("DONT-FRAGMENT is unknown to a server that cannot heed it", () => {
	const under = new ServerUnderTest({ dontFragment: false });
	const client = under.client();
	const flag = { name: "dontFragment", value: true } as const;
	const answer = client.ask("allocate", [{ name: "requestedTransport", value: 17 }, flag]);
	expect(answer && [codeOf(answer), attributeOf(answer, "unknownAttributes")]).toEqual([420, [0x001a]]);
	client.allocate();
	client.code("createPermission", [peer(PEER[4])]);
	expect(reasonIn(client.indicate([peer(PEER[4]), flag, DATA]))).toBe("malformed");
	expect(reasonIn(client.indicate([peer(PEER[4]), DATA]))).toBeUndefined();
});
