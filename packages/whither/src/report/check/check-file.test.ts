import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { type Check, readCheckFile, requestOf } from "./check-file.ts";

const schema = JSON.parse(
	readFileSync(join(import.meta.dirname, "../../../../../docs/schema/check-file-1.json"), "utf8"),
);
const validate = new Ajv2020({
	allErrors: true,
	allowUnionTypes: true,
	strictTypes: false,
	strictRequired: false,
}).compile(schema);

const fileOf = (...checks: unknown[]) => JSON.stringify({ checks }, null, 1);
const target = { target: "example.com", expect: { reached: true } };
const expecting = (expect: unknown, options: unknown = { pathMtu: true, origins: true, places: "geo.mmdb" }) => ({
	target: "x",
	options,
	expect,
});
const saved = (expect: unknown) => ({ file: "meet.json", expect });

function read(text: string): readonly Check[] {
	const checks = readCheckFile(text);
	if ("sentence" in checks) throw new Error(checks.sentence);
	return checks;
}

const GOOD: readonly unknown[] = [
	target,
	{
		...target,
		name: "web",
		method: "tcp",
		options: { port: 443, family: 6, methodOptions: { ecn: true, mss: 1400, x: "y" } },
	},
	expecting({ minHops: 1, maxHops: 255, lossPercent: 0.5, mtu: 1280 }),
	expecting({ mustCross: "AS64500", mustNotCross: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "*.example.net"] }),
	expecting({
		mustCross: [{ asn: 64500 }, { asn: "as1" }, { prefix: "::/0" }, { country: "de" }, { place: "Bonn, DE" }],
	}),
	expecting({ mustCross: [{ name: "*" }, { name: "r?.x" }, { nameRegex: "^core\\d+\\." }] }),
	expecting({ rttMs: { p50: 1.5, p95: 20, max: 100 } }),
	expecting({ rttMs: [{ hop: 3, max: 1 }, { p95: 2 }] }),
	expecting({ equalsBaseline: "a.json" }),
	expecting({ equalsBaseline: { file: "a.json", differingHops: 2 } }),
	expecting({ reached: false }, { origins: "dns:zone.example@192.0.2.1", timeoutMs: 500, waitMs: 0.5 }),
	saved({ connected: true, pairType: "host/*", protocol: "udp", connectMs: 2000, relay: false }),
	saved({ pairType: ["host/host", "*/relay"], mustCross: "AS1", mtu: 1400 }),
];

const BAD: readonly (readonly [unknown, RegExp])[] = [
	[{ expect: { reached: true } }, /^wants either "target": what to trace, or "file"/],
	[{ target: "x", file: "y", expect: { reached: true } }, /^wants either "target"/],
	[{ target: "x" }, /^wants "expect": an object with at least one of reached, maxHops, .*relay$/],
	[{ target: "x", expect: {} }, /^wants "expect"/],
	[{ target: "a b", expect: { reached: true } }, /^target wants the name or address of a host, not "a b"$/],
	[{ ...target, expects: {} }, /^there is no "expects" here; there are name, target, file, method, options, expect$/],
	[expecting({ Reached: true }), /^there is no "Reached" here; did you mean reached\?$/],
	[expecting({ reached: "yes" }), /^reached wants true or false, not "yes"$/],
	[expecting({ maxHops: 0 }), /^maxHops wants a whole number from 1 to 255, not 0$/],
	[expecting({ maxHops: 1.5 }), /^maxHops wants a whole number/],
	[expecting({ lossPercent: 101 }), /^lossPercent wants a number from 0 to 100, not 101$/],
	[expecting({ mustCross: [] }), /^mustCross wants at least one in the list$/],
	[expecting({ mustCross: [{}] }), /wants one of these alone/],
	[expecting({ mustCross: [{ asn: 1, name: "x.y" }] }), /wants one of these alone/],
	[expecting({ mustCross: { asn: "ASX" } }), /^asn wants an AS number such as "AS64500", not "ASX"$/],
	[expecting({ mustCross: { country: "Germany" } }), /^country wants two letters/],
	[expecting({ mustCross: { nameRegex: "(".repeat(201) } }), /^nameRegex wants a regular expression/],
	[expecting({ mustCross: 5 }), /^mustCross wants an AS number .*, not 5$/],
	[expecting({ rttMs: { hop: 3 } }), /^rttMs wants p50, p95 or max, in milliseconds$/],
	[expecting({ rttMs: { p99: 3 } }), /^there is no "p99" here; there are hop, p50, p95, max$/],
	[expecting({ equalsBaseline: {} }), /^equalsBaseline wants "file"/],
	[expecting({ pairType: "host" }), /^pairType wants both ends' types/],
	[expecting({ protocol: "sctp" }), /^protocol wants "udp" or "tcp", not "sctp"$/],
	[expecting({ reached: true }, { ttl: 3 }), /^there is no "ttl" here; there are port, family/],
	[expecting({ reached: true }, { family: 5 }), /^family wants 4 or 6, not 5$/],
	[{ ...saved({ reached: true }), method: "tcp" }, /"method" and "options" are for a target/],
	[{ ...saved({ reached: true }), options: { port: 1 } }, /"method" and "options" are for a target/],
	["x", /^wants an object in \{\}, not "x"$/],
];

/** What a schema cannot say. */
const BAD_BY_MEANING: readonly (readonly [unknown, RegExp])[] = [
	[expecting({ mustCross: "300.1.2.3/8" }), /wants an address or a range/],
	[expecting({ mustCross: "192.0.2.0/33" }), /wants an address or a range/],
	[expecting({ mustCross: { nameRegex: "(" } }), /^nameRegex wants a regular expression/],
	[expecting({ mustCross: "localhost" }), /^mustCross wants an AS number/],
	[expecting({ mtu: 1400 }, {}), /^mtu is measured only with "pathMtu": true in "options"$/],
	[expecting({ mustNotCross: "AS64500" }, {}), /^mustNotCross names an AS, which is known only with "origins": true/],
	[expecting({ mustCross: { country: "DE" } }, {}), /^mustCross names a place, which is known only with "places"/],
	[expecting({ connected: true }), /^connected is of a meeting: save one with `whither meet --json`/],
];

describe("a file of checks", () => {
	it.each(GOOD)("%j is read, and its schema takes it", (check) => {
		expect(readCheckFile(fileOf(check))).toHaveLength(1);
		expect(validate({ checks: [check] }) ? null : validate.errors).toBeNull();
	});

	it.each(BAD)("%j is refused, by its schema too", (check, words) => {
		expect(readCheckFile(fileOf(target, check))).toMatchObject({ sentence: expect.stringMatching(words) });
		expect(validate({ checks: [check] })).toBe(false);
	});

	it.each(BAD_BY_MEANING)("%j is refused", (check, words) => {
		expect(readCheckFile(fileOf(target, check))).toMatchObject({ sentence: expect.stringMatching(words) });
	});

	it("the problem has its line and column", () => {
		const text = '{\n  // ours\n  "checks": [\n    { "target": "x",\n      "expect": { "maxHops": "3" } }\n  ]\n}';
		expect(readCheckFile(text)).toEqual({
			line: 5,
			column: 30,
			sentence: 'maxHops wants a whole number from 1 to 255, not "3"',
		});
		expect(readCheckFile("{}")).toMatchObject({ line: 1, column: 1, sentence: 'wants "checks": a list of checks' });
		expect(readCheckFile('{"checks": []}')).toMatchObject({
			column: 12,
			sentence: "checks wants a list of at least one check",
		});
	});

	it("options stand once for all, and a check's own come before them", () => {
		const checks = [target, { ...target, options: { queries: 9 } }, { ...saved({ reached: true }) }];
		const all = read(JSON.stringify({ $schema: "x", options: { queries: 5, origins: true }, checks }));
		expect(all.map(({ options }) => options)).toEqual([
			{ queries: 5, origins: true },
			{ queries: 9, origins: true },
			{ queries: 5, origins: true },
		]);
	});

	it("names are looked up where one is asked about", () => {
		const request = (expect: unknown, options = {}) =>
			requestOf(read(fileOf({ target: "x", expect, options }))[0] as Check, (file) => `/in/${file}`);
		expect(request({ reached: true })).toEqual({ names: false, asLookup: undefined });
		expect(request({ mustNotCross: "*.example.net" })).toEqual({ names: true, asLookup: undefined });
		expect(request({ reached: true }, { names: true, origins: "dns" })).toEqual({ names: true, asLookup: "dns" });
		expect(request({ mustCross: { country: "DE" } }, { places: ["a.mmdb"] })).toMatchObject({ places: ["/in/a.mmdb"] });
	});
});
