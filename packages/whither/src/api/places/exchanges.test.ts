import { expect, it } from "vitest";
import { isJson, readExchanges } from "./exchanges.ts";

const read = (document: unknown) => readExchanges(Buffer.from(` \n${JSON.stringify(document)}`));
const at = (exchange: string | null, asn: string | null = null) => ({ place: null, asn, asName: null, exchange });

const TABLES = {
	ix: {
		data: [
			{ id: 7, name: "Example-IX" },
			{ id: 8, name: "Other-IX" },
		],
	},
	ixlan: {
		data: [
			{ id: 70, ix_id: 7 },
			{ id: 80, ix_id: 8 },
		],
	},
	ixpfx: {
		data: [
			{ prefix: "5.0.2.0/24", ixlan_id: 70 },
			{ prefix: "2a01:24::/64", ixlan_id: 70 },
			{ prefix: "5.0.2.128/25", ixlan_id: 80 },
			{ prefix: "5.0.9.0/24", ixlan_id: 90 },
		],
	},
	netixlan: {
		data: [
			{ ixlan_id: 70, name: "not this", ipaddr4: "5.0.2.9", ipaddr6: "2A01:24:0:0::9", asn: 64500 },
			{ ixlan_id: 90, name: "Member-IX: LAN", ipaddr4: null, asn: 64501 },
		],
	},
};

it.each([
	["5.0.2.1", at("Example-IX")],
	["5.0.2.9", at("Example-IX", "AS64500")],
	["5.0.2.200", at("Other-IX")],
	["2a01:24::9", at("Example-IX", "AS64500")],
	["2a01:24:0:1::9", null],
	["5.0.9.1", at("Member-IX: LAN")],
	["5.0.3.1", null],
	["x", null],
])("finds who holds %s in tables of PeeringDB", async (address, facts) => {
	expect(await read(TABLES)(address)).toEqual(facts);
	const bare = Object.fromEntries(Object.entries(TABLES).map(([name, { data }]) => [name, data]));
	expect(await read(bare)(address)).toEqual(facts);
});

it("takes a plain list of networks", async () => {
	const lookup = read({
		"5.0.2.0/24": "Example-IX",
		"::/0": "All of it",
		"5.0.2.0": "x",
		"5.0.3.0/33": "x",
		"5.0.4.0/24": 7,
	});
	expect(await Promise.all(["5.0.2.9", "2001:db8::1", "5.0.3.0", "5.0.4.1"].map(lookup))).toEqual([
		at("Example-IX"),
		at("All of it"),
		null,
		null,
	]);
});

it.each([{}, [], { ix: null, ixpfx: [null, 3, {}], netixlan: [{ ipaddr4: 5 }] }, { a: { b: 1 } }])(
	"says so where %j says nothing of exchanges",
	(document) => {
		expect(() => read(document)).toThrow(/nothing of exchanges/);
	},
);

it("knows JSON by its beginning", () => {
	expect(["{", " [", "\n\t{}", "", "PK", "\0{"].map((text) => isJson(Buffer.from(text)))).toEqual([
		...[true, true, true],
		...[false, false, false],
	]);
});
