import { expect, it } from "vitest";
import { hostsAddresses, hostsName, parseHosts } from "./hosts-file.ts";

it("an address has the first name of its first line; comments and blank lines are nothing", () => {
	const text =
		"127.0.0.1\tlocalhost loopback\n\n# 10.0.0.1 no\n10.0.0.2   gw.lan # the router\n127.0.0.1 other\n::1 ip6-localhost\nalone\n";
	expect([...parseHosts(text)]).toEqual([
		["127.0.0.1", "localhost"],
		["10.0.0.2", "gw.lan"],
		["::1", "ip6-localhost"],
	]);
});

it("IPv6 is compared as an address, not as text", () => {
	const hosts = parseHosts("2001:DB8:0:0:0:0:0:1 router.lan\n");
	expect(hostsName(hosts, "2001:db8::1")).toBe("router.lan");
	expect(hostsName(hosts, "2001:db8:0::1")).toBe("router.lan");
	expect(hostsName(hosts, "2001:db8::2")).toBeNull();
});

it("has the addresses of a name, be it the first of its line or not", () => {
	const text = "127.0.0.1 localhost\n::1 localhost ip6-localhost # loopback\nnonsense localhost\n";
	expect(hostsAddresses(text, "LocalHost")).toEqual(["127.0.0.1", "::1"]);
	expect(hostsAddresses(text, "ip6-localhost")).toEqual(["::1"]);
	expect(hostsAddresses(text, "loopback")).toEqual([]);
});
