import { describe, expect, test } from "vitest";
import { PeerFilter } from "./peer-filter.ts";
import { CLIENT, PEER, peer, reasonIn, ServerUnderTest, TCP } from "./server.fixture.ts";

const plain = new PeerFilter();
const at = (filter: PeerFilter, address: string, port = 5000) => filter.judge({ address, port });

/** Every way of RFCs to write one IPv4 address into an IPv6 one. */
function clothes(ipv4: string): readonly string[] {
	const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
	const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
	const hidden = `${hex(~a & 255, ~b & 255)}:${hex(~c & 255, ~d & 255)}`;
	return [
		`::ffff:${ipv4}`,
		`::${ipv4}`,
		`::ffff:0:${ipv4}`,
		`2002:${hex(a, b)}:${hex(c, d)}::1`,
		`64:ff9b::${ipv4}`,
		`64:ff9b:1::${ipv4}`,
		`64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`,
		`2606:4700::5efe:${ipv4}`,
		`2606:4700::200:5efe:${ipv4}`,
		`2001:0:${hex(a, b)}:${hex(c, d)}:8000:1:f7f7:f7f7`,
		`2001:0:808:808:8000:1:${hidden}`,
	];
}

test.each([
	["0.0.0.0", "unspecified"],
	["0.1.2.3", "unspecified"],
	["127.0.0.1", "loopback"],
	["127.255.255.254", "loopback"],
	["10.0.0.1", "private"],
	["172.16.0.1", "private"],
	["172.31.255.255", "private"],
	["192.168.1.1", "private"],
	["100.64.0.1", "sharedAddress"],
	["100.127.255.255", "sharedAddress"],
	["100.100.100.200", "metadata"],
	["169.254.169.254", "metadata"],
	["168.63.129.16", "metadata"],
	["192.0.0.192", "metadata"],
	["169.254.1.1", "linkLocal"],
	["192.0.0.8", "protocolAssignment"],
	["192.0.2.1", "documentation"],
	["198.51.100.1", "documentation"],
	["203.0.113.1", "documentation"],
	["198.18.0.1", "benchmarking"],
	["198.19.255.255", "benchmarking"],
	["192.88.99.1", "reserved"],
	["224.0.0.1", "multicast"],
	["239.255.255.255", "multicast"],
	["240.0.0.1", "reserved"],
	["255.255.255.255", "broadcast"],
	["::", "unspecified"],
	["::1", "loopback"],
	["fe80::1", "linkLocal"],
	["febf::1", "linkLocal"],
	["fec0::1", "siteLocal"],
	["fc00::1", "uniqueLocal"],
	["fd12::1", "uniqueLocal"],
	["fd00:ec2::254", "metadata"],
	["ff02::1", "multicast"],
	["2001:db8::1", "documentation"],
	["3fff::1", "documentation"],
	["2001:2::1", "benchmarking"],
	["2001:10::1", "reserved"],
	["100::1", "reserved"],
	["64:ff9b:1::808:808", "private"],
	["5f00::1", "reserved"],
	["1::1", "reserved"],
	["::ffff:8.8.8.8", "embedded"],
	["::8.8.8.8", "embedded"],
	["fe80::1%eth0", "malformed"],
	["localhost", "malformed"],
	["127.1", "malformed"],
	["0x7f000001", "malformed"],
	["", "malformed"],
])("%s is denied as %s", (address, denial) => {
	expect(at(plain, address)).toBe(denial);
	expect(plain.judgeAddress(address)).toBe(denial);
});

test.each([
	"8.8.8.8",
	"1.1.1.1",
	"9.255.255.255",
	"11.0.0.1",
	"100.63.255.255",
	"100.128.0.1",
	"126.255.255.255",
	"128.0.0.1",
	"169.253.255.255",
	"172.15.255.255",
	"172.32.0.1",
	"192.0.1.1",
	"192.167.255.255",
	"198.17.255.255",
	"198.20.0.1",
	"223.255.255.255",
	"2606:4700::1111",
	"2001:4860::8888",
	"2002:808:808::1",
	"64:ff9b::8.8.8.8",
	"2001:0:808:808:8000:1:f7f7:f7f7",
	"2606:4700::5efe:8.8.8.8",
])("%s is allowed", (address) => {
	expect(at(plain, address)).toBeNull();
	expect(plain.judgeAddress(address)).toBeNull();
});

describe("IPv4 in the clothes of IPv6 (CVE-2020-26262, CVE-2026-27624 and what followed)", () => {
	test.each([
		"127.0.0.1",
		"0.0.0.0",
		"10.0.0.1",
		"172.16.5.5",
		"192.168.0.1",
		"169.254.169.254",
		"100.64.0.1",
		"224.0.0.1",
		"255.255.255.255",
	])("%s is denied in every one of them", (ipv4) => {
		for (const address of clothes(ipv4)) expect([address, at(plain, address)]).not.toEqual([address, null]);
	});

	test("an allowed IPv4 range is not allowed mapped, which never travels", () => {
		const filter = new PeerFilter({ allow: ["127.0.0.0/8"] });
		expect(at(filter, "127.0.0.1")).toBeNull();
		expect(at(filter, "::ffff:127.0.0.1")).toBe("embedded");
		expect(at(filter, "64:ff9b::127.0.0.1")).toBeNull();
	});

	test("a denied public address is denied through 6to4, NAT64, ISATAP and Teredo too", () => {
		const filter = new PeerFilter({ deny: ["198.41.0.4"], own: ["9.9.9.9"] });
		for (const ipv4 of ["198.41.0.4", "9.9.9.9"])
			for (const address of clothes(ipv4)) expect([address, at(filter, address)]).not.toEqual([address, null]);
	});
});

describe("rules", () => {
	test("what is denied by default is allowed by name, for that range alone", () => {
		const filter = new PeerFilter({ allow: ["10.1.0.0/16", "fd00::/8", "::1"] });
		expect(at(filter, "10.1.2.3")).toBeNull();
		expect(at(filter, "10.2.2.3")).toBe("private");
		expect(at(filter, "fd00::1")).toBeNull();
		expect(at(filter, "fc00::1")).toBe("uniqueLocal");
		expect(at(filter, "::1")).toBeNull();
	});

	test("the longer prefix holds, and of equal ones the denial", () => {
		const filter = new PeerFilter({
			allow: ["10.1.0.0/16", "8.8.8.8", "9.9.9.9"],
			deny: ["10.0.0.0/8", "8.8.0.0/16", "9.9.9.9"],
		});
		expect(at(filter, "10.1.0.1")).toBeNull();
		expect(at(filter, "10.2.0.1")).toBe("rule");
		expect(at(filter, "8.8.8.8")).toBeNull();
		expect(at(filter, "8.8.4.4")).toBe("rule");
		expect(at(filter, "9.9.9.9")).toBe("rule");
	});

	test("nothing allows everybody, nobody, or groups", () => {
		const filter = new PeerFilter({
			allow: ["0.0.0.0/0", "::/0", "0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "ff02::1"],
		});
		for (const address of ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:10.0.0.1"])
			expect(at(filter, address)).not.toBeNull();
		expect(at(filter, "10.0.0.1")).toBeNull();
	});

	test("our own addresses are denied unless a rule names the whole of one", () => {
		const own = ["192.168.1.5", "8.8.8.8", "2606:4700::5"];
		const filter = new PeerFilter({ own, allow: ["192.168.0.0/16"] });
		for (const address of own) expect(at(filter, address)).toBe("own");
		expect(at(filter, "192.168.1.6")).toBeNull();
		expect(at(new PeerFilter({ own, allow: ["192.168.1.5"] }), "192.168.1.5")).toBeNull();
	});

	test("our relays are allowed at the ports of relays, so that two relayed clients reach each other", () => {
		const relays = ["8.8.8.8", "2606:4700::8"];
		const filter = new PeerFilter({ own: relays, relays, relayPorts: { first: 49_152, last: 65_535 } });
		for (const address of relays) {
			expect(filter.judgeAddress(address)).toBeNull();
			expect(at(filter, address, 49_152)).toBeNull();
			expect(at(filter, address, 65_535)).toBeNull();
			expect(at(filter, address, 22)).toBe("own");
			expect(at(filter, address, 3478)).toBe("own");
		}
		expect(at(filter, "64:ff9b::8.8.8.8", 22)).toBe("own");
	});

	test("port 0 is nobody's", () => {
		expect(at(plain, "1.1.1.1", 0)).toBe("malformed");
	});

	test("a rule that is no range is our own mistake", () => {
		for (const text of ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "x", "10.0.0.0/8/8", "10.0.0.0/"])
			expect(() => new PeerFilter({ allow: [text] })).toThrow(RangeError);
	});

	test("verdicts stay the same however many addresses are asked for", () => {
		for (let index = 0; index < 10_000; index++) at(plain, `10.0.${index >> 8}.${index & 255}`);
		expect(at(plain, "127.0.0.1")).toBe("loopback");
		expect(at(plain, "8.8.8.8")).toBeNull();
	});
});

test("new rules take back what they deny: permissions, channels and connections, and only that", () => {
	const under = new ServerUnderTest();
	const client = under.client().allocate({ name: "additionalAddressFamily", value: 6 });
	const stream = under.client({ transport: "stream", from: { ...CLIENT, port: 41_000 } });
	stream.ask("allocate", [TCP]);
	const channels = [PEER[4], PEER[6]].map((to, index) => {
		const number = 0x4000 + index;
		expect(client.code("channelBind", [{ name: "channelNumber", value: number }, peer(to)])).toBe("success");
		return Uint8Array.of(number >> 8, number & 0xff, 0, 0);
	});
	stream.hand(stream.request("connect", [peer(PEER[4])]));
	const { connection } = under.last("connectPeer");
	const { version } = client.allocation;
	under.step({ type: "peers", peers: { deny: [`${PEER[4].address}/32`] } });
	expect(under.all("closePeer")).toEqual([{ type: "closePeer", connection }]);
	expect(client.allocation.version).not.toBe(version);
	expect(channels.map((bytes) => reasonIn(client.hand(bytes)))).toEqual(["noChannel", undefined]);
	expect(reasonIn(client.indicate([peer(PEER[4]), { name: "data", value: new Uint8Array(1) }]))).toBe("noPermission");
	const heard = [PEER[4], PEER[6]].map((from) =>
		reasonIn(
			under.step({
				type: "relayReceived",
				relay: client.relay(from === PEER[4] ? 4 : 6),
				from,
				bytes: Uint8Array.of(1),
			}),
		),
	);
	expect(heard).toEqual(["noPermission", undefined]);
	expect(client.code("createPermission", [peer(PEER[4])])).toBe(403);
	under.step({ type: "peers", peers: {} });
	expect(client.code("createPermission", [peer(PEER[4])])).toBe("success");
	expect(client.code("createPermission", [peer({ address: "8.8.0.1", port: 50_000 })])).toBe("success");
	expect(
		client.code("channelBind", [{ name: "channelNumber", value: 0x4003 }, peer({ address: "8.8.0.1", port: 53 })]),
	).toBe(403);
});
