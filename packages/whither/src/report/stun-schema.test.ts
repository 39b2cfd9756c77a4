import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NAT_KINDS, natKind, natWorld } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { WhitherError } from "../api/error.ts";
import { stunFailureDocument } from "../api/stun/failure.ts";
import type { StunResult } from "../api/stun/result.ts";
import { simulatedStun } from "../api/stun/simulated.ts";
import { stun } from "../api/stun/stun.ts";
import { PLAIN } from "./paint.ts";
import { formatStun, formatStunJson } from "./stun-report.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../docs/schema/stun-1.json"), "utf8"));
const validate = new Ajv2020({
	allErrors: true,
	allowUnionTypes: true,
	strictTypes: false,
	validateFormats: false,
}).compile(schema);

function problems(document: unknown): unknown {
	return validate(JSON.parse(JSON.stringify(document))) ? null : validate.errors;
}

const RUNS = NAT_KINDS.flatMap((kind) => ([4, 6] as const).map((family) => ({ name: kind.name, kind, family })));

describe("behind every kind of NAT", () => {
	it.each(RUNS)("$name, IPv$family: the document keeps its schema, and names the kind", async ({ kind, family }) => {
		const result = await stun("srv", { family, world: simulatedStun(natWorld({ a: kind, delayMs: 5 })) }).result;
		expect(problems(result)).toBeNull();
		expect(JSON.parse(formatStunJson(result, 0))).toEqual(JSON.parse(JSON.stringify(result)));
		const { mapping, filtering, hairpin, classic } = kind.seen;
		expect(result).toMatchObject({
			mapping,
			filtering,
			hairpin,
			classic,
			stopReason: "complete",
			backend: "simulated",
		});
		expect(result.summary).toMatch(/^[A-Z0-9].*[^.]\.$/);
		expect(result.summary).not.toMatch(/undefined|null|unknown/);
		const text = formatStun(result, PLAIN);
		expect(text).toContain(result.summary);
		expect(text).not.toMatch(/undefined|null|: unknown/);
	});
});

describe("a run that could not begin", () => {
	const failed = {
		tool: { name: "whither", version: "0.1.0" },
		args: ["stun"],
		name: "x",
		startedAt: "2026-01-02T03:04:05.678Z",
	};
	it.each(["nameNotFound", "aborted", "internal"] as const)("keeps the schema too (%s)", (code) => {
		expect(problems(stunFailureDocument(failed, new WhitherError(code, "why", { name: "x" })))).toBeNull();
	});
});

describe("the schema is strict", () => {
	let good: StunResult;
	beforeAll(async () => {
		good = await stun("srv", { world: simulatedStun(natWorld({ a: natKind("full cone") })) }).result;
		expect(problems(good)).toBeNull();
	});
	it.each([
		["a stop reason of its own", { stopReason: "bored" }],
		["a fractional round trip", { rttNs: 1.5 }],
		["an unknown key", { extra: 1 }],
		["an address without its port", { mappedAddress: { address: "192.0.2.1" } }],
		["a kind of mapping that there is not", { mapping: "random" }],
		["no family without an error", { family: null }],
		["no families without an error", { families: [] }],
		["a family's findings with a summary missing", { families: [{ family: 4 }] }],
	])("%s is refused", (_, change) => {
		expect(problems({ ...good, ...change })).not.toBeNull();
	});
});
