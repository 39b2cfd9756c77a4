import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factsOfWhoisText, isRootAnswer, referralOf } from "./whois-text.ts";

const text = (...lines: readonly string[]) => `${lines.join("\r\n")}\r\n`;

const RPSL = text(
	"% Terms that nobody reads: see https://e.test/terms",
	"",
	"inetnum:        5.0.2.0 - 5.0.3.127",
	"netname:        EXAMPLE-NET",
	"descr:          Example network",
	"country:        de",
	"org:            ORG-EX1-TEST",
	"admin-c:        AA1-TEST",
	"tech-c:         TT1-TEST",
	"status:         ASSIGNED PA",
	"created:        2012-03-04T05:06:07Z",
	"last-modified:  2020-01-02T03:04:05Z",
	"source:         TEST # Filtered",
	"",
	"organisation:   ORG-EX1-TEST",
	"org-name:       Example Org",
	"abuse-mailbox:  abuse@e.test",
	"",
	"route:          5.0.0.0/16",
	"origin:         AS64500",
);

const ARIN = text(
	"# start",
	"NetRange:       5.0.0.0 - 5.0.255.255",
	"CIDR:           5.0.0.0/17, 5.0.128.0/17",
	"NetName:        EXAMPLE",
	"NetHandle:      NET-5-0-0-0-1",
	"NetType:        Direct Allocation",
	"OriginAS:       AS64500, AS64501",
	"Organization:   Example Org (EXAMP)",
	"RegDate:        2012-03-04",
	"Updated:        2020-01-02",
	"OrgName:        Example Org",
	"OrgId:          EXAMP",
	"Country:        US",
	"OrgAbuseHandle: ABUSE1-TEST",
	"OrgAbuseName:   Abuse Desk",
	"OrgAbusePhone:  +1-555-0100",
	"OrgAbuseEmail:  abuse@e.test",
	"ReferralServer: rwhois://rwhois.e.test:4321",
);

const LACNIC = text(
	"inetnum:     200.0.2/23",
	"aut-num:     AS64500",
	"status:      allocated",
	"owner:       Ejemplo S.A.",
	"ownerid:     XX-EJSA-LACNIC",
	"country:     BR",
	"created:     20010131",
	"changed:     20200102",
);

const GTLD = text(
	"   Domain Name: EXAMPLE-REGISTERED.NET",
	"   Registry Domain ID: 123_DOMAIN_NET-TEST",
	"   Registrar WHOIS Server: whois.registrar.e.test",
	"   Registrar URL: http://registrar.e.test",
	"   Updated Date: 2020-01-02T03:04:05Z",
	"   Creation Date: 1995-08-14T04:00:00Z",
	"   Registry Expiry Date: 2030-08-13T04:00:00Z",
	"   Registrar: Example Registrar, Inc.",
	"   Registrar IANA ID: 9999",
	"   Registrar Abuse Contact Email: abuse@registrar.e.test",
	"   Registrar Abuse Contact Phone: +1.5550100",
	"   Domain Status: clientTransferProhibited https://e.test/epp#clientTransferProhibited",
	"   Name Server: NS1.E.TEST",
	"   Name Server: NS2.E.TEST",
	"   DNSSEC: unsigned",
	"   URL of the complaint form: https://e.test/wicf/",
	">>> Last update of whois database: 2026-01-02T03:04:05Z <<<",
	"",
	"NOTICE: the expiration date of a record not found here is not the date of anything: see there.",
);

const CCTLD = text(
	"Domain: example-registered.test",
	"Nserver: ns1.e.test 5.0.2.1",
	"Nserver: ns2.e.test 5.0.2.2",
	"Status: connect",
	"Changed: 31-Jan-2020",
	"paid-till: 2030.01.31",
);

describe("what registries write", () => {
	it.each<[string, string, object]>([
		[
			"RPSL of a network",
			RPSL,
			{
				handle: "5.0.2.0 - 5.0.3.127",
				name: "EXAMPLE-NET",
				prefixes: ["5.0.2.0/24", "5.0.3.0/25", "5.0.0.0/16"],
				asns: ["AS64500"],
				country: "DE",
				status: ["ASSIGNED PA"],
				registeredAt: "2012-03-04T05:06:07Z",
				changedAt: "2020-01-02T03:04:05Z",
				remarks: ["Example network"],
				entities: [
					{ handle: "ORG-EX1-TEST", name: "Example Org", roles: ["registrant"], email: null, phone: null },
					{ handle: null, name: null, roles: ["abuse"], email: "abuse@e.test", phone: null },
					{ handle: "TT1-TEST", name: null, roles: ["technical"], email: null, phone: null },
					{ handle: "AA1-TEST", name: null, roles: ["administrative"], email: null, phone: null },
				],
			},
		],
		[
			"fields of ARIN",
			ARIN,
			{
				handle: "NET-5-0-0-0-1",
				name: "EXAMPLE",
				prefixes: ["5.0.0.0/17", "5.0.128.0/17", "5.0.0.0/16"],
				asns: ["AS64500", "AS64501"],
				country: "US",
				status: ["Direct Allocation"],
				registeredAt: "2012-03-04",
				changedAt: "2020-01-02",
				entities: [
					{ handle: "EXAMP", name: "Example Org", roles: ["registrant"], email: null, phone: null },
					{ handle: "ABUSE1-TEST", name: "Abuse Desk", roles: ["abuse"], email: "abuse@e.test", phone: "+1-555-0100" },
				],
			},
		],
		[
			"short forms of LACNIC",
			LACNIC,
			{
				name: null,
				prefixes: ["200.0.2.0/23"],
				asns: ["AS64500"],
				country: "BR",
				registeredAt: "2001-01-31",
				changedAt: "2020-01-02",
				entities: [{ handle: "XX-EJSA-LACNIC", name: "Ejemplo S.A.", roles: ["registrant"], email: null, phone: null }],
			},
		],
		[
			"a domain of a registry that has no contacts",
			GTLD,
			{
				handle: "123_DOMAIN_NET-TEST",
				name: "example-registered.net",
				prefixes: [],
				status: ["clientTransferProhibited"],
				registeredAt: "1995-08-14T04:00:00Z",
				changedAt: "2020-01-02T03:04:05Z",
				expiresAt: "2030-08-13T04:00:00Z",
				nameServers: ["ns1.e.test", "ns2.e.test"],
				entities: [
					{ handle: "9999", name: "Example Registrar, Inc.", roles: ["registrar"], email: null, phone: null },
					{ handle: null, name: null, roles: ["abuse"], email: "abuse@registrar.e.test", phone: "+1.5550100" },
				],
			},
		],
		[
			"a domain of a country",
			CCTLD,
			{
				name: "example-registered.test",
				status: ["connect"],
				changedAt: "2020-01-31",
				expiresAt: "2030-01-31",
				nameServers: ["ns1.e.test", "ns2.e.test"],
			},
		],
	])("%s", (_, said, facts) => {
		expect(factsOfWhoisText(said)).toMatchObject(facts);
	});
});

it.each([
	'No match for "NOTHING.NET".\r\n>>> Last update: 2026-01-02T03:04:05Z <<<',
	"% No entries found for the selected source(s).",
	"%ERROR:101: no entries found\n%\n% No entries found in source TEST.",
	"Domain not found.",
	"NOT FOUND",
	"No Data Found\nURL of the form: https://e.test/",
	"No Object Found",
	"Domain: nothing.test\nStatus: free",
	"Domain Status: No Object Found",
	"No match found for 5.0.2.1.",
	"Domain nothing.test is available for registration",
	"",
	"<html><body>hello: world</body></html>",
])("%j means that there is no such object", (said) => {
	expect(factsOfWhoisText(said)).toBeNull();
});

it.each([
	["refer:        whois.registry.e.test\n", { host: "whois.registry.e.test", port: 43 }],
	["whois:        whois.registry.e.test\n", { host: "whois.registry.e.test", port: 43 }],
	["ReferralServer:  whois://whois.e.test:4343\n", { host: "whois.e.test", port: 4343 }],
	["ReferralServer:  whois://[2001:db8::1]:4343/x\n", { host: "2001:db8::1", port: 4343 }],
	[ARIN, null],
	[GTLD, { host: "whois.registrar.e.test", port: 43 }],
	["Registrar WHOIS Server: https://e.test/whois\n", null],
	["whois: not a host\n", null],
	["whois:\nrefer:   \n", null],
	[RPSL, null],
])("the server to ask next after %j", (said, server) => {
	expect(referralOf(said)).toEqual(server);
});

it("tells what IANA says of a registry from what a registry says", () => {
	expect(isRootAnswer("% IANA\n\nrefer:        whois.e.test\n\ninetnum: 5.0.0.0 - 5.255.255.255\n")).toBe(true);
	expect(isRootAnswer(ARIN)).toBe(false);
});

it("reads any text in no time and without a word", () => {
	const line = fc.tuple(
		fc.constantFrom("inetnum", "CIDR", "Domain Name", "status", "created", "origin", "refer"),
		fc.string(),
	);
	const said = fc
		.array(
			fc.oneof(
				line.map(([key, value]) => `${key}: ${value}`),
				fc.string(),
			),
		)
		.map((lines) => lines.join("\n"));
	fc.assert(
		fc.property(said, (all) => typeof factsOfWhoisText(all) === "object" && typeof referralOf(all) === "object"),
	);
	// What makes an expression try everything would not end within a test.
	for (const piece of ["inetnum:", " .", "a-", "status: free", ":", "- ", "No match "])
		factsOfWhoisText(piece.repeat(100_000));
});
