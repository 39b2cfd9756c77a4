import type { IceRelayServer } from "@whither/net/ice";
import type { SharedSecretOrder } from "@whither/net/turn-client";
import { expect, test } from "vitest";
import { earlyRelays } from "./early-relays.ts";

const SERVER = { address: "192.0.2.10", port: 5556 };
const USER = { kind: "longTerm", username: "ann", password: "word" } as const;
const udp = { transport: "udp", server: SERVER } as const;
const tls = { transport: "tls", server: { address: "192.0.2.10", port: 5349 }, serverName: "relay.example" } as const;
const relay = (legs: IceRelayServer["legs"], credentials: IceRelayServer["credentials"] = USER) => ({
	legs,
	credentials,
});

test("an early relay is used by whom it was named with, filled up as classic names are", async () => {
	expect(await earlyRelays([relay([udp, tls])])).toEqual([
		{ server: SERVER, user: { username: "ann ", password: "word" } },
	]);
});

test("names for one binding each are asked for over TLS", async () => {
	const asked: SharedSecretOrder[] = [];
	const found = await earlyRelays([relay([udp, tls])], (order) => {
		asked.push(order);
		return Promise.resolve({ username: `name${asked.length}`, password: "given" });
	});
	expect(found).toMatchObject([{ server: SERVER, user: { username: "name1" } }]);
	expect(found[0]?.furtherUsers?.map(({ username }) => username)).toEqual([
		"name2",
		"name3",
		"name4",
		"name5",
		"name6",
	]);
	expect(asked[0]).toMatchObject({ server: tls.server, serverName: "relay.example", user: { username: "ann" } });
});

test("a server that gives none out is asked once, and shown the user itself", async () => {
	let times = 0;
	const found = await earlyRelays([relay([udp, tls])], () => {
		times++;
		return Promise.resolve({ type: "failed", why: "closed", error: null, failure: null });
	});
	expect([found[0]?.user.username, found[0]?.furtherUsers, times]).toEqual(["ann ", undefined, 1]);
});

test("what is not reached over UDP and IPv4, or by a user with a password, is no early relay", async () => {
	const six = { ...udp, server: { address: "2001:db8::10", port: 5556 } };
	expect(await earlyRelays([relay([tls]), relay([six]), { legs: [udp], credentials: undefined }])).toEqual([]);
});
