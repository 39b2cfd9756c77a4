import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { WhitherError } from "../../api/error.ts";
import type { TracedPath } from "../../api/meet/events.ts";
import { meetFailureDocument } from "../../api/meet/failure.ts";
import { type FakeLink, FakeTime, fakeWorld } from "../../api/meet/meet-world.fixture.ts";
import type { MeetRequestOptions } from "../../api/meet/options.ts";
import type { MeetResult } from "../../api/meet/result.ts";
import { MeetRun } from "../../api/meet/run.ts";
import type { MeetCall } from "../../api/meet/signalling/call.ts";
import { signallingPair } from "../../api/meet/signalling/pair.ts";
import type { Signalling, SignallingListener } from "../../api/meet/signalling/signalling.ts";
import { simulated } from "../../api/simulated.ts";
import { trace } from "../../api/trace/trace.ts";
import { COLOURED, PLAIN } from "../paint.ts";
import { MeetLive } from "./meet-live.ts";
import { formatMeet, formatMeetJson } from "./meet-report.ts";

const schemaOf = (name: string) =>
	JSON.parse(readFileSync(join(import.meta.dirname, `../../../../../docs/schema/${name}`), "utf8"));
const validate = new Ajv2020({
	...{ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false, validateFormats: false },
	schemas: [schemaOf("trace-1.json")],
}).compile(schemaOf("meet-1.json"));

function problems(document: unknown): unknown {
	return validate(JSON.parse(JSON.stringify(document))) ? null : validate.errors;
}

const ESCAPE = "\u001b";
/** Lines that are erased, and ends of lines. */
const ERASURE = new RegExp(`(${ESCAPE}\\[\\d+A\\r${ESCAPE}\\[J|\\n)`);

let traced: TracedPath;

function starting(link: Partial<FakeLink>, options: MeetRequestOptions = {}) {
	const time = new FakeTime();
	const whole: FakeLink = { time, ends: [], ...link };
	const [first, second] = signallingPair((deliver) => time.after(5, deliver));
	const start = (name: string, more: MeetRequestOptions) => {
		const order = { options: more, tool: { name: "whither", version: "0.1.0" }, args: [] };
		return new MeetRun({ ...order, openWorld: () => fakeWorld(name, whole, {}, traced) });
	};
	return [start("a", { signalling: first, ...options }), start("bb", { signalling: second })] as const;
}

async function met(link: Partial<FakeLink>, options: MeetRequestOptions = {}): Promise<MeetResult> {
	const [a, b] = starting(link, options);
	const [result] = await Promise.all([a.result, b.result]);
	return result;
}

beforeAll(async () => {
	const world = simulated(DEMO);
	traced = { by: "flow", result: await trace(DEMO.trace.to, { world, queries: 1 }).result, error: null };
});

describe("every result keeps its schema, and its text has its words", () => {
	it.each<[string, Partial<FakeLink>, MeetRequestOptions]>([
		["a way from both ends", {}, {}],
		["a way that is not traced", {}, { trace: false }],
		["no way", { passes: false }, {}],
		["nobody there", {}, { waitMs: 1 }],
		["no server", {}, { server: "http://meet.example", signalling: undefined, waitMs: 100 }],
	])("%s", async (_, link, options) => {
		const result = options.server === undefined ? await met(link, options) : await starting(link, options)[0].result;
		expect(problems(result)).toBeNull();
		expect(JSON.parse(formatMeetJson(result, 0))).toEqual(JSON.parse(JSON.stringify(result)));
		const text = formatMeet(result, PLAIN);
		expect(text).toContain(result.why);
		expect(text).not.toMatch(/undefined|null|NaN/);
	});

	it("a call to an end without ICE, with what its media did", async () => {
		const call: MeetCall = {
			...{
				direction: "out",
				own: "sip:me@example.com",
				peer: "sip:them@example.com",
				status: 200,
				userAgent: "Phone 1",
			},
			...{ ringMs: 120, answeredMs: 2400.5, precondition: "none" },
		};
		const time = new FakeTime();
		const link: FakeLink = { time, ends: [] };
		const signalling = (listener: SignallingListener): Signalling => {
			time.after(1, () => {
				listener.met();
				listener.call?.(call);
				const destination = { address: "192.168.0.2", port: 5000 };
				listener.message({ type: "destination", tool: "Phone 1", destination, rtcp: null });
			});
			return { role: "controlling", send: () => {}, close: () => Promise.resolve() };
		};
		const order = { tool: { name: "whither", version: "0.1.0" }, args: [] };
		const options = { signalling, media: true };
		const run = new MeetRun({ ...order, options, openWorld: () => fakeWorld("a", link, {}, traced) });
		const result = await run.result;
		expect(problems(result)).toBeNull();
		expect(result).toMatchObject({
			ice: "none",
			call,
			media: { received: 0, firstNs: null },
			warnings: [{ code: "noIce" }],
		});
		expect(formatMeet(result, PLAIN)).toMatch(/\nmedia PCMU: 1\d\d packets sent, 0 received, 0 lost\n/);
		const q = result.candidates.local.map((one) => ({ ...one, q: 0.8 }));
		expect(problems({ ...result, ice: "first-draft", candidates: { local: q, remote: q } })).not.toBeNull();
		expect(problems({ ...result, ice: "first-draft", candidates: { local: q, remote: [] } })).toBeNull();
	});

	it.each(["nameNotFound", "aborted", "internal", "usage"] as const)("a run that could not begin (%s)", (code) => {
		const failed = { tool: { name: "whither", version: "0.1.0" }, args: ["meet"], startedAt: "2026-01-02T03:04:05Z" };
		expect(problems(meetFailureDocument(failed, new WhitherError(code, "why", { name: "x" })))).toBeNull();
	});
});

describe("the schema is strict", () => {
	let good: MeetResult;
	beforeAll(async () => {
		good = await met({});
		expect(problems(good)).toBeNull();
	});
	it.each([
		["an unknown key", { extra: 1 }],
		["an error beside an outcome", { error: { code: "x", message: "y" } }],
		["connected without a pair", { selected: null }],
		["a path that is missing without a reason", { path: null }],
		["a path that is there with a reason why not", { pathMissing: { code: "silent", message: "x" } }],
		["a priority that is a number", { pairs: [{ ...({} as object), priority: 1 }] }],
		["a trace that is none", { reversePath: { schema: "whither.trace/1" } }],
		["a fractional duration", { durationNs: 1.5 }],
	])("%s is refused", (_, change) => {
		expect(problems({ ...good, ...change })).not.toBeNull();
	});
});

describe("a meeting as it happens", () => {
	async function shown(link: Partial<FakeLink>, live: MeetLive, beside: readonly string[] = []): Promise<string> {
		const [a, b] = starting(link);
		let text = "";
		for await (const event of a) text += [live.event(event), ...beside.map((line) => live.line(line))].join("");
		text += live.end(await a.result);
		await b.result;
		return text;
	}

	/** What a terminal shows in the end: what was erased is gone. */
	function onTerminal(text: string): string {
		const screen: string[] = [""];
		for (const piece of text.split(ERASURE)) {
			const up = /^.\[(\d+)A\r/.exec(piece)?.[1];
			if (up !== undefined) screen.splice(screen.length - 1 - Number(up), screen.length, "");
			else if (piece === "\n") screen.push("");
			else screen[screen.length - 1] += piece;
		}
		return screen.join("\n");
	}

	it("line by line: each table and each sentence once", async () => {
		const text = await shown({}, new MeetLive({ paint: PLAIN, screen: null }));
		expect(text.split("\n").slice(0, 9)).toEqual([
			"  we    here        192.168.0.1:5000 on eth0",
			"The other end is there",
			"It is whither 0.1.0",
			"  they  here        192.168.0.2:5000",
			"",
			"  local - remote",
			"    type         r w n         RTT  state      priority   (read, write, nominated)",
			"* 192.168.0.1:5000 - 192.168.0.2:5000",
			"    host/host    r w n     2.00 ms  succeeded  9151314442783293438",
		]);
		expect(text.match(/Direct, inside one network/g)).toHaveLength(1);
		expect(text).toContain("state completed, a way after 2 ms, gathered in 0 ms, round trip 2.00 ms");
		expect(text).toContain("The way between you");
		expect(text).not.toContain(ESCAPE);
	});

	it("on a terminal, in place and within its width", async () => {
		const live = new MeetLive({ paint: COLOURED, screen: { columns: 40, rows: 10 } });
		const text = await shown({}, live);
		const whole = onTerminal(text);
		expect(whole.match(/Direct, inside one network/g)).toHaveLength(1);
		expect(whole.match(/local - remote/g)).toHaveLength(1);
		expect(whole).not.toContain("...");
		expect(whole).toContain("The way between you");
	});

	it("with lines beside it that stay above what is drawn anew, and alone after the end", async () => {
		const live = new MeetLive({ paint: PLAIN, screen: { columns: 40, rows: 10 } });
		const whole = onTerminal(`${await shown({}, live, ["two", "lines"])}${live.line("later")}`);
		expect(whole.match(/^two\nlines$/gm)?.length).toBeGreaterThan(5);
		expect(whole.match(/local - remote/g)).toHaveLength(1);
		expect(whole).not.toContain("...");
		expect(whole.endsWith("\nlater\n")).toBe(true);
	});

	it("where there is none, with the pairs that were tried", async () => {
		const text = await shown({ passes: false }, new MeetLive({ paint: PLAIN, screen: null }));
		expect(text).toContain("No way: none of our checks was answered");
		expect(text).not.toContain("The way between you");
	});
});
