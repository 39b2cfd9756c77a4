import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceResult, TraceWarning } from "@whither/core";
import { nodeCrypto } from "@whither/net";
import { runTrace, SCENARIOS, scenarioChannels } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { WhitherError } from "../../api/error.ts";
import { failureDocument } from "../../api/failure.ts";
import { formatCsvRows } from "./csv.ts";
import { formatJson } from "./json.ts";
import { formatSummary } from "./summary.ts";
import { formatText } from "./text.ts";
import { verdict } from "./verdict.ts";
import { warningSentence } from "./warning-words.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../../docs/schema/trace-1.json"), "utf8"));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(schema);

function problems(document: unknown): unknown {
	return validate(document) ? null : validate.errors;
}

/** Lines beside the hops' own: groups of answers to packets without a mark. */
function unmarkedGroups({ companions = [] }: TraceResult): number {
	return companions.filter(({ name }) => name === "unmarked").length;
}

/** Each channel once: the first by IPv4, the last by IPv6; what has one alone is traced by both where its scenario is tested. */
const RUNS = SCENARIOS.flatMap((scenario) => {
	const families = scenario.families ?? [4, 6];
	const used = scenarioChannels(scenario).length > 1 ? families : families.slice(0, 1);
	return used.map((family) => ({ name: `${scenario.name}, IPv${family}`, scenario, family }));
});

describe("over every scenario of the simulated internet", () => {
	it.each(RUNS)("$name: the document keeps its schema and every report can be made of it", ({ scenario, family }) => {
		for (const channel of scenarioChannels(scenario)
			.slice(family === 4 ? 0 : -1)
			.slice(0, 1)) {
			const { result } = runTrace(scenario, { family, channel, crypto: nodeCrypto });
			const document = JSON.parse(formatJson(result, 0));
			expect(problems(document)).toBeNull();
			// Strings are compared much faster than what they say.
			expect(JSON.stringify(document)).toBe(JSON.stringify(result));
			const lines = formatText(result, { extensions: true, back: true }).split("\n");
			const beside = (result.handshake === undefined ? 0 : 1) + unmarkedGroups(result);
			const asked = result.hops.filter((hop) => hop.probes.length > 0);
			expect(lines).toHaveLength(1 + asked.length + beside + 1);
			const isOfHop = (line: string) => /^(?:[ \d]\d|hand|\+[ \d]\d+) {1,2}\S/.test(line);
			expect(lines.slice(1, -1).filter((line) => !isOfHop(line))).toEqual([]);
			expect(formatText(result, { changes: true, tos: 40, info: true }).split("\n")).toHaveLength(lines.length);
			expect(formatSummary(result, { pathMtu: true }).split("\n")).toHaveLength(5);
			const probes = result.hops.flatMap((hop) => hop.probes);
			expect(formatCsvRows(result).split("\r\n")).toHaveLength(probes.length + 1);
			expect(verdict(result).sentence).toMatch(/^[A-Z0-9].*\.$/);
		}
	});
});

describe("a trace that could not begin", () => {
	const tool = { name: "whither", version: "0.1.0" };
	const order = {
		tool,
		args: ["x"],
		name: "x",
		address: null,
		port: null,
		method: "udp",
		family: null,
		startedAt: "2026-01-02T03:04:05.678Z",
	};
	it.each(["nameNotFound", "aborted", "internal"] as const)("keeps the schema too (%s)", (code) => {
		expect(problems(failureDocument(order, new WhitherError(code, "why", { name: "x" })))).toBeNull();
	});
});

describe("what stands beside hops and answers keeps the schema", () => {
	const [scenario] = SCENARIOS;
	const good = scenario && JSON.parse(JSON.stringify(runTrace(scenario, { family: 4 }).result));
	const [hop] = good.hops;
	const handshake = { rttNs: 1, mss: null, sackPermitted: true, timestamps: false, connections: 1 };
	const drop = { ttl: 0, from: null, mtu: 1400, found: "told" };
	it.each([
		[{ handshake }, { handshake: { ...handshake, connections: 0 } }],
		[{ mtuDrops: [drop] }, { mtuDrops: [{ ...drop, found: "guessed" }] }],
		[{ companions: [{ name: "unmarked", ttl: 255, probes: hop.probes }] }, { companions: [{ name: "x", ttl: 255 }] }],
		[{ hops: [{ ...hop, nat: "source", mtu: 1400 }] }, { hops: [{ ...hop, nat: "port" }] }],
	])("%j is right, and %j is not", (right, wrong) => {
		expect(problems({ ...good, ...right })).toBeNull();
		expect(problems({ ...good, ...wrong })).not.toBeNull();
	});
});

describe("the schema is strict", () => {
	const [scenario] = SCENARIOS;
	const good = scenario && JSON.parse(JSON.stringify(runTrace(scenario, { family: 4 }).result));
	it.each([
		["a stop reason of its own", { stopReason: "bored" }],
		["a fractional duration", { durationNs: 1.5 }],
		["an unknown key", { extra: 1 }],
		["no address without an error", { target: { name: "x", address: null, port: null } }],
		["a fallback that does not say to what", { warnings: [{ code: "methodFallback", from: "tcp", reason: "x" }] }],
		["an omission of something unknown", { warnings: [{ code: "notApplied", option: "colour", method: "udp" }] }],
		["a fault without its error", { warnings: [{ code: "channelFault" }] }],
	])("%s is refused", (_, change) => expect(problems({ ...good, ...change })).not.toBeNull());
});

describe("every warning keeps the schema and has words", () => {
	const [scenario] = SCENARIOS;
	const good = scenario && JSON.parse(JSON.stringify(runTrace(scenario, { family: 4 }).result));
	const error = { code: "networkDown", call: "sendmsg", address: null, errno: 100, errnoName: "ENETDOWN" } as const;
	const samples: { readonly [Code in TraceWarning["code"]]: Extract<TraceWarning, { code: Code }> } = {
		methodFallback: { code: "methodFallback", from: "tcp", to: "tcpconnect", reason: "permissionDenied" },
		shortQuotes: { code: "shortQuotes" },
		repliesDropped: { code: "repliesDropped", count: 3 },
		foreignStorm: { code: "foreignStorm", count: 4096 },
		hopsUnseen: { code: "hopsUnseen" },
		notApplied: { code: "notApplied", option: "ecn", method: "tcpconnect" },
		sessionFailed: { code: "sessionFailed", port: 443, failure: { why: "refused", from: "192.0.2.9" } },
		sessionReset: { code: "sessionReset", from: "192.0.2.9" },
		publicAddress: { code: "publicAddress", address: "203.0.113.9" },
		originsUnanswered: { code: "originsUnanswered", server: "dns" },
		smallWindow: { code: "smallWindow", window: 1152 },
		noSack: { code: "noSack", lostAt: "hop", ttl: 3, goneAtTtl: 4 },
		mtuBlackHole: { code: "mtuBlackHole", ttl: 4, from: "192.0.2.4", mtu: 1400 },
		imported: { code: "imported", format: "atlas" },
		ecnDropped: { code: "ecnDropped" },
		channelFault: { code: "channelFault", error },
	};
	it.each(Object.values(samples))("$code", (warning) => {
		expect(problems({ ...good, warnings: [warning] })).toBeNull();
		expect(warningSentence(warning)).toMatch(/ .*[^.]$/);
		expect(warningSentence(warning)).not.toContain("undefined");
	});

	it("a black hole names the ICMP message of its family", () => {
		const blackHole = (from: string | null) => warningSentence({ code: "mtuBlackHole", ttl: 4, from, mtu: 1400 });
		expect(blackHole("192.0.2.4")).toContain('ICMP "fragmentation needed" pass');
		expect(blackHole("2001:db8::4")).toContain('ICMP "packet too big" pass');
		expect(blackHole(null)).toContain('ICMP "fragmentation needed" (IPv6: "packet too big") pass');
	});

	it("an omission names what was left out", () => {
		expect(warningSentence(samples.notApplied)).toBe(
			"tcpconnect cannot set the ECN bits: Linux keeps them to itself on TCP sockets",
		);
		expect(warningSentence({ code: "notApplied", option: "length", method: "tcp" })).toBe(
			"LENGTH does not apply to tcp: a SYN has the length of its options",
		);
	});

	it("a code of a later version too", () => {
		const later = { code: "moonPhase", phase: "full" };
		expect(problems({ ...good, warnings: [later] })).toBeNull();
		expect(warningSentence(later as unknown as TraceWarning)).toBe('moonPhase {"phase":"full"}');
	});
});
