import type { SystemError } from "@whither/core";
import { describe, expect, it } from "vitest";
import { noAnswerSentence } from "./no-answer.ts";
import type { StunFamilyResult, StunNoAnswer } from "./result.ts";
import { behaviourSummary } from "./words.ts";

const MAPPED = {
	mappedAddress: { address: "198.51.100.7", port: 40_312 },
	transport: "udp",
	tests: "rfc5780",
} as const;
const [EI, AD, APD] = ["endpointIndependent", "addressDependent", "addressAndPortDependent"] as const;

describe("what is found comes down to one sentence", () => {
	it.each<[StunFamilyResult["mapping"], StunFamilyResult["filtering"], string]>([
		[EI, AD, "endpoint-independent mapping, address-dependent filtering: direct calls work with most peers"],
		[EI, EI, "endpoint-independent mapping, endpoint-independent filtering: direct calls work with every peer"],
		["none", EI, "no translation, no filtering: direct calls work with every peer"],
	])("%s mapping, %s filtering", (mapping, filtering, words) => {
		expect(behaviourSummary({ ...MAPPED, mapping, filtering })).toBe(words);
	});

	it("the more the NAT goes by, the fewer the peers", () => {
		const outlook = (mapping: StunFamilyResult["mapping"], filtering: StunFamilyResult["filtering"]) =>
			behaviourSummary({ ...MAPPED, mapping, filtering }).replace(/^.*: /, "");
		expect(outlook(EI, APD)).toContain("many peers");
		expect(outlook(APD, APD)).toContain("peers that let strangers in");
		expect(outlook(AD, EI)).toBe(outlook(APD, APD));
		expect(outlook("none", "unknown")).toContain("unless a firewall");
		expect(outlook(EI, "unknown")).toContain("not known");
	});

	it("of a server that cannot be tested with, what it would take", () => {
		const found = { ...MAPPED, mapping: "unknown", filtering: "unknown", tests: "none" } as const;
		expect(behaviourSummary(found)).toContain("takes a server with two addresses");
		expect(behaviourSummary({ ...found, transport: "tcp" })).toContain("how UDP fares is another matter");
	});
});

describe("no answer has one sentence for each cause", () => {
	const refused: SystemError = {
		code: "systemCall",
		call: "icmp",
		address: "192.0.2.1",
		errno: 111,
		errnoName: "ECONNREFUSED",
	};
	const noRoute: SystemError = { ...refused, code: "noRoute", errno: 101, errnoName: "ENETUNREACH" };
	const said = (noAnswer: StunNoAnswer, more: Partial<Pick<StunFamilyResult, "transport" | "tcp">> = {}) =>
		noAnswerSentence({ server: { address: "192.0.2.1", port: 3478 }, transport: "udp", tcp: null, ...more, noAnswer });
	const answered = (code: Extract<StunNoAnswer, { stunError: unknown }>["code"], stunError: number | null = null) =>
		({ code, stunError, system: null }) as const;

	it.each<[StunNoAnswer, RegExp]>([
		[answered("timeout"), /UDP is filtered, or the server is down$/],
		[answered("closed"), /does not speak STUN$/],
		[answered("redirected", 300), /another server/],
		[answered("unauthorized", 401), /wants credentials/],
		[answered("error", 401), /wants credentials/],
		[answered("error", 420), /STUN error 420/],
		[answered("error"), /without telling our address$/],
		[answered("integrity"), /nothing to be believed \(integrity\)$/],
		[answered("bidDown"), /nothing to be believed/],
		[answered("unsupportedAlgorithm"), /nothing to be believed/],
		[answered("badChallenge"), /nothing to be believed/],
		[answered("unknownAttributes"), /nothing to be believed/],
		[answered("noErrorCode"), /nothing to be believed/],
		[{ code: "unreachable", stunError: null, system: refused }, /^UDP is refused at 192\.0\.2\.1:3478: no STUN server/],
		[{ code: "unreachable", stunError: null, system: noRoute }, /cannot be reached over UDP \(ENETUNREACH\)$/],
		[{ code: "unreachable", stunError: null, system: null }, /cannot be reached over UDP$/],
		[{ code: "system", system: noRoute }, /^there is no route to 192\.0\.2\.1; `ip route`/],
		[{ code: "tls", reason: "CERT_HAS_EXPIRED", about: "certificate has expired" }, /expired \(CERT_HAS_EXPIRED\)$/],
		[{ code: "outOfTime" }, /^the time was up/],
		[{ code: "stopped" }, /^stopped before/],
	])("%j", (noAnswer, words) => {
		expect(said(noAnswer)).toMatch(words);
		expect(said(noAnswer)).toMatch(/^\S.*[^.]$/);
		expect(said(noAnswer)).not.toMatch(/undefined|null/);
	});

	it("TCP tells a filter from a dead server", () => {
		const silence = (tcp: StunFamilyResult["tcp"]) => said(answered("timeout"), { tcp });
		expect(silence("answers")).toContain("filters UDP, so calls need a relay over TCP or TLS");
		expect(silence("accepts")).toContain("something else listens there");
		expect(silence("refuses")).toContain("that host is up");
		expect(silence("silent")).toContain("the server is down, or a firewall drops both");
		const closed = { code: "unreachable", stunError: null, system: refused } as const;
		expect(said(closed, { tcp: "answers" })).toContain("over TCP it answers");
	});

	it("a server of IPv6 is named so that its port is told from it", () => {
		const found = { server: { address: "2001:db8::1", port: 3478 }, transport: "tls", tcp: null } as const;
		expect(noAnswerSentence({ ...found, noAnswer: answered("timeout") })).toBe(
			"[2001:db8::1]:3478 did not answer over TLS",
		);
	});
});
