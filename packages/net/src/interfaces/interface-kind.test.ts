import { describe, expect, it } from "vitest";
import { INTERFACE_COSTS, type InterfaceFacts, interfaceKind } from "./interface-kind.ts";

const facts = (name: string, more: Partial<InterfaceFacts> = {}): InterfaceFacts => ({
	name,
	...{ loopback: false, driver: null, hardware: null, wireless: false },
	...more,
});

describe("what an interface leads to", () => {
	it.each([
		["eth0", "wired"],
		["enp3s0", "wired"],
		["Ethernet 2", "wired"],
		["wlp2s0", "wireless"],
		["Wi-Fi", "wireless"],
		["wwan0", "cellular"],
		["pdp_ip0", "cellular"],
		["utun3", "vpn"],
		["tailscale0", "vpn"],
		["docker0", "container"],
		["br-0a1b2c3d4e5f", "container"],
		["vEthernet (WSL)", "container"],
		["something", "other"],
	])("is told by its name where the system says nothing else: %s, %s", (name, kind) => {
		expect(interfaceKind(facts(name))).toBe(kind);
	});

	it.each([
		["a radio whose name says nothing", facts("net0", { hardware: 1, wireless: true }), "wireless"],
		["an Ethernet that nobody has named", facts("lan7", { hardware: 1 }), "wired"],
		["a container's own end of a pair", facts("eth0", { driver: "veth", hardware: 1 }), "wired"],
		["the other end of it", facts("veth12ab", { driver: "veth", hardware: 1 }), "container"],
		["a host's own bridge", facts("br0", { driver: "bridge", hardware: 1 }), "wired"],
		["Docker's bridge", facts("docker0", { driver: "bridge", hardware: 1 }), "container"],
		["WireGuard under another name", facts("office", { driver: "wireguard", hardware: 65_534 }), "vpn"],
		["a tunnel that is called like a wire", facts("eth7", { driver: "tun", hardware: 65_534 }), "vpn"],
		["a modem that is a point to point link", facts("wwan0", { hardware: 519 }), "cellular"],
		["the loopback under another name", facts("lo", { loopback: true, hardware: 772 }), "loopback"],
	])("is told by the system first: %s", (_, one, kind) => {
		expect(interfaceKind(one)).toBe(kind);
	});

	it("costs least where it is a wire, and most where it is a VPN", () => {
		const { wired, wireless, cellular, container, vpn } = INTERFACE_COSTS;
		expect([vpn, container, cellular, wireless, wired].every((cost, at, all) => cost > (all[at + 1] ?? -1))).toBe(true);
		expect(vpn).toBeLessThanOrEqual(31);
	});
});
