import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { bootstrapTo, closeLater, closeRegistries, rdapServer, whoisServer } from "./registry.fixture.ts";
import { whois } from "./whois.ts";

afterEach(closeRegistries);

const NETWORK = {
	objectClassName: "ip network",
	handle: "5.0.2.0 - 5.0.2.255",
	startAddress: "5.0.2.0",
	endAddress: "5.0.2.255",
	name: "EXAMPLE-NET",
	country: "de",
	status: ["active"],
	events: [
		{ eventAction: "registration", eventDate: "2012-03-04T05:06:07+02:00" },
		{ eventAction: "last changed", eventDate: "2020-01-01" },
	],
	remarks: [{ title: "descr", description: ["Example network", "in a lab"] }],
	entities: [
		{
			objectClassName: "entity",
			handle: "ORG-EX1",
			roles: ["registrant"],
			vcardArray: [
				"vcard",
				[
					["version", {}, "text", "4.0"],
					["fn", {}, "text", "Example Org"],
				],
			],
			entities: [
				{
					handle: "AB1",
					roles: ["abuse"],
					vcardArray: [
						"vcard",
						[
							["fn", {}, "text", "Abuse"],
							["email", {}, "text", "abuse@e.test"],
							["tel", { type: ["voice"] }, "uri", "tel:+49-30-1"],
						],
					],
				},
			],
		},
	],
};

it("finds the registry of an address by the bootstrap, and reads what it says", async () => {
	const registry = await rdapServer({ "ip/5.0.2.1": NETWORK });
	const iana = await rdapServer(bootstrapTo(registry.url));
	const answer = await whois("5.0.2.1", { bootstrap: iana.url, cache: false });
	expect(answer).toMatchObject({
		schema: "whither.whois/1",
		query: "5.0.2.1",
		kind: "address",
		source: { protocol: "rdap", server: `${registry.url}ip/5.0.2.1`, fromCache: false },
		handle: "5.0.2.0 - 5.0.2.255",
		name: "EXAMPLE-NET",
		prefixes: ["5.0.2.0/24"],
		country: "DE",
		status: ["active"],
		registeredAt: "2012-03-04T03:06:07Z",
		changedAt: "2020-01-01",
		expiresAt: null,
		entities: [
			{ handle: "ORG-EX1", name: "Example Org", roles: ["registrant"], email: null, phone: null },
			{ handle: "AB1", name: "Abuse", roles: ["abuse"], email: "abuse@e.test", phone: "+49-30-1" },
		],
		remarks: ["Example network\nin a lab"],
	});
	expect(JSON.parse(answer.raw)).toEqual(NETWORK);
});

it.each([
	[
		"2a01:24::/32",
		"ip/2a01:24::/32",
		{ objectClassName: "ip network", startAddress: "2a01:24::", endAddress: "2a01:24:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ prefixes: ["2a01:24::/32"], asns: [] },
	],
	[
		"AS64000",
		"autnum/64000",
		{ objectClassName: "autnum", startAutnum: 64000, endAutnum: 64000, name: "EX-AS" },
		{ asns: ["AS64000"], name: "EX-AS", prefixes: [] },
	],
	[
		"64001",
		"autnum/64001",
		{ objectClassName: "autnum", startAutnum: 64000, endAutnum: 64009 },
		{ kind: "asn", asns: ["AS64000-AS64009"] },
	],
	[
		"Example.Test-Registry.",
		"domain/example.test-registry",
		{ objectClassName: "domain", ldhName: "EXAMPLE.TEST-REGISTRY", nameservers: [{ ldhName: "NS1.E.NET." }] },
		{ kind: "name", nameServers: ["ns1.e.net"] },
	],
	[
		"bücher.net",
		"domain/xn--bcher-kva.net",
		{ objectClassName: "domain", unicodeName: "bücher.net" },
		{ name: "bücher.net", query: "bücher.net" },
	],
])("asks for %s by the path of RFC 9082", async (query, path, object, expected) => {
	const registry = await rdapServer({ [path]: object });
	const iana = await rdapServer(bootstrapTo(registry.url));
	expect(await whois(query, { bootstrap: iana.url, cache: false })).toMatchObject(expected);
	expect(registry.asked).toEqual([path]);
});

it("looks a host up as the domain that it is in", async () => {
	const registry = await rdapServer({ "domain/example.net": { objectClassName: "domain", ldhName: "example.net" } });
	const options = { rdap: registry.url, cache: false };
	expect(await whois("a.b.c.www.example.net", options)).toMatchObject({
		query: "a.b.c.www.example.net",
		name: "example.net",
	});
	expect(registry.asked).toEqual(["domain/a.b.c.www.example.net", "domain/www.example.net", "domain/example.net"]);
});

it("adds the registrar's contacts to what a registry without any says", async () => {
	const registrar = await rdapServer({
		"d/x": {
			objectClassName: "domain",
			handle: "other",
			entities: [{ roles: ["registrant"], vcardArray: ["vcard", [["fn", {}, "text", "Owner"]]] }],
		},
	});
	const links = [{ rel: "related", type: "application/rdap+json", href: `${registrar.url}d/x` }];
	const registry = await rdapServer({
		"domain/x.net": { objectClassName: "domain", handle: "H1", ldhName: "x.net", links },
	});
	const iana = await rdapServer(bootstrapTo(registry.url));
	const answer = await whois("x.net", { bootstrap: iana.url, cache: false, allowPrivate: true });
	expect(answer).toMatchObject({ handle: "H1", entities: [{ name: "Owner", roles: ["registrant"] }] });
	expect((await whois("x.net", { bootstrap: iana.url, cache: false })).entities).toEqual([]);
});

it("says so where the registry has no such object, by either protocol", async () => {
	const registry = await rdapServer({});
	await expect(whois("nothing.net", { rdap: registry.url, cache: false })).rejects.toMatchObject({
		code: "noSuchObject",
	});
	const { at } = await whoisServer(() => "% nothing here\nNo match for domain NOTHING.NET.\n");
	await expect(whois("nothing.net", { whoisServer: at, cache: false })).rejects.toThrow(
		/nothing.net is not registered/,
	);
});

it.each([
	["10.1.2.3", { name: "Private-Use", prefixes: ["10.0.0.0/8"] }],
	["127.0.0.1", { name: "Loopback" }],
	["10.0.0.0/8", { name: "Private-Use" }],
	["::ffff:192.168.1.1", { name: "Private-Use", prefixes: ["192.168.0.0/16"] }],
	["fe80::1%eth0", { name: "Link-Local Unicast" }],
	["2001:db8::1", { name: "Documentation", handle: "2001:db8::/32" }],
	["AS64500", { name: "Documentation", asns: ["AS64496-AS64511"] }],
	["router.local", { name: "Multicast DNS", prefixes: [] }],
])("answers for %s without asking anybody", async (query, expected) => {
	const answer = await whois(query, { bootstrap: "http://127.0.0.1:1/", cache: false });
	expect(answer).toMatchObject({ ...expected, query, source: { protocol: "registry" }, raw: "" });
});

it("falls back to WHOIS where RDAP fails, and follows the referrals", async () => {
	const last = await whoisServer(() => "NetName: CHILD\nOrgName: Child Org\n");
	const arin = await whoisServer(
		() => `NetRange: 5.0.0.0 - 5.0.255.255\nNetName: PARENT\nCountry: US\nReferralServer: whois://${last.at}\n`,
	);
	const iana = await whoisServer(
		(line) => `% IANA\nrefer: ${arin.at}\ninetnum: 5.0.0.0 - 5.255.255.255\nstatus: ALLOCATED (${line})\n`,
	);
	const options = { rdap: "http://127.0.0.1:1/", whoisServer: iana.at, allowPrivate: true, cache: false };
	expect(await whois("5.0.2.1", options)).toMatchObject({
		source: { protocol: "whois", server: last.at },
		name: "CHILD",
		prefixes: ["5.0.0.0/16"],
		country: "US",
		entities: [{ roles: ["registrant"], name: "Child Org" }],
		raw: "NetName: CHILD\nOrgName: Child Org\n",
	});
	expect([iana.asked, arin.asked, last.asked]).toEqual([["5.0.2.1"], ["5.0.2.1"], ["5.0.2.1"]]);
});

it("names everybody who was asked in vain", async () => {
	const failing = whois("5.0.2.1", { bootstrap: "http://127.0.0.1:1/", cache: false, protocol: "rdap" });
	await expect(failing).rejects.toMatchObject({ code: "noRegistry" });
	await expect(failing).rejects.toThrow(
		"No registry could be asked about 5.0.2.1: http://127.0.0.1:1/ipv4.json refuses the connection",
	);
});

it.each([
	"",
	"a b",
	"1.2.3.4/33",
	"1.2.3",
	"x..y",
	"-x.net",
	"AS4294967296",
	"<script>",
	`${"a".repeat(64)}.net`,
	"a\n.net",
])("refuses %j as a query", async (query) => {
	await expect(whois(query, { cache: false })).rejects.toMatchObject({ code: "badOption" });
});

it.each([
	[{ rdap: "ftp://x" }, /rdap wants a URL/],
	[{ bootstrap: "x" }, /bootstrap wants a URL/],
	[{ whoisServer: "a b" }, /whoisServer wants HOST/],
	[{ whoisServer: "h:0" }, /whoisServer wants HOST/],
])("refuses %j", async (options, sentence) => {
	await expect(whois("5.0.2.1", { ...options, cache: false })).rejects.toThrow(sentence);
});

function emptyFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "whither-whois-"));
	closeLater(() => rmSync(folder, { recursive: true }));
	return folder;
}

it("keeps answers and bootstrap files, whatever else lies there", async () => {
	const cache = emptyFolder();
	const registry = await rdapServer({ "ip/5.0.2.1": NETWORK });
	const iana = await rdapServer(bootstrapTo(registry.url));
	const options = { bootstrap: iana.url, cache };
	const first = await whois("5.0.2.1", options);
	const second = await whois(" 5.0.2.1", options);
	expect(second).toEqual({ ...first, query: " 5.0.2.1", source: { ...first.source, fromCache: true } });
	expect([registry.asked.length, iana.asked.length, readdirSync(cache).length]).toEqual([1, 1, 2]);
	for (const text of ["", "{", '{"key":1}', "[[[[", JSON.stringify({ key: "x", savedAtMs: 1, value: {} })]) {
		for (const name of readdirSync(cache)) writeFileSync(join(cache, name), text);
		expect((await whois("5.0.2.1", options)).source.fromCache).toBe(false);
	}
});

/** As if everything in the folder had been kept so long ago. */
function age(cache: string, milliseconds: number): void {
	for (const name of readdirSync(cache)) {
		const kept = JSON.parse(readFileSync(join(cache, name), "utf8"));
		writeFileSync(join(cache, name), JSON.stringify({ ...kept, savedAtMs: Date.now() - milliseconds }));
	}
}

it.each([
	["a minute", 60_000, [1, 1]],
	["an hour", 3_600_000, [2, 1]],
	["a day", 86_400_000, [2, 2]],
	["a time to come", -60_000, [2, 2]],
] as const)("asks again after %s what is too old by then", async (_, milliseconds, asked) => {
	const cache = emptyFolder();
	const registry = await rdapServer({ "ip/5.0.2.1": NETWORK });
	const iana = await rdapServer(bootstrapTo(registry.url));
	await whois("5.0.2.1", { bootstrap: iana.url, cache });
	age(cache, milliseconds);
	await whois("5.0.2.1", { bootstrap: iana.url, cache });
	expect([registry.asked.length, iana.asked.length]).toEqual(asked);
});

it("uses a bootstrap file that is old where there is no newer one", async () => {
	const cache = emptyFolder();
	const registry = await rdapServer({ "ip/5.0.2.1": NETWORK, "ip/5.0.2.2": NETWORK });
	const objects: Record<string, object | string | number> = { ...bootstrapTo(registry.url) };
	const iana = await rdapServer(objects);
	await whois("5.0.2.1", { bootstrap: iana.url, cache });
	age(cache, 1e12);
	objects["ipv4.json"] = 503;
	expect((await whois("5.0.2.2", { bootstrap: iana.url, cache })).name).toBe("EXAMPLE-NET");
	expect(iana.asked).toEqual(["ipv4.json", "ipv4.json"]);
});

it("keeps no more files than it may, the newest", async () => {
	const cache = emptyFolder();
	for (let index = 0; index < 505; index++) {
		const file = join(cache, `whois-${index}.json`);
		writeFileSync(file, "{}");
		utimesSync(file, 1, 1);
	}
	writeFileSync(join(cache, "not-ours"), "");
	const registry = await rdapServer({ "ip/5.0.2.1": NETWORK });
	await whois("5.0.2.1", { rdap: registry.url, cache });
	expect(readdirSync(cache).length).toBe(501);
	expect(readdirSync(cache)).toContain("not-ours");
	expect((await whois("5.0.2.1", { rdap: registry.url, cache })).source.fromCache).toBe(true);
});
