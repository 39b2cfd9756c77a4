import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { WhitherError } from "../api/error.ts";
import { whoisFailureDocument } from "../api/whois/failure.ts";
import { factsOfRdap } from "../api/whois/rdap-answer.ts";
import { whois } from "../api/whois/whois.ts";
import type { WhoisAnswer } from "../api/whois/whois-answer.ts";
import { factsOfWhoisText } from "../api/whois/whois-text.ts";
import { COLOURED, PLAIN } from "./paint.ts";
import { printable } from "./printable.ts";
import { formatWhois, formatWhoisJson, formatWhoisRaw } from "./whois-report.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../docs/schema/whois-1.json"), "utf8"));
const validate = new Ajv2020({
	allErrors: true,
	allowUnionTypes: true,
	strictTypes: false,
	validateFormats: false,
}).compile(schema);

function problems(document: unknown): unknown {
	return validate(JSON.parse(JSON.stringify(document))) ? null : validate.errors;
}

const ANSWER: WhoisAnswer = {
	schema: "whither.whois/1",
	query: "5.0.2.1",
	kind: "address",
	source: {
		protocol: "rdap",
		server: "https://rdap.example.net/ip/5.0.2.1",
		fromCache: false,
		askedAt: "2026-01-02T03:04:05.678Z",
	},
	handle: "NET-5-0-2",
	name: "EXAMPLE",
	prefixes: ["5.0.2.0/24"],
	asns: [],
	country: "DE",
	status: ["active"],
	registeredAt: "2012-03-04T03:06:07Z",
	changedAt: null,
	expiresAt: null,
	nameServers: [],
	entities: [
		{ handle: "ORG-EX1", name: "Example Org", roles: ["registrant"], email: null, phone: null },
		{ handle: "AB1", name: null, roles: ["abuse", "technical"], email: "abuse@e.test", phone: "+49-30-1" },
		{ handle: null, name: null, roles: ["noc"], email: null, phone: null },
	],
	remarks: ["Example network\nin a lab"],
	raw: '{"a":1}',
};

it("shows what the registry says, aligned, and who said it", () => {
	expect(formatWhois(ANSWER, PLAIN)).toBe(
		`5.0.2.1
  name          EXAMPLE
  handle        NET-5-0-2
  network       5.0.2.0/24
  country       DE (as registered)
  status        active
  registered    2012-03-04T03:06:07Z
  registrant    Example Org (ORG-EX1)
  abuse, technical
                AB1, abuse@e.test, +49-30-1
  remarks       Example network
                in a lab
By RDAP from https://rdap.example.net/ip/5.0.2.1.
`,
	);
	expect(formatWhois(ANSWER, COLOURED)).not.toBe(formatWhois(ANSWER, PLAIN));
});

it("lets no text of a stranger move the cursor", () => {
	const evil = "\u001b[2J\u009b1m\u202eabc\r\n";
	const answer: WhoisAnswer = {
		...ANSWER,
		...{ query: evil, handle: evil, name: evil, prefixes: [evil], asns: [evil], country: evil, status: [evil] },
		...{ registeredAt: evil, changedAt: evil, expiresAt: evil, nameServers: [evil], remarks: [evil], raw: evil },
		entities: [{ handle: evil, name: evil, roles: [evil], email: evil, phone: evil }],
		source: { ...ANSWER.source, server: evil },
	};
	for (const text of [
		formatWhois(answer, PLAIN),
		formatWhoisRaw(answer),
		formatWhoisRaw({ ...answer, source: { ...answer.source, protocol: "whois" } }),
	])
		expect(text.replaceAll("\n", "")).toBe(printable(text.replaceAll("\n", "")));
});

it("shows a long remark in part, and all of it raw", () => {
	const long = { ...ANSWER, remarks: [Array(40).fill("line").join("\n")] };
	expect(formatWhois(long, PLAIN)).toContain("and 28 lines more (--raw)");
	expect(formatWhoisRaw(ANSWER)).toBe('{\n  "a": 1\n}\n');
	expect(
		formatWhoisRaw({ ...ANSWER, source: { ...ANSWER.source, protocol: "whois" }, raw: "a:\tb\r\n\r\nc\r\n" }),
	).toBe("a:\tb\n\nc\n");
});

it.each(["10.0.0.1", "fe80::1", "AS64500", "a.test"])(
	"documents what is special about %s by its schema",
	async (query) => {
		const answer = await whois(query, { cache: false });
		expect(problems(answer)).toBeNull();
		expect(formatWhois(answer, PLAIN)).toMatch(/By the IANA special-purpose .* registry, without asking anybody\.\n$/);
	},
);

it("documents every answer and every failure by its schema", () => {
	expect(problems(ANSWER)).toBeNull();
	expect(problems({ ...ANSWER, ...factsOfRdap({}) })).toBeNull();
	expect(problems({ ...ANSWER, ...factsOfWhoisText("netname: X\nstatus: Y\n") })).toBeNull();
	for (const code of ["noSuchObject", "noRegistry", "badOption", "aborted"] as const)
		expect(problems(whoisFailureDocument("x", new WhitherError(code, "why", { tried: [] })))).toBeNull();
	expect(JSON.parse(formatWhoisJson(ANSWER, 2))).toEqual(ANSWER);
});

it.each([
	["a protocol of its own", { source: { ...ANSWER.source, protocol: "gopher" } }],
	["an unknown key", { extra: 1 }],
	["no kind", { kind: null }],
	["no source", { source: null }],
	["an entity in part", { entities: [{ name: "x" }] }],
])("the schema refuses %s", (_, change) => {
	expect(problems({ ...ANSWER, ...change })).not.toBeNull();
});
