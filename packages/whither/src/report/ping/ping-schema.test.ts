import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "@whither/net";
import { runPing, SCENARIOS, scenarioChannels } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { WhitherError } from "../../api/error.ts";
import { pingFailureDocument } from "../../api/ping/failure.ts";

const schema = (name: string) =>
	JSON.parse(readFileSync(join(import.meta.dirname, `../../../../../docs/schema/${name}.json`), "utf8"));
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
ajv.addSchema(schema("trace-1"));
const validate = ajv.compile(schema("ping-1"));

function problems(document: unknown): unknown {
	return validate(JSON.parse(JSON.stringify(document))) ? null : validate.errors;
}

const RUNS = SCENARIOS.map((scenario) => ({ name: scenario.name, scenario }));

describe("over every scenario of the simulated internet", () => {
	it.each(RUNS)("$name: the document keeps its schema", ({ scenario }) => {
		const family = scenario.families?.[0] ?? 4;
		const [channel] = scenarioChannels(scenario);
		const ping = { ttl: 2, intervalNs: 50e6, count: 4, lossThreshold: { percent: 100, window: 3 } };
		const { result } = runPing(scenario, { family, ping, crypto: nodeCrypto, ...(channel && { channel }) });
		expect(problems(result)).toBeNull();
	});
});

describe("a ping that could not begin", () => {
	const order = {
		tool: { name: "whither", version: "0.1.0" },
		args: ["x"],
		name: "x",
		address: null,
		port: null,
		method: "udp",
		family: null,
		startedAt: "2026-01-02T03:04:05.678Z",
	};
	it.each(["nameNotFound", "aborted", "internal"] as const)("keeps the schema too (%s)", (code) => {
		expect(problems(pingFailureDocument(order, new WhitherError(code, "why", { name: "x" })))).toBeNull();
	});
});

describe("the schema is strict", () => {
	const [scenario] = SCENARIOS;
	if (scenario === undefined) throw new Error("no scenarios");
	const ping = { ttl: 2, intervalNs: 50e6, count: 4, lossThreshold: null };
	const { result: good } = runPing(scenario, { family: 4, ping });
	it.each([
		["a stop reason of its own", { stopReason: "bored" }],
		["a fractional duration", { durationNs: 1.5 }],
		["an unknown key", { extra: 1 }],
		["no TTL without an error", { ttl: null }],
		["more than all lost", { totals: { ...good.totals, lossPercent: 101 } }],
		["a probe without its number", { probes: [{ ...good.probes[0], seq: undefined }] }],
	])("%s is refused", (_, change) => {
		expect(problems({ ...good, ...change })).not.toBeNull();
		expect(problems(good)).toBeNull();
	});
});
