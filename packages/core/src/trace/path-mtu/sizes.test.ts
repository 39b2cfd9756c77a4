import { describe, expect, it } from "vitest";
import { routeLength } from "../source-route.ts";
import { commonSizes, firstSize, nextPlateau, packetSize, plausibleMtu, sizesBetween } from "./sizes.ts";

describe("sizes for path MTU discovery", () => {
	it("begins with what the link takes, with Ethernet's where that is unknown, and never above the longest packet", () => {
		expect([firstSize(1420), firstSize(null), firstSize(65_536)]).toEqual([1420, 1500, 65_535]);
	});

	it("believes a router that tells less than it refused and no less than every link takes", () => {
		expect([1499, 1500, 1501, 0, 67, 68, null].map((told) => plausibleMtu(4, told, 1500))).toEqual([
			1499,
			null,
			null,
			null,
			null,
			68,
			null,
		]);
		expect([1280, 1279].map((told) => plausibleMtu(6, told, 1500))).toEqual([1280, null]);
	});

	it("goes down by RFC 1191's table as far as the family allows", () => {
		expect([1500, 1492, 68].map((size) => nextPlateau(4, size))).toEqual([1492, 1280, null]);
		expect([1500, 1492, 1280].map((size) => nextPlateau(6, size))).toEqual([1492, 1280, null]);
	});

	it("has common sizes between two bounds only, longest first", () => {
		expect(commonSizes(4, 1400, 1430)).toEqual([1428, 1420, 1412, 1410, 1408, 1406]);
		expect(commonSizes(6, 80, 1300)).toEqual([1280]);
	});

	it("splits any gap into neighbours within a few rounds", () => {
		for (const [least, most] of [
			[1000, 1500],
			[68, 65_535],
			[1400, 1406],
		] as const) {
			for (const mtu of [least, least + 1, Math.round((least + most) / 2), most - 1]) {
				let [low, high] = [least as number, most as number];
				let rounds = 0;
				for (; high - low > 1; rounds++) {
					const sizes = sizesBetween(low, high);
					expect(sizes.length).toBeLessThanOrEqual(16);
					expect([...sizes].sort((a, b) => b - a)).toEqual(sizes);
					low = Math.max(low, ...sizes.filter((size) => size <= mtu));
					high = Math.min(high, ...sizes.filter((size) => size > mtu));
				}
				expect(low).toBe(mtu);
				expect(rounds).toBeLessThanOrEqual(4);
			}
		}
	});

	it("knows how long the packet of a probe is, where we make it", () => {
		const packet = { protocol: 17, sourcePort: 1, destinationPort: 2, bytes: new Uint8Array(100) };
		expect(packetSize(4, { ...packet, transport: "udp" }, 0)).toBe(128);
		expect(packetSize(6, { ...packet, transport: "ip" }, 0)).toBe(140);
		expect(packetSize(4, { ...packet, transport: "ping" }, 0)).toBe(120);
		expect(packetSize(6, { ...packet, transport: "ip" }, routeLength("2001:db8::9", ["2001:db8::1"]))).toBe(180);
		expect(packetSize(4, { ...packet, transport: "ip" }, routeLength("192.0.2.9", ["192.0.2.1"]))).toBe(128);
		expect(packetSize(4, { ...packet, transport: "tcpConnect" }, 0)).toBeNull();
	});
});
