import fc from "fast-check";
import { expect, it } from "vitest";
import { bootstrapFile, isBootstrap, rdapServers } from "./bootstrap.ts";
import { blocksOfRange } from "./network-range.ts";
import { parseWhoisQuery } from "./query.ts";

const DOCUMENT = {
	services: [
		[
			["5.0.0.0/8", "2a00::/12", "net", "1-1000"],
			["http://wide.test/", "https://wide.test/"],
		],
		[["5.0.2.0/24", "2a01:24::/32", "co.net", "64500-64500"], ["https://narrow.test/"]],
		[["64000-65000"], ["https://middle.test/"]],
		...[[], null, 5, [["6.0.0.0/8"]], [["7.0.0.0/8"], ["no url", 3]], ["8.0.0.0/8", "https://x.test/"]],
		[[null, 7, "9.0.0.0", "9.0.0.0/99", "x/8"], ["https://broken.test/"]],
	],
};

it.each([
	["5.0.2.1", "ipv4", ["https://narrow.test/"]],
	["5.0.2.0/24", "ipv4", ["https://narrow.test/"]],
	["5.0.2.0/23", "ipv4", ["https://wide.test/", "http://wide.test/"]],
	["5.0.3.1", "ipv4", ["https://wide.test/", "http://wide.test/"]],
	["2a01:24::1", "ipv6", ["https://narrow.test/"]],
	["2a02::1", "ipv6", ["https://wide.test/", "http://wide.test/"]],
	["AS64500", "asn", ["https://narrow.test/"]],
	["AS64501", "asn", ["https://middle.test/"]],
	["AS7", "asn", ["https://wide.test/", "http://wide.test/"]],
	["www.example.net", "dns", ["https://wide.test/", "http://wide.test/"]],
	["www.example.co.net", "dns", ["https://narrow.test/"]],
	["notco.net", "dns", ["https://wide.test/", "http://wide.test/"]],
	["example.org", "dns", []],
	["6.1.1.1", "ipv4", []],
	["7.1.1.1", "ipv4", []],
	["8.1.1.1", "ipv4", []],
	["9.1.1.1", "ipv4", []],
])("%s is looked for in %s: %j", (text, file, servers) => {
	const query = parseWhoisQuery(text);
	expect(bootstrapFile(query)).toBe(file);
	expect(rdapServers(query, DOCUMENT)).toEqual(servers);
});

it("takes anything for a document", () => {
	const query = parseWhoisQuery("5.0.2.1");
	fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(rdapServers(query, { services: value }))));
	expect([null, [], {}, { services: {} }, { services: [] }].map(isBootstrap)).toEqual([
		false,
		false,
		false,
		false,
		true,
	]);
});

it.each([
	["5.0.2.0", "5.0.2.255", ["5.0.2.0/24"]],
	["5.0.2.1", "5.0.2.6", ["5.0.2.1/32", "5.0.2.2/31", "5.0.2.4/31", "5.0.2.6/32"]],
	["0.0.0.0", "255.255.255.255", ["0.0.0.0/0"]],
	["5.0.2.9", "5.0.2.9", ["5.0.2.9/32"]],
	["2001:db8::", "2001:db8:0:1:ffff:ffff:ffff:ffff", ["2001:db8::/63"]],
	["5.0.2.9", "5.0.2.8", []],
	["5.0.2.9", "::1", []],
	["x", "y", []],
])("from %s to %s are %j", (start, end, blocks) => {
	expect(blocksOfRange(start, end)).toEqual(blocks);
});

it("makes no more blocks of a range than an answer has room for", () => {
	expect(blocksOfRange("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")).toHaveLength(64);
});
