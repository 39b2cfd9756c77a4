import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridText, layOut } from "../cells/grid.ts";
import { plainText } from "../cells/line.ts";
import { SAMPLE_FACTS, sampleModel, samplePath, sampleTarget } from "../fixtures/sample-path.fixture.ts";
import { initialModel, type Model, type ViewName } from "../model/model.ts";
import { frameOf } from "./frame.ts";

const VIEWS: readonly ViewName[] = ["hops", "chart", "flows", "details", "map", "help"];

function textOf(model: Model): string {
	return gridText(layOut(frameOf(model).lines, model.size.columns, model.size.rows));
}

describe("each view is what its golden frame says", () => {
	const sizes = [
		{ columns: 80, rows: 24 },
		{ columns: 160, rows: 50 },
	];
	const cases = sizes.flatMap((size) =>
		VIEWS.map((view) => ({ view, size, name: `${view}-${size.columns}x${size.rows}` })),
	);
	it.each(cases)("$name", async ({ view, size, name }) => {
		const model = sampleModel({ view, size, ttl: 5, facts: SAMPLE_FACTS });
		await expect(textOf(model)).toMatchFileSnapshot(`../fixtures/frames/${name}.txt`);
	});
	it.each([
		["answers", { displayMode: "answers" }],
		["round-trips", { displayMode: "roundTrips" }],
		["jitter", { columns: "DR AGJMXI" }],
		["ascii", { charset: "ascii", ipInfo: "asn", facts: SAMPLE_FACTS }],
		["mpls", { mpls: true, addresses: true }],
		["privacy", { privacy: 4, isFrozen: true, isPaused: true }],
		["prompt", { prompt: { asks: "interval", text: "0.5" } }],
	] satisfies [string, Partial<Model>][])("the hop table, %s", async (name, choices) => {
		await expect(textOf(sampleModel(choices))).toMatchFileSnapshot(`../fixtures/frames/hops-${name}.txt`);
	});
	it("the details name the exchange, the system and all that registries say, whoever told it, without control characters", () => {
		const known = {
			asn: "AS64500",
			asName: "EXAMPLE\u001b[2J",
			exchange: "Example-IX",
			prefix: "10.0.0.0/8",
			country: "ZZ",
		};
		const facts = new Map([["10.0.1.1", { ...known, registry: "none", allocated: "2001-02-03" }]]);
		const details = textOf(sampleModel({ view: "details", ttl: 1, facts, size: { columns: 100, rows: 30 } }));
		expect(details).toContain("AS64500  EXAMPLE\\u{1b}[2J  10.0.0.0/8  ZZ  none  2001-02-03  at Example-IX");
	});
	it("two targets stand in tabs", async () => {
		const targets = [sampleTarget(), sampleTarget({ name: "other.example", note: "It failed.", state: "failed" })];
		const model = sampleModel({ latest: targets, shown: targets, target: 1 });
		await expect(textOf(model)).toMatchFileSnapshot("../fixtures/frames/hops-tabs.txt");
	});
	it("a map without places says who brings them", async () => {
		await expect(textOf(sampleModel({ view: "map" }))).toMatchFileSnapshot("../fixtures/frames/map-nowhere.txt");
	});
});

it("the target's loss, that of the way and a router's silence each have a word of their own", () => {
	const text = textOf(sampleModel());
	expect(text).toMatch(/gateway.*>loss/);
	expect(text).toMatch(/server.*!LOSS/);
	expect(text).toMatch(/edge.*~limit/);
	expect(text).toMatch(/\?\?\?.*-quiet/);
});

it("ASCII is ASCII in every view", () => {
	for (const view of VIEWS) {
		const text = textOf(sampleModel({ view, charset: "ascii", facts: SAMPLE_FACTS }));
		expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
	}
});

it("hidden hops are named in no view", () => {
	for (const view of VIEWS) {
		const text = textOf(sampleModel({ view, privacy: 5, size: { columns: 160, rows: 50 }, facts: SAMPLE_FACTS }));
		expect(text).not.toMatch(/10\.0\.[1-5]\.|router\.home|lisbon|madrid|bordeaux|barcelona|Lisbon|Madrid/);
		expect(text).not.toContain("10.0.0.2");
	}
});

it("a name cannot move the cursor", () => {
	const facts = new Map([["10.0.1.1", { name: "\u001b[2Jevil\u0007\r\n.example" }]]);
	const { lines } = frameOf(sampleModel({ facts }));
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
	for (const line of lines) expect(plainText(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

describe("sizes", () => {
	const path = { 0: samplePath(0, 0), 1: samplePath(1, 1), 64: samplePath(700, 64) };
	it("of any kind give as many lines as there are rows, and no error", () => {
		const sized = fc.record({ columns: fc.integer({ min: 1, max: 300 }), rows: fc.integer({ min: 1, max: 100 }) });
		const tiny = fc.record({ columns: fc.integer({ min: 1, max: 12 }), rows: fc.integer({ min: 1, max: 6 }) });
		fc.assert(
			fc.property(
				fc.oneof(sized, tiny),
				fc.constantFrom(...VIEWS),
				fc.constantFrom(0, 1, 64),
				fc.constantFrom("figures", "answers", "roundTrips"),
				fc.constantFrom(null, 1, 5, 64, 200),
				(size, view, hops, displayMode, ttl) => {
					const targets = [sampleTarget({ summary: path[hops as keyof typeof path] })];
					const model = sampleModel({
						latest: targets,
						shown: targets,
						size,
						view,
						ttl,
						displayMode,
						facts: SAMPLE_FACTS,
					});
					const { lines } = frameOf({ ...model, mpls: true, scroll: 1e9, answerer: 7 });
					expect(lines.length).toBe(size.rows);
					layOut(lines, size.columns, size.rows);
				},
			),
			{ numRuns: 60 },
		);
	});
	it("also without any target", () => {
		for (const view of VIEWS) expect(frameOf(initialModel({ view })).lines.length).toBe(24);
	});
});
