import { describe, expect, it } from "vitest";
import { resolveGateways } from "./gateways.ts";
import { resolveTarget } from "./resolve.ts";

const target = (family: 4 | 6) => ({
	name: "x.example",
	address: family === 4 ? "192.0.2.1" : "2001:db8::1",
	family,
	zone: null,
});
const many = (count: number, gateway: string) => Array.from({ length: count }, () => gateway);

describe("a source route", () => {
	it("keeps its order, addresses in their canonical form", async () => {
		expect(await resolveGateways(["10.0.0.2", "10.0.0.1"], target(4), resolveTarget)).toEqual(["10.0.0.2", "10.0.0.1"]);
		expect(await resolveGateways(["FD00:0::1"], target(6), resolveTarget)).toEqual(["fd00::1"]);
		expect(await resolveGateways([], target(4), resolveTarget)).toEqual([]);
	});

	it("asks for names in the family of the trace", async () => {
		const asked: unknown[] = [];
		const gateways = await resolveGateways(["gw.example"], target(6), async (name, family) => {
			asked.push([name, family]);
			return { name, address: "fd00::9", family: 6, zone: null };
		});
		expect({ asked, gateways }).toEqual({ asked: [["gw.example", 6]], gateways: ["fd00::9"] });
	});

	it.each([
		[many(9, "10.0.0.1"), 4, "An IPv4 source route (-g) takes at most 8 gateways, not 9"],
		[many(127, "fd00::1"), 6, "An IPv6 source route (-g) takes at most 126 gateways, not 127"],
		[["fd00::1"], 4, "The gateway fd00::1 is an IPv6 address, but x.example is traced over IPv4"],
		[["10.0.0.1"], 6, "The gateway 10.0.0.1 is an IPv4 address, but x.example is traced over IPv6"],
	] as const)("%# is refused with a sentence", async (names, family, message) => {
		await expect(resolveGateways(names, target(family), resolveTarget)).rejects.toMatchObject({
			code: "badOption",
			message,
		});
	});
});
