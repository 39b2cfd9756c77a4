import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Tmux, tmuxObstacle } from "../../../../lab/src/tmux.fixture.ts";
import { skippable } from "../../../../scripts/skippable.ts";
import { KEY_GROUPS } from "./model/key-table.ts";

const bin = join(import.meta.dirname, "../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../dist/whither-live.cjs"));
const obstacle = isBuilt ? tmuxObstacle : "the command is not built (npm run build)";
const whither = `${process.execPath} ${bin}`;

/** Rounds come often, so that nobody waits long. */
const DEMO = `${whither} live --demo -i 0.1 server.frankfurt gateway.frankfurt`;

const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 160, rows: 50 };

const panes: Tmux[] = [];
const folders: string[] = [];
afterEach(() => {
	for (const pane of panes.splice(0)) pane.close();
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function paneOf(size: typeof SMALL = SMALL): Tmux {
	const pane = new Tmux(size);
	panes.push(pane);
	return pane;
}

async function started(size: typeof SMALL, command = DEMO): Promise<Tmux> {
	const pane = paneOf(size);
	await pane.until(/ready-/);
	pane.type(command);
	await pane.until(/12\. server\.frankfurt/);
	return pane;
}

function folder(): string {
	const made = mkdtempSync(join(tmpdir(), "whither-screen-"));
	folders.push(made);
	return made;
}

function roundOf(text: string): number {
	return Number(/round (\d+),/.exec(text)?.[1] ?? Number.NaN);
}

const without = (pattern: RegExp) => (text: string) => !pattern.test(text);

/** What is pressed, and what is there then, in the order of the pressing. */
interface Step {
	readonly press: readonly string[];
	readonly sees: RegExp | ((text: string) => boolean);
}

/** Keys that leave the screen have tests of their own below. */
const LEAVING = ["q", "ctrl-c", "Q", "ctrl-z", "ctrl-l", "w"];

function stepsFor(file: string): readonly Step[] {
	let round = 0;
	const step = (press: string | readonly string[], sees: Step["sees"]): Step => ({
		press: typeof press === "string" ? [press] : press,
		sees,
	});
	return [
		step("h", /\[help\][\s\S]*this help/),
		step("h", without(/\[help\]/)),
		step("?", /\[help\]/),
		step("escape", without(/\[help\]/)),
		step("p", /PAUSED[\s\S]*Paused; SPACE resumes/),
		step("space", (text) => {
			if (/PAUSED/.test(text)) return false;
			round = Math.max(round, roundOf(text));
			return true;
		}),
		// It goes on, and with the figures of before.
		step([], (text) => roundOf(text) > round && round > 0),
		step("d", (text) => !/Loss%/.test(text) && /History: answered or not/.test(text)),
		step("d", /History: round trips/),
		step("d", /Loss%[\s\S]*Figures/),
		step("e", /\[MPLS:L=24015/),
		step("e", without(/MPLS:L/)),
		step("n", (text) => !/router\.home/.test(text) && /1\. 10\.\d+/.test(text)),
		step("n", /router\.home/),
		step("b", /router\.home \(10|router\.home \(~|router\.hom~|router\.home.*\(1/),
		step("b", /Names without addresses/),
		step([], (text) => roundOf(text) > 4),
		step("r", (text) => /Counters reset/.test(text) && roundOf(text) < 4),
		step([], (text) => roundOf(text) > 4),
		step("ctrl-r", (text) => /Counters reset/.test(text) && roundOf(text) < 4),
		step("o", /Columns: LS NABWV_/),
		step(["ctrl-u", "L", "S", "m", "enter"], (text) => /Loss%\s+Snt\s+p50/.test(text) && !/StDv/.test(text)),
		step("j", /Drop\s+Rcv.*Jttr/),
		step("j", /Loss%\s+Snt.*StDv/),
		step("i", /Seconds from round to round: 0\.1_/),
		step(["ctrl-u", "0", ".", "2", "enter"], /every 0\.2 s/),
		step("y", /AS numbers/),
		step("y", /Prefixes of routes/),
		step("y", /Countries of registration/),
		step("y", /Registries/),
		step("y", /Dates of allocation/),
		step("y", /No registry data/),
		step("z", /\?\?\?\s+router\.ho[\s\S]*AS numbers/),
		step("z", /No registry data/),
		step("u", /icmp from[\s\S]*ICMP echo/),
		step([], /12\. server\.frankfurt/),
		step("u", /udp to port 33434[\s\S]*UDP datagrams/),
		step([], /12\. server\.frankfurt/),
		step("down", /> 1\. router\.home/),
		step("down", /> 2\. access/),
		step("up", /> 1\. router\.home/),
		step("end", />12\. server/),
		step("home", /> 1\. router/),
		step("page-down", />12\. server/),
		step("page-up", /> 1\. router/),
		step("escape", without(/> ?\d+\. /)),
		step("right", /\[2 gateway\.frankfurt\]/),
		step("left", /\[1 server\.frankfurt\]/),
		step("tab", /\[2 gateway\.frankfurt\]/),
		step("shift-tab", /\[1 server\.frankfurt\]/),
		step("enter", /\[details\][\s\S]*Sent \d+, answered \d+/),
		step("enter", without(/\[details\]/)),
		step("D", /\[details\]/),
		step("escape", without(/\[details\]/)),
		step("c", /\[chart\][\s\S]*All hops/),
		step("-", /2 rounds a column/),
		step("=", /1 round a column/),
		step("-", /2 rounds a column/),
		step("+", /1 round a column/),
		step("c", without(/\[chart\]/)),
		step("f", /\[flows\][\s\S]*paths? seen in/),
		step("f", without(/\[flows\]/)),
		step("m", /\[map\][\s\S]*No place is known/),
		step("m", without(/\[map\]/)),
		// The balancer of the demonstration shares its load by flows: a trace of one flow sees one of the two.
		step("[", /Hosts of a hop: 1 at most|All hosts of a hop/),
		step("]", /All hosts of a hop/),
		step("ctrl-f", /FROZEN/),
		step("ctrl-f", (text) => !/FROZEN/.test(text) && /Live again/.test(text)),
		step("ctrl-k", /Names are asked again/),
		step([], /router\.home/),
		step("P", /Hide the first so many hops.*: 0_/),
		step(["backspace", "2", "enter"], /1\. \(hidden\)[\s\S]*2\. \(hidden\)[\s\S]*3\. edge/),
		step(["P", "ctrl-u", "0", "enter"], /1\. router\.home/),
		step("w", /Write the report to file: _/),
		step([...file, "enter"], /Written: [\s\S]*\(mtr-wide\)/),
		step(["w", ...file, "enter"], /Written over what was there: /),
		step(["w", ..."/dev/full", "enter"], /no space left on device/i),
		step(["w", ..."/nowhere/x", "enter"], /no such file[\s\S]*make its\s+directory first/i),
		step(["w", "escape"], without(/Write the report/)),
	];
}

describe.skipIf(obstacle !== null)(skippable("whither live in a terminal", obstacle), () => {
	it.each([SMALL, LARGE])("every key does what its help says, $columns x $rows", async (size) => {
		const pane = await started(size);
		const file = join(folder(), "r");
		const pressed = new Set<string>();
		for (const { press, sees } of stepsFor(file)) {
			for (const key of press) pressed.add(key);
			pane.press(...press);
			await pane.until(sees, `${press.join(" ")}: ${sees}`);
		}
		expect(readFileSync(file, "utf8")).toMatch(/HOST: .*Loss%[\s\S]* 12\.\|-- server\.frankfurt/);
		const all = KEY_GROUPS.flatMap(({ rows }) => rows).flatMap(({ keys }) => keys);
		expect(all.filter((key) => !pressed.has(key) && !LEAVING.includes(key))).toEqual([]);
	});

	it("Ctrl-L draws anew what others wrote over", async () => {
		const pane = await started(SMALL);
		writeFileSync(pane.device, "\u001b[20;3HRUBBISH");
		await pane.until(/RUBBISH/);
		pane.press("ctrl-l");
		await pane.until(without(/RUBBISH/));
	});

	it("a pane of another size is filled, however small", async () => {
		const pane = await started(SMALL);
		pane.resize(160, 50);
		await pane.until(/p50\s+p95\s+p99/);
		for (const [columns, rows] of [
			[20, 5],
			[3, 2],
			[1, 1],
		] as const)
			pane.resize(columns, rows);
		pane.resize(80, 24);
		await pane.until(/12\. server\.frankfurt/);
	});

	describe("gives the terminal back", () => {
		const isBack = (pane: Tmux) => pane.fact("#{alternate_on} #{cursor_flag}");

		it.each([
			["q", [], 0],
			["Ctrl-C", [], 0],
			["SIGTERM", "TERM", 143],
			["SIGHUP", "HUP", 129],
			["SIGINT", "INT", 130],
		] as const)("after %s", async (key, signal, code) => {
			const pane = await started(SMALL, `${DEMO}; echo "code $?, $(stty -a | grep -o -- '[-]*icanon')"`);
			expect(pane.fact("#{alternate_on} #{cursor_flag}")).toBe("1 0");
			if (typeof signal === "string") pane.signal(signal);
			else pane.press(key === "q" ? "q" : "ctrl-c");
			await pane.until(new RegExp(`code ${code}, icanon`));
			expect(isBack(pane)).toBe("0 1");
			expect(pane.text()).not.toMatch(/server\.frankfurt +\d/);
		});

		it("Q leaves the last frame", async () => {
			const pane = await started(SMALL);
			pane.press("Q");
			await pane.until(/12\. server\.frankfurt[\s\S]*ready-\s*$/);
			expect(isBack(pane)).toBe("0 1");
		});

		it("after a crash, whose message is seen", async () => {
			const crash = join(folder(), "crash.cjs");
			writeFileSync(crash, 'process.on("SIGUSR2", () => { throw new Error("boom"); });\n');
			const command = `${process.execPath} -r ${crash} ${bin} live --demo; echo "code $?"`;
			const pane = await started(SMALL, command);
			pane.signal("USR2");
			const text = await pane.until(/code 70/);
			expect(text).toMatch(/Internal error: boom/);
			expect(isBack(pane)).toBe("0 1");
		});

		it("for as long as it is suspended", async () => {
			const pane = await started(SMALL);
			pane.press("ctrl-z");
			await pane.until(/Stopped/);
			expect(isBack(pane)).toBe("0 1");
			pane.type("fg");
			await pane.until((text) => /12\. server\.frankfurt/.test(text) && !/Stopped/.test(text));
			expect(pane.fact("#{alternate_on} #{cursor_flag}")).toBe("1 0");
			pane.press("down");
			await pane.until(/> 1\. router/);
		});
	});

	it("NO_COLOR has no colour, and the marks are still there", async () => {
		const pane = await started(SMALL, `NO_COLOR=1 ${DEMO}`);
		await pane.until(/Loss%/);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
		expect(pane.paintedText()).not.toMatch(/\u001b\[[\d;]*(3[0-7]|4[0-7]|9[0-7])m/);
	});

	it("--ascii is ASCII", async () => {
		const pane = await started(SMALL, `${whither} live --demo --ascii -i 0.2`);
		await pane.until(/History/);
		expect(pane.text()).toMatch(/^[\n\u0020-\u007e]*$/);
	});

	it("TERM=dumb is mtr's report, without any code", async () => {
		const pane = paneOf();
		await pane.until(/ready-/);
		pane.type(`TERM=dumb ${whither} live --demo -i 0.1 -c 2 -Z 0.5`);
		await pane.until(/HOST:[\s\S]*12\.\|-- server\.frankfurt/);
	});

	it("watches a real network: this machine's loopback", async () => {
		const pane = paneOf(LARGE);
		await pane.until(/ready-/);
		pane.type(`${whither} live -n -i 0.2 127.0.0.1 ::1`);
		await pane.until(/1\. 127\.0\.0\.1[\s\S]*0\.0%/);
		pane.press("tab");
		await pane.until(/1\. ::1 /);
		pane.press("q");
		await pane.until(/ready-\s*$/);
	});
});

describe.skipIf(obstacle !== null)(skippable("a meeting in a terminal", obstacle), () => {
	it.each([SMALL, LARGE])("shows its pairs, the way, and what it came to, $columns x $rows", async (size) => {
		const pane = paneOf(size);
		await pane.until(/ready-/);
		pane.type(`${whither} demo --meet --live`);
		await pane.until(/srflx\/prflx +selected[\s\S]*Direct, through your NAT/);
		for (const [key, sees] of [
			["h", /\[help\][\s\S]*pair before/],
			["escape", without(/\[help\]/)],
			["down", />\s203\.0\.113\.2:50001/],
			["down", /> 10\.16\./],
			["up", />\s203\.0\.113\.2:50001/],
			["enter", /\[details\][\s\S]*Our checks: \d+ sent/],
			["D", without(/\[details\]/)],
			["l", /\[log\][\s\S]*we {4}/],
			["?", /\[help\]/],
			["t", /\[way\][\s\S]*The way between you/],
			["t", without(/\[way\]/)],
		] as const) {
			pane.press(key);
			await pane.until(sees, `${key}: ${sees}`);
		}
		pane.press("q");
		const text = await pane.until(/9 routers on each way[\s\S]*ready-\s*$/);
		expect(text).toMatch(/them +10/);
		expect(pane.fact("#{alternate_on} #{cursor_flag}")).toBe("0 1");
	});
});
