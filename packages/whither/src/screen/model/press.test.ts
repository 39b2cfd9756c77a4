import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { plainText } from "../cells/line.ts";
import { sampleModel, sampleTarget } from "../fixtures/sample-path.fixture.ts";
import { helpLines } from "../views/help.ts";
import { DEFAULT_COLUMNS, JITTER_COLUMNS } from "./columns.ts";
import type { Effect } from "./effects.ts";
import { KEY_GROUPS } from "./key-table.ts";
import { type Model, withTargets } from "./model.ts";
import { press } from "./press.ts";

/** The model after keys; and what they asked for. */
function after(model: Model, ...names: readonly string[]): { model: Model; effects: readonly Effect[] } {
	const effects: Effect[] = [];
	for (const name of names) {
		const result = press(model, { kind: "key", name });
		model = result.model;
		effects.push(...result.effects);
	}
	return { model, effects };
}

describe("the key table", () => {
	const keys = KEY_GROUPS.flatMap(({ rows }) => rows.flatMap((row) => row.keys));
	it("has each key once", () => {
		expect(new Set(keys).size).toBe(keys.length);
	});
	it("has every key in the help, in both widths", () => {
		for (const width of [80, 160]) {
			const text = helpLines(width).map(plainText).join("\n");
			for (const { shown, says } of KEY_GROUPS.flatMap(({ rows }) => rows)) {
				expect(text).toContain(shown);
				expect(text).toContain(says);
			}
		}
	});
	it("every key does something: the model or an effect", () => {
		const targets = [sampleTarget(), sampleTarget({ name: "other" })];
		const start = sampleModel({ latest: targets, shown: targets, target: 0, ttl: 5, zoom: 4, answerersShown: 1 });
		for (const key of keys) {
			const { model, effects } = after(start, key);
			const isOther = effects.length > 0 || !isDeepStrictEqual(model, start);
			expect({ key, isOther }).toEqual({ key, isOther: true });
		}
	});
});

describe("keys of mtr", () => {
	it("p pauses, SPACE resumes", () => {
		const paused = after(sampleModel(), "p");
		expect(paused.effects).toEqual([{ type: "pause" }]);
		expect(paused.model.isPaused).toBe(true);
		const resumed = after(paused.model, "space");
		expect(resumed.effects).toEqual([{ type: "resume" }]);
		expect(resumed.model.isPaused).toBe(false);
	});
	it("o takes letters of columns, and refuses others in words", () => {
		expect(after(sampleModel(), "o", "ctrl-u", "L", "space", "N", "m", "enter").model.columns).toBe("L Nm");
		const { model } = after(sampleModel(), "o", "ctrl-u", "L", "Z", "enter");
		expect(model.columns).toBe(DEFAULT_COLUMNS);
		expect(model.message).toMatchObject({ isBad: true });
	});
	it("i takes seconds", () => {
		const keys = ["i", "backspace", "0", ".", "5", "enter"];
		expect(after(sampleModel(), ...keys).effects).toEqual([{ type: "interval", intervalMs: 500 }]);
		expect(after(sampleModel(), "i", "x", "enter").effects).toEqual([]);
	});
	it("j goes between latency and jitter", () => {
		expect(after(sampleModel(), "j").model.columns).toBe(JITTER_COLUMNS);
		expect(after(sampleModel(), "j", "j").model.columns).toBe(DEFAULT_COLUMNS);
	});
	it("z and y ask for origins only when they are wanted", () => {
		expect(after(sampleModel(), "z").effects).toEqual([{ type: "lookUp", what: "origins" }]);
		expect(after(sampleModel(), "z", "z").model.ipInfo).toBe(null);
		expect(after(sampleModel(), "y", "y").model.ipInfo).toBe("prefix");
	});
});

describe("moving", () => {
	it("down from nowhere is the first hop, and the ends hold", () => {
		expect(after(sampleModel(), "down").model.ttl).toBe(1);
		expect(after(sampleModel(), "up").model.ttl).toBe(12);
		expect(after(sampleModel(), "end", "down").model.ttl).toBe(12);
		expect(after(sampleModel(), "home", "up").model.ttl).toBe(1);
	});
	it("in details goes from host to host", () => {
		const { model } = after(sampleModel({ ttl: 5 }), "enter", "down");
		expect([model.view, model.ttl, model.answerer]).toEqual(["details", 5, 1]);
		const next = after(model, "down").model;
		expect([next.ttl, next.answerer]).toEqual([6, 0]);
		expect(after(next, "up").model).toMatchObject({ ttl: 5, answerer: 1 });
	});
	it("tab goes around the targets", () => {
		const targets = [sampleTarget(), sampleTarget({ name: "other" })];
		const model = sampleModel({ latest: targets, shown: targets });
		expect(after(model, "tab").model.target).toBe(1);
		expect(after(model, "tab", "right").model.target).toBe(0);
		expect(after(model, "left").model.target).toBe(1);
	});
});

it("a frozen screen stays, and is live again with what has come", () => {
	const frozen = after(sampleModel(), "ctrl-f").model;
	const later = withTargets(frozen, [sampleTarget({ name: "later" })]);
	expect(later.shown[0]?.name).toBe("server.frankfurt");
	expect(after(later, "ctrl-f").model.shown[0]?.name).toBe("later");
});

describe("what is pasted", () => {
	it("is no row of keys", () => {
		const model = sampleModel();
		expect(press(model, { kind: "paste", text: "qQr" })).toEqual({ model, effects: [] });
	});
	it("is text where text is asked for, its control characters left out", () => {
		const { model } = after(sampleModel(), "w");
		const pasted = press(model, { kind: "paste", text: "/tmp/a\n.txt" }).model;
		expect(after(pasted, "enter").effects).toEqual([{ type: "write", file: "/tmp/a.txt" }]);
	});
});

it("P hides hops, and nothing else does", () => {
	expect(after(sampleModel(), "P", "ctrl-u", "3", "enter").model.privacy).toBe(3);
	expect(after(sampleModel(), "P", "ctrl-u", "9", "9", "9", "enter").model).toMatchObject({ privacy: 0 });
});
