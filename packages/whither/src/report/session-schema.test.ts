import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO, runTrace } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { Session } from "../api/session/session.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../docs/schema/session-1.json"), "utf8"));
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema);

const { result, events } = runTrace(DEMO, { family: 4 });
const SESSION: Session = JSON.parse(
	JSON.stringify({
		header: {
			...{ schema: "whither.session/1", id: "abcdefghij0123456", kind: "trace", target: "t", request: {} },
			...{ tool: result.tool, startedAt: result.startedAt },
		},
		events: events.filter(({ type }) => type !== "packet").map((event, seq) => ({ seq, kind: "trace", event })),
		end: { outcome: "result", endedAt: result.startedAt, result },
	}),
);

describe("whither.session/1", () => {
	const { header, events: told, end } = SESSION;
	it.each([
		["a trace", SESSION],
		["one under way", { ...SESSION, end: null }],
		[
			"one that failed",
			{ ...SESSION, end: { outcome: "failed", endedAt: result.startedAt, error: { code: "x", message: "y" } } },
		],
		["one whose process ended", { ...SESSION, end: { outcome: "lost", endedAt: result.startedAt } }],
		[
			"a meeting's news and notes",
			{
				...SESSION,
				events: [
					{ seq: 0, kind: "meet", atNs: 1, event: { kind: "met" } },
					{ seq: 1, kind: "note", atNs: 2, note: {} },
				],
			},
		],
	])("%s keeps it", (_, session) => {
		expect(validate(session) ? null : validate.errors).toBeNull();
	});

	it.each([
		["an id with a slash", { header: { ...header, id: "../../../../etc/passwd" }, events: told, end }],
		["a kind of its own", { header: { ...header, kind: "dance" }, events: told, end }],
		["an event that is none", { header, events: [{ seq: 0, kind: "trace" }], end }],
		["an end without a result", { header, events: [], end: { outcome: "result", endedAt: result.startedAt } }],
	])("%s is refused", (_, session) => expect(validate(session)).toBe(false));
});
