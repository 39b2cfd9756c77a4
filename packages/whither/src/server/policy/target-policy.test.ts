import { describe, expect, it } from "vitest";
import type { ResolvedTarget } from "../../api/resolve.ts";
import { TargetPolicy, type TargetRules } from "./target-policy.ts";

const found = (name: string, ...addresses: readonly string[]): readonly ResolvedTarget[] =>
	addresses.map((address) => ({ name, address, family: address.includes(":") ? 6 : 4, zone: null }));
const allows = (rules: TargetRules, name: string, ...addresses: readonly string[]) =>
	new TargetPolicy(rules).judge(name, found(name, ...(addresses.length === 0 ? [name] : addresses))) === null;

const RESTRICTED = { restricted: true, own: () => ["8.8.4.4", "2600::1"] };

const NOT_PUBLIC = [
	...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.1.1", "169.254.169.254", "172.16.0.1"],
	...["192.168.1.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"],
	...["::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "fec0::1", "fd00:ec2::254"],
	// An IPv4 address in the clothes of IPv6: mapped, compatible, NAT64, 6to4, Teredo.
	...["::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1", "2001:0:a00:1::1"],
	...["8.8.4.4", "2600::1"],
];

describe("a server that strangers can ask", () => {
	it.each(NOT_PUBLIC)("refuses %s", (address) => {
		expect(allows(RESTRICTED, address)).toBe(false);
		expect(allows(RESTRICTED, "a.example", address)).toBe(false);
	});

	it("allows the public internet", () => {
		for (const address of ["8.8.8.8", "2606:4700::1", "64:ff9b::8.8.8.8"])
			expect(allows(RESTRICTED, address)).toBe(true);
	});

	it("judges every address of a name, whichever would be traced", () => {
		expect(allows(RESTRICTED, "a.example", "8.8.8.8", "2606:4700::1")).toBe(true);
		expect(allows(RESTRICTED, "a.example", "8.8.8.8", "10.0.0.1")).toBe(false);
		expect(allows(RESTRICTED, "a.example", "8.8.8.8", "::1")).toBe(false);
	});

	it("allows what its operator names, and nothing beside it", () => {
		const rules = {
			...RESTRICTED,
			allow: ["10.0.0.0/8", "Router.lan."],
			deny: ["10.9.0.0/16", "bad.example", "8.8.8.8"],
		};
		for (const address of ["10.1.1.1", "::ffff:10.1.1.1".replace("::ffff:", "")])
			expect(allows(rules, address)).toBe(true);
		for (const address of ["10.9.1.1", "192.168.0.1", "127.0.0.1", "8.8.8.8"])
			expect(allows(rules, address)).toBe(false);
		expect(allows(rules, "ROUTER.LAN", "192.168.0.1")).toBe(true);
		expect(allows(rules, "other.lan", "192.168.0.1")).toBe(false);
		expect(allows(rules, "bad.example.", "1.1.1.1")).toBe(false);
		expect(allows({ ...RESTRICTED, allow: ["8.8.4.4"] }, "8.8.4.4")).toBe(true);
	});

	it("refuses addresses with an interface, which others do not choose", () => {
		const target = { name: "x", address: "2606:4700::1", family: 6, zone: "eth0" } as const;
		expect(new TargetPolicy(RESTRICTED).judge("x", [target])).not.toBeNull();
	});

	it("sees it when its machine gets another address", () => {
		let own = ["8.8.4.4"];
		const policy = new TargetPolicy({ restricted: true, own: () => own });
		expect(policy.judge("9.9.9.9", found("9.9.9.9", "9.9.9.9"))).toBeNull();
		own = ["9.9.9.9"];
		expect(policy.judge("9.9.9.9", found("9.9.9.9", "9.9.9.9"))?.message).toMatch(/this server itself/);
	});
});

describe("a server on loopback", () => {
	it("allows all that is not denied", () => {
		for (const address of NOT_PUBLIC) expect(allows({ restricted: false }, address)).toBe(true);
		const rules = { restricted: false, deny: ["10.0.0.0/8", "bad.example"] };
		expect(allows(rules, "10.0.0.1")).toBe(false);
		expect(allows(rules, "64:ff9b::10.0.0.1")).toBe(false);
		expect(allows(rules, "bad.example", "192.0.2.1")).toBe(false);
		expect(allows(rules, "192.168.0.1")).toBe(true);
	});
});

it.each(["10.0.0.0/33", "300.1.1.1", "a b", "", "10.0.0.0/8/8", "../x"])(
	"a rule that is none is refused: %s",
	(rule) => {
		expect(() => new TargetPolicy({ restricted: true, allow: [rule] })).toThrow(
			expect.objectContaining({ code: "badOption" }),
		);
	},
);
