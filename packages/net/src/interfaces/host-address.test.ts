import { describe, expect, it } from "vitest";
import { addressesToGather, type KnownAddress, withPreference } from "./host-address.ts";
import { changeOf } from "./watch.ts";

function known(address: string, more: Partial<KnownAddress> = {}): KnownAddress {
	const family = address.includes(":") ? 6 : 4;
	const zone = address.startsWith("fe80") ? { zone: "eth0" } : {};
	const rest = { cost: 0, temporary: false, deprecated: false, up: true } as const;
	return {
		address,
		family,
		interface: "eth0",
		kind: "wired",
		prefixLength: family === 4 ? 24 : 64,
		...zone,
		...rest,
		...more,
	};
}

const preferred = (list: readonly KnownAddress[]) =>
	withPreference(list)
		.filter((one) => one.preferred)
		.map(({ address }) => address);
const temporary = (address: string, more: Partial<KnownAddress> = {}) => known(address, { temporary: true, ...more });

describe("addresses", () => {
	it("of IPv6 that change daily are preferred to those that can be followed, of the same network and interface", () => {
		const stable = known("2001:db8::1");
		const [other, elsewhere] = [known("2001:db8:1::1"), known("2001:db8::2", { interface: "eth1" })];
		const list = [known("192.0.2.1"), stable, temporary("2001:db8::7"), other, elsewhere];
		expect(preferred(list)).toEqual(["192.0.2.1", "2001:db8::7", "2001:db8:1::1", "2001:db8::2"]);
		const uneven = [known("2001:db8::1", { prefixLength: 60 }), temporary("2001:db8:0:f::7", { prefixLength: 60 })];
		expect(preferred(uneven)).toEqual(["2001:db8:0:f::7"]);
		expect(preferred([stable, temporary("2001:db8::7", { deprecated: true })])).toEqual(["2001:db8::1"]);
	});

	it("of a link alone are not told beside one that changes daily", () => {
		expect(preferred([known("fe80::1"), known("2001:db8::1")])).toEqual(["fe80::1", "2001:db8::1"]);
		expect(preferred([known("fe80::1"), temporary("2001:db8::7")])).toEqual(["2001:db8::7"]);
	});

	it("that are deprecated are there, and not preferred", () => {
		expect(withPreference([known("2001:db8::1", { deprecated: true })])).toMatchObject([{ preferred: false }]);
	});

	it("that no host can have, or nobody is to be told, are left out", () => {
		const none = [
			"0.0.0.0",
			"224.0.0.1",
			"::",
			"::192.0.2.1",
			"::ffff:192.0.2.1",
			"fec0::1",
			"feff::1",
			"ff02::1",
			"no",
		];
		expect(withPreference(none.map((address) => known(address)))).toEqual([]);
		expect(preferred([known("::1"), known("127.0.0.1"), known("::1:0:0")])).toEqual(["::1", "127.0.0.1", "::1:0:0"]);
	});
});

describe("what is gathered", () => {
	const loopback = known("127.0.0.1", { interface: "lo", kind: "loopback" });
	const gathered = (list: readonly KnownAddress[], options?: Parameters<typeof addressesToGather>[1]) =>
		addressesToGather(withPreference(list), options).map(({ address }) => address);

	it("has the loopback only where there is nothing else, or where it is asked for", () => {
		expect(gathered([loopback, known("192.0.2.1")])).toEqual(["192.0.2.1"]);
		expect(gathered([loopback, known("192.0.2.1", { up: false })])).toEqual(["127.0.0.1"]);
		expect(gathered([loopback, known("192.0.2.1")], { loopback: true })).toEqual(["127.0.0.1", "192.0.2.1"]);
	});

	it("is of the families and interfaces that are wanted", () => {
		const list = [known("192.0.2.1"), known("2001:db8::1"), known("10.8.0.1", { interface: "wg0", kind: "vpn" })];
		expect(gathered(list, { families: [6] })).toEqual(["2001:db8::1"]);
		expect(gathered(list, { allowInterface: ({ kind }) => kind !== "vpn" })).toEqual(["192.0.2.1", "2001:db8::1"]);
	});
});

describe("a change", () => {
	const before = withPreference([known("192.0.2.1"), known("2001:db8::1")]);

	it("is what came and what went, or nothing", () => {
		const after = withPreference([known("192.0.2.1"), known("192.0.2.9")]);
		expect(changeOf(before, after)).toMatchObject({
			added: [{ address: "192.0.2.9" }],
			removed: [{ address: "2001:db8::1" }],
		});
		expect(changeOf(before, [...before])).toBeNull();
	});

	it("is an interface that goes down and comes up again", () => {
		const down = withPreference([known("192.0.2.1", { up: false }), known("2001:db8::1")]);
		expect(changeOf(before, down)).toMatchObject({ added: [], removed: [{ address: "192.0.2.1", up: true }] });
		expect(changeOf(down, before)).toMatchObject({ added: [{ address: "192.0.2.1" }], removed: [] });
	});

	it("is also that one is no longer preferred, which neither came nor went", () => {
		const other = withPreference([known("192.0.2.1"), known("2001:db8::1", { deprecated: true })]);
		expect(changeOf(before, other)).toMatchObject({ added: [], removed: [], all: other });
	});
});
