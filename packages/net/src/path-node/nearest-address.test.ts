import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { nearestAddress } from "./nearest-address.ts";

const MAC = "02:00:00:00:00:01";
const v4 = (address: string, netmask = "255.255.255.0", internal = false): NetworkInterfaceInfo => ({
	address,
	netmask,
	family: "IPv4",
	mac: MAC,
	internal,
	cidr: null,
});
const v6 = (address: string, netmask = "ffff:ffff:ffff:ffff::", internal = false): NetworkInterfaceInfo => ({
	address,
	netmask,
	family: "IPv6",
	mac: MAC,
	internal,
	cidr: null,
	scopeid: 0,
});

const INTERFACES = {
	lo: [v4("127.0.0.1", "255.0.0.0", true), v6("::1", "ffff::", true)],
	lan0: [v4("10.1.0.254"), v4("10.2.0.254"), v6("fe80::1"), v6("2001:db8:1::fe"), v6("2001:db8:2::fe")],
	tunnel0: [v6("fe80::2"), v4("169.254.0.1")],
};

describe("the address that a node answers from", () => {
	it.each([
		["the interface's first", "lan0", 4, "192.0.2.1", "10.1.0.254"],
		["that of the sender's own network", "lan0", 4, "10.2.0.7", "10.2.0.254"],
		["no link-local one", "lan0", 6, "2001:db8:9::1", "2001:db8:1::fe"],
		["that of the sender's own network over IPv6", "lan0", 6, "2001:db8:2::77", "2001:db8:2::fe"],
		["another interface's where this one has none", "tunnel0", 4, "192.0.2.1", "10.1.0.254"],
		["another interface's where this one is unknown", "gone0", 6, "2001:db8:9::1", "2001:db8:1::fe"],
	] as const)("is %s", (_, name, family, source, expected) => {
		expect(nearestAddress(INTERFACES, name, { family, source })).toBe(expected);
	});

	it("is none where there are but loopback and link-local ones", () => {
		const { lo, tunnel0 } = INTERFACES;
		for (const family of [4, 6] as const) {
			expect(nearestAddress({ lo, tunnel0 }, "tunnel0", { family, source: "192.0.2.1" })).toBeNull();
		}
	});
});
