import { attributeOf } from "@whither/wire";
import { describe, expect, test } from "vitest";
import {
	answerIn,
	CLIENT,
	codeOf,
	family,
	OTHER_USER,
	PEER,
	peer,
	reasonIn,
	ServerUnderTest,
	TCP,
} from "./server.fixture.ts";

const DATA_FROM = { ...CLIENT, port: 41_000 };

function streaming() {
	const under = new ServerUnderTest();
	const client = under.client({ transport: "stream" });
	expect(client.code("allocate", [TCP])).toBe("success");
	expect(under.last("openRelay").transport).toBe("tcp");
	return { under, client, relay: client.relay() };
}

/** A client's connection to a peer, up to its id. */
function connected() {
	const { under, client, relay } = streaming();
	client.hand(client.request("connect", [peer(PEER[4])]));
	const { connection } = under.last("connectPeer");
	const answer = answerIn(under.step({ type: "peerConnected", connection }));
	return { under, client, relay, connection, answer };
}

const bindOf = (connection: number) => [{ name: "connectionId", value: connection }] as const;

test("connections of a family end with the relay of that family", () => {
	const under = new ServerUnderTest();
	const client = under.client({ transport: "stream" });
	client.ask("allocate", [TCP, { name: "additionalAddressFamily", value: 6 }]);
	for (const to of [PEER[4], PEER[6]]) client.hand(client.request("connect", [peer(to)]));
	const [kept, ended] = under.all("connectPeer").map(({ connection }) => connection);
	for (const connection of [kept, ended]) under.step({ type: "peerConnected", connection: connection ?? -1 });
	expect(client.code("refresh", [family(6), { name: "lifetime", value: 0 }])).toBe("success");
	expect(under.all("closePeer")).toEqual([{ type: "closePeer", connection: ended }]);
});

test("what comes on a stream that carries a connection is not taken for a message", () => {
	const { under, connection } = connected();
	const data = under.client({ transport: "stream", from: DATA_FROM });
	expect(data.code("connectionBind", bindOf(connection))).toBe("success");
	expect(reasonIn(data.hand(data.request("allocate", [TCP])))).toBe("boundStream");
	expect(under.server.allocationAt(0, DATA_FROM)).toBeUndefined();
});

describe("a Connect", () => {
	test("is answered with an id once the peer has", () => {
		const { answer, connection, under, relay } = connected();
		expect(under.last("connectPeer")).toEqual({ type: "connectPeer", connection, relay, to: PEER[4] });
		expect(answer?.class).toBe("success");
		expect(answer && attributeOf(answer, "connectionId")).toBe(connection);
	});

	test.each([
		["without a peer", [], 400],
		["of another family", [peer(PEER[6])], 443],
		["to a denied peer", [peer({ address: "127.0.0.1", port: 22 })], 403],
	] as const)("%s is refused", (_, attributes, code) => {
		expect(streaming().client.code("connect", attributes)).toBe(code);
	});

	test("on an allocation of UDP is 400", () => {
		expect(
			new ServerUnderTest()
				.client()
				.allocate()
				.code("connect", [peer(PEER[4])]),
		).toBe(400);
	});

	test("to a peer that is being or has been connected is 446", () => {
		const { under, client } = streaming();
		client.hand(client.request("connect", [peer(PEER[4])]));
		expect(client.code("connect", [peer(PEER[4])])).toBe(446);
		under.step({ type: "peerConnected", connection: under.last("connectPeer").connection });
		expect(client.code("connect", [peer(PEER[4])])).toBe(446);
	});

	test("that fails is 447, as is one that takes more than 30 seconds, which is given up", () => {
		const { under, client } = streaming();
		client.hand(client.request("connect", [peer(PEER[4])]));
		const first = under.last("connectPeer").connection;
		expect(codeOf(answerIn(under.step({ type: "peerConnectFailed", connection: first })))).toBe(447);
		client.hand(client.request("connect", [peer(PEER[4])]));
		const second = under.last("connectPeer").connection;
		under.at(31);
		expect(under.last("closePeer").connection).toBe(second);
		expect(under.server.counters.refusals[447]).toBe(2);
		expect(reasonIn(under.step({ type: "peerConnected", connection: second }))).toBe("unknownConnection");
	});

	test("beyond the bound is 508", () => {
		const holdings = { permissions: 9, channels: 9, connections: 1 };
		const under = new ServerUnderTest({ holdings });
		const client = under.client({ transport: "stream" });
		client.code("allocate", [TCP]);
		client.hand(client.request("connect", [peer(PEER[4])]));
		expect(client.code("connect", [peer({ ...PEER[4], port: 9 })])).toBe(508);
	});
});

describe("a ConnectionBind", () => {
	test("joins a stream of the same user to the connection, after its answer", () => {
		const { under, connection } = connected();
		const data = under.client({ from: DATA_FROM, transport: "stream" });
		data.learn();
		const outputs = data.hand(data.request("connectionBind", bindOf(connection)));
		expect(outputs.map(({ type }) => type)).toEqual(["send", "bindConnection"]);
		expect(outputs[1]).toEqual({ type: "bindConnection", connection, from: DATA_FROM, local: 0 });
		expect(under.at(500).all("closePeer")).toEqual([]);
	});

	test("may show the nonce of its control connection, from the same address", () => {
		const { under, client, connection } = connected();
		const codeFrom = (from: typeof DATA_FROM) => {
			const data = under.client({ from, transport: "stream" });
			data.learn();
			data.nonce = client.nonce;
			return data.code("connectionBind", bindOf(connection));
		};
		expect(codeFrom({ ...DATA_FROM, address: "9.9.0.8" })).toBe(438);
		expect(codeFrom(DATA_FROM)).toBe("success");
	});

	test("of an unknown id, over datagrams, on the control stream or for the second time is 400; of another user 441", () => {
		const { under, client, connection } = connected();
		const data = under.client({ from: DATA_FROM, transport: "stream" });
		expect(data.code("connectionBind", bindOf(connection + 1))).toBe(400);
		expect(data.code("connectionBind")).toBe(400);
		expect(client.code("connectionBind", bindOf(connection))).toBe(400);
		expect(under.client({ from: DATA_FROM }).code("connectionBind", bindOf(connection))).toBe(400);
		const stranger = under.client({ ...OTHER_USER, from: { ...CLIENT, port: 3 }, transport: "stream" });
		expect(stranger.code("connectionBind", bindOf(connection))).toBe(441);
		expect(data.code("connectionBind", bindOf(connection))).toBe("success");
		const second = under.client({ from: { ...CLIENT, port: 4 }, transport: "stream" });
		expect(second.code("connectionBind", bindOf(connection))).toBe(400);
	});

	test("that does not come within 30 seconds ends the connection", () => {
		const { under, connection } = connected();
		under.at(30);
		expect(under.last("closePeer").connection).toBe(connection);
	});
});

describe("a peer that connects", () => {
	test("is turned away without a permission, and told of with one", () => {
		const { under, client, relay } = streaming();
		const accepted = (handle: number) => under.step({ type: "peerAccepted", relay, from: PEER[4], handle });
		expect(accepted(1)).toEqual([
			{ type: "refusePeer", handle: 1 },
			{ type: "ignored", reason: "noPermission" },
		]);
		client.code("createPermission", [peer(PEER[4])]);
		const told = answerIn(accepted(2));
		const { connection } = under.last("adoptPeer");
		expect(under.last("adoptPeer")).toEqual({ type: "adoptPeer", handle: 2, connection });
		expect(told).toMatchObject({ class: "indication", method: "connectionAttempt" });
		expect(told && attributeOf(told, "connectionId")).toBe(connection);
		expect(told && attributeOf(told, "xorPeerAddress")).toEqual(PEER[4]);
		const data = under.client({ from: DATA_FROM, transport: "stream" });
		expect(data.code("connectionBind", bindOf(connection))).toBe("success");
	});

	test("is turned away at a relay that is no more", () => {
		const { under, client, relay } = streaming();
		client.code("refresh", [{ name: "lifetime", value: 0 }]);
		expect(reasonIn(under.step({ type: "peerAccepted", relay, from: PEER[4], handle: 3 }))).toBe("unknownRelay");
		expect(under.last("refusePeer").handle).toBe(3);
	});
});

describe("the end of a connection", () => {
	function bound() {
		const all = connected();
		const data = all.under.client({ from: DATA_FROM, transport: "stream" });
		data.code("connectionBind", bindOf(all.connection));
		return all;
	}

	test("at the peer ends the client's stream, and at the client's stream ends the peer's", () => {
		const one = bound();
		one.under.step({ type: "peerClosed", connection: one.connection });
		expect(one.under.last("closeStream")).toEqual({ type: "closeStream", from: DATA_FROM, local: 0 });
		const other = bound();
		other.under.step({ type: "streamClosed", from: DATA_FROM, local: 0 });
		expect(other.under.last("closePeer").connection).toBe(other.connection);
		expect(reasonIn(other.under.step({ type: "peerClosed", connection: other.connection }))).toBe("unknownConnection");
	});

	test("comes with that of the control stream, and of the allocation", () => {
		const { under, connection, relay } = bound();
		under.step({ type: "streamClosed", from: CLIENT, local: 0 });
		expect(under.last("closePeer").connection).toBe(connection);
		expect(under.last("closeStream").from).toEqual(DATA_FROM);
		expect(under.last("closeRelay").relay).toBe(relay);
		expect(under.last("event").event).toMatchObject({ kind: "allocationClosed", why: "streamClosed" });
		expect(under.server.deadline).toBeNull();
	});
});

test("an allocation of TCP relays no datagrams", () => {
	const { client } = streaming();
	client.code("createPermission", [peer(PEER[4])]);
	expect(client.code("channelBind", [peer(PEER[4]), { name: "channelNumber", value: 0x4000 }])).toBe(400);
	const sent = client.indicate([peer(PEER[4]), { name: "data", value: new Uint8Array(1) }]);
	expect(reasonIn(sent)).toBe("malformed");
});

test("TCP relays may be switched off: 442", () => {
	const client = new ServerUnderTest({ tcpRelays: false }).client({ transport: "stream" });
	expect(client.code("allocate", [TCP])).toBe(442);
});

test("EVEN-PORT and DONT-FRAGMENT do not go with TCP: 400", () => {
	const client = new ServerUnderTest().client({ transport: "stream" });
	expect(client.code("allocate", [TCP, { name: "evenPort", value: false }])).toBe(400);
	expect(client.code("allocate", [TCP, { name: "dontFragment", value: true }])).toBe(400);
});
