import { readFileSync } from "node:fs";
import { join } from "node:path";
import { natKind, natWorld } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { WhitherError } from "../api/error.ts";
import { turnFailureDocument } from "../api/turn/failure.ts";
import type { TurnRequestOptions } from "../api/turn/options.ts";
import type { TurnResult } from "../api/turn/result.ts";
import { simulatedTurn } from "../api/turn/simulated.ts";
import { turn } from "../api/turn/turn.ts";
import { PLAIN } from "./paint.ts";
import { formatTurn, formatTurnJson } from "./turn-report.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../docs/schema/turn-1.json"), "utf8"));
const validate = new Ajv2020({
	allErrors: true,
	allowUnionTypes: true,
	strictTypes: false,
	validateFormats: false,
}).compile(schema);

function problems(document: unknown): unknown {
	return validate(JSON.parse(JSON.stringify(document))) ? null : validate.errors;
}

const USER = { username: "alice", password: "sesame" } as const;

function tried(options: TurnRequestOptions = {}, perUser?: number): Promise<TurnResult> {
	const config = perUser === undefined ? {} : { quotas: { perUser } };
	const scenario = natWorld({ a: natKind("port-restricted"), delayMs: 5 });
	const world = simulatedTurn(scenario, { server: "srv", users: { passwords: [USER] }, config });
	return turn("srv", { ...USER, family: 4, count: 10, durationMs: 100, world, ...options }).result;
}

describe("every result keeps its schema, and its text has its words", () => {
	it.each([
		["what works", {}, undefined],
		["a wrong password", { password: "simsim" }, undefined],
		["one relay alone", {}, 1],
		["no time", { timeoutMs: 30 }, undefined],
		["a peer", { peer: { address: "203.0.113.77", port: 7 }, timeoutMs: 5_000 }, undefined],
	] as const)("%s", async (_, options, perUser) => {
		const result = await tried(options, perUser);
		expect(problems(result)).toBeNull();
		expect(JSON.parse(formatTurnJson(result, 0))).toEqual(JSON.parse(JSON.stringify(result)));
		expect(result.summary).toMatch(/^[A-Z0-9].*[^.]\.$/);
		const text = formatTurn(result, PLAIN);
		expect(text).toContain(result.summary);
		expect(text).not.toMatch(/undefined|null|NaN/);
	});

	it("as a table", async () => {
		const text = formatTurn(await tried({ transports: ["udp"] }), PLAIN);
		expect(text).toContain("connect  allocate  round trip      99 %  loss  throughput");
		expect(text).toMatch(
			/UDP {2}IPv4 {2}203\.0\.113\.\d+:3478 +- {2}60\.00 ms +60\.00 ms {2}60\.00 ms +0 % +[\d.]+ Mbit\/s/,
		);
		expect(text).toContain("offers: relays IPv4, mobility, SHA-256");
		expect(text).not.toContain("(300)");
	});

	it("with another server that the first sends us to", async () => {
		const { cells, ...result } = await tried({ transports: ["udp"] });
		const moved = {
			...result,
			cells: cells.map((cell) => ({ ...cell, redirectedTo: { address: "192.0.2.9", port: 3479 } })),
		};
		expect(problems(moved)).toBeNull();
		expect(formatTurn(moved, PLAIN)).toContain("  UDP IPv4: at 192.0.2.9:3479, where the server sends us (300)\n");
	});
});

describe("a run that could not begin", () => {
	const failed = {
		tool: { name: "whither", version: "0.1.0" },
		args: ["turn"],
		name: "x",
		startedAt: "2026-01-02T03:04:05.678Z",
	};
	it.each(["nameNotFound", "aborted", "internal"] as const)("keeps the schema too (%s)", (code) => {
		expect(problems(turnFailureDocument(failed, new WhitherError(code, "why", { name: "x" })))).toBeNull();
	});
});

describe("the schema is strict", () => {
	let good: TurnResult;
	beforeAll(async () => {
		good = await tried();
		expect(problems(good)).toBeNull();
	});
	it.each([
		["a stop reason of its own", { stopReason: "bored" }],
		["a fractional duration", { durationNs: 1.5 }],
		["an unknown key", { extra: 1 }],
		["no legs without an error", { cells: [] }],
		["a leg with a summary missing", { cells: [{ family: 4 }] }],
		["offers with one missing", { offers: { ipv4: true } }],
	])("%s is refused", (_, change) => {
		expect(problems({ ...good, ...change })).not.toBeNull();
	});
});
