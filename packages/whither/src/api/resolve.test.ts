import { describe, expect, it } from "vitest";
import { literalTarget, resolveTarget } from "./resolve.ts";

describe("literal addresses", () => {
	it.each([
		["192.0.2.1", "192.0.2.1", 4, null],
		["2001:DB8::0:1", "2001:db8::1", 6, null],
		["[2001:db8::1]", "2001:db8::1", 6, null],
		["::ffff:192.0.2.1", "192.0.2.1", 4, null],
		["fe80::1%eth0", "fe80::1", 6, "eth0"],
	])("%s is %s", (name, address, family, zone) => {
		expect(literalTarget(name)).toEqual({ name, address, family, zone });
	});
	it.each(["example.com", "", "1.2.3", "1.2.3.4.5", "::1::", "[192.0.2.1"])("%j is a name", (name) => {
		expect(literalTarget(name)).toBeNull();
	});
});

it("an address of the other family is refused with a sentence", async () => {
	await expect(resolveTarget("192.0.2.1", 6)).rejects.toMatchObject({
		code: "nameNotFound",
		message: "192.0.2.1 is an IPv4 address, but IPv6 was asked for",
	});
});

it.each(["", " ", "\t"])("%j names no host, and nobody is asked", async (name) => {
	await expect(resolveTarget(name, null)).rejects.toMatchObject({ code: "badOption" });
});

it("what is a name in no script is not found", async () => {
	await expect(resolveTarget("ü b", 4)).rejects.toMatchObject({ code: "nameNotFound" });
});

it("localhost resolves without a network", async () => {
	expect((await resolveTarget("localhost", 4)).address).toBe("127.0.0.1");
});
