import { encodeChannelData } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { family, PEER, peer, reasonIn, ServerUnderTest } from "./server.fixture.ts";

const DATA = Uint8Array.of(1, 2, 3);
const channel = (value: number) => ({ name: "channelNumber", value }) as const;
const BOTH = { name: "additionalAddressFamily", value: 6 } as const;

describe("without an allocation", () => {
	test.each(["refresh", "createPermission", "channelBind", "connect"] as const)("%s is 437", (method) => {
		expect(new ServerUnderTest().client().code(method, [peer(PEER[4]), channel(0x4000)])).toBe(437);
	});

	test("data is nobody's", () => {
		const client = new ServerUnderTest().client();
		expect(reasonIn(client.indicate([peer(PEER[4]), { name: "data", value: DATA }]))).toBe("noAllocation");
		expect(reasonIn(client.hand(encodeChannelData({ channel: 0x4000, data: DATA }, "datagram")))).toBe("noAllocation");
	});
});

describe("CreatePermission", () => {
	test("lets peers in by their address for five minutes, and may be put off", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		expect(client.code("createPermission", [peer(PEER[4]), peer({ address: "1.1.1.1", port: 0 })])).toBe("success");
		const arrives = (address: string) =>
			reasonIn(under.step({ type: "relayReceived", relay: client.relay(), from: { address, port: 5 }, bytes: DATA }));
		expect([arrives(PEER[4].address), arrives("1.1.1.1"), arrives("1.1.1.2")]).toEqual([
			undefined,
			undefined,
			"noPermission",
		]);
		under.at(200);
		client.code("createPermission", [peer(PEER[4])]);
		under.at(301);
		expect([arrives(PEER[4].address), arrives("1.1.1.1")]).toEqual([undefined, "noPermission"]);
		under.at(501);
		expect(arrives(PEER[4].address)).toBe("noPermission");
	});

	test("without a peer is 400, of another family 443, to denied peers 403, and then for none of them", () => {
		const client = new ServerUnderTest().client().allocate();
		expect(client.code("createPermission")).toBe(400);
		expect(client.code("createPermission", [peer(PEER[6])])).toBe(443);
		for (const address of ["127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "224.0.0.1"])
			expect(client.code("createPermission", [peer(PEER[4]), peer({ address, port: 80 })])).toBe(403);
		expect(client.allocation.permissions.size).toBe(0);
	});

	test("to IPv4 in the clothes of IPv6 is 403 (CVE-2026-27624)", () => {
		const client = new ServerUnderTest().client().allocate(BOTH);
		for (const address of [
			"::",
			"::1",
			"::ffff:127.0.0.1",
			"::127.0.0.1",
			"2002:7f00:1::",
			"64:ff9b::7f00:1",
			"fe80::1",
		])
			expect(client.code("createPermission", [peer({ address, port: 80 })])).toBe(403);
	});

	test("beyond the bound is 508, until others have ended", () => {
		const under = new ServerUnderTest({ holdings: { permissions: 2, channels: 2, connections: 2 } });
		const client = under.client().allocate();
		const ask = (last: number) => client.code("createPermission", [peer({ address: `1.1.1.${last}`, port: 0 })]);
		expect([ask(1), ask(2), ask(3), ask(2)]).toEqual(["success", "success", 508, "success"]);
		under.at(301);
		expect(ask(3)).toBe("success");
		expect(client.allocation.permissions.size).toBe(1);
	});

	test("of our own relay is allowed, so that two clients reach each other", () => {
		const client = new ServerUnderTest().client().allocate();
		expect(client.code("createPermission", [peer({ address: "8.8.0.1", port: 50_000 })])).toBe("success");
		expect(client.code("channelBind", [peer({ address: "8.8.0.1", port: 22 }), channel(0x4000)])).toBe(403);
		const sent = client.indicate([peer({ address: "8.8.0.1", port: 22 }), { name: "data", value: DATA }]);
		expect(reasonIn(sent)).toBe("deniedPeer");
	});
});

describe("ChannelBind", () => {
	test("lasts ten minutes, with a permission of five", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate({ name: "lifetime", value: 3600 });
		expect(client.code("channelBind", [peer(PEER[4]), channel(0x4001)])).toBe("success");
		const send = () => reasonIn(client.hand(encodeChannelData({ channel: 0x4001, data: DATA }, "datagram")));
		expect(client.allocation.permissions.get(PEER[4].address)?.expiresAt).toBe(300e9);
		expect(client.allocation.channels.get(0x4001)).toEqual({ number: 0x4001, peer: PEER[4], expiresAt: 600e9 });
		expect(send()).toBeUndefined();
		under.at(599);
		expect(send()).toBeUndefined();
		expect(client.code("channelBind", [peer(PEER[4]), channel(0x4001)])).toBe("success");
		under.at(1198);
		expect(send()).toBeUndefined();
		under.at(1199);
		expect(send()).toBe("noChannel");
	});

	test.each([
		["lacking a number", [peer(PEER[4])], 400],
		["lacking a peer", [channel(0x4000)], 400],
		["below the range", [peer(PEER[4]), channel(0x3fff)], 400],
		["beyond the range", [peer(PEER[4]), channel(0x5000)], 400],
		["of another family", [peer(PEER[6]), channel(0x4000)], 443],
		["to a denied peer", [peer({ address: "127.0.0.1", port: 1 }), channel(0x4000)], 403],
		["to port 0", [peer({ ...PEER[4], port: 0 }), channel(0x4000)], 403],
	] as const)("%s is %#", (_, attributes, code) => {
		const client = new ServerUnderTest().client().allocate();
		expect(client.code("channelBind", attributes)).toBe(code);
		expect(client.allocation.channels.size).toBe(0);
	});

	test("of RFC 5766's numbers is tolerated by option", () => {
		const under = new ServerUnderTest({ wideChannels: true });
		const client = under.client().allocate();
		expect(client.code("channelBind", [peer(PEER[4]), channel(0x7fff)])).toBe("success");
		const bytes = Uint8Array.of(0x7f, 0xff, 0, 1, 9);
		client.hand(bytes);
		expect(under.last("relaySend")).toMatchObject({ to: PEER[4], bytes: Uint8Array.of(9) });
		under.step({ type: "relayReceived", relay: client.relay(), from: PEER[4], bytes: Uint8Array.of(8) });
		expect(under.last("send").bytes).toEqual(Uint8Array.of(0x7f, 0xff, 0, 1, 8));
	});

	test("of a number to another peer, or of a peer to another number, is 400 until five minutes after its end", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate({ name: "lifetime", value: 3600 });
		const other = { ...PEER[4], port: 7001 };
		const bind = (to: typeof other, number: number) => client.code("channelBind", [peer(to), channel(number)]);
		expect([bind(PEER[4], 0x4000), bind(other, 0x4000), bind(PEER[4], 0x4001)]).toEqual(["success", 400, 400]);
		under.at(601);
		expect([bind(other, 0x4000), bind(PEER[4], 0x4001)]).toEqual([400, 400]);
		under.at(900);
		expect([bind(other, 0x4000), bind(PEER[4], 0x4001)]).toEqual(["success", "success"]);
		expect([...client.allocation.channels.keys()].sort()).toEqual([0x4000, 0x4001]);
	});

	test("beyond the bound is 508", () => {
		const under = new ServerUnderTest({ holdings: { permissions: 9, channels: 1, connections: 2 } });
		const client = under.client().allocate();
		const bind = (port: number) => client.code("channelBind", [peer({ ...PEER[4], port }), channel(0x4000 + port)]);
		expect([bind(1), bind(2)]).toEqual(["success", 508]);
	});
});

test("whatever changes an allocation changes its version", () => {
	const under = new ServerUnderTest();
	const client = under.client().allocate(BOTH);
	const { allocation } = client;
	const versions = [allocation.version];
	const note = () => versions.push(allocation.version);
	client.code("createPermission", [peer(PEER[4])]);
	note();
	client.code("channelBind", [peer(PEER[6]), channel(0x4000)]);
	note();
	client.code("refresh");
	note();
	client.code("refresh", [family(6), { name: "lifetime", value: 0 }]);
	note();
	client.code("refresh", [{ name: "lifetime", value: 0 }]);
	note();
	expect(new Set(versions).size).toBe(6);
	expect(versions).toEqual(versions.toSorted((a, b) => a - b));
	expect(allocation.closed).toBe(true);
});
