import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEMO } from "@whither/sim";
import { expect, it } from "vitest";
import { startLive } from "../../api/live/live.ts";
import { simulated } from "../../api/simulated.ts";
import { paletteOf } from "../cells/palette.ts";
import { HIDDEN } from "../model/privacy.ts";
import type { Terminal, TerminalListener } from "../terminal/terminal.ts";
import { LiveScreen, type WrittenReport } from "./live-screen.ts";

/** A screen on a terminal that only hears, and what its reports are made of. */
function scene(privacy: number) {
	let listener: TerminalListener | null = null;
	const terminal = {
		size: { columns: 80, rows: 24 },
		open: (given: TerminalListener) => {
			listener = given;
		},
		close: () => {},
		write: () => true,
		suspend: () => {},
	} as unknown as Terminal;
	const written: WrittenReport[] = [];
	const world = simulated(DEMO);
	const runs: ReturnType<typeof startLive>[] = [];
	const start = () => {
		const run = startLive("server.frankfurt", { rounds: 3 }, { args: [], openWorld: async () => world });
		runs.push(run);
		return run;
	};
	const screen = new LiveScreen({
		...{ terminal, palette: paletteOf(false), model: { privacy, names: true }, places: null },
		targets: [{ name: "server.frankfurt", dscp: 0, intervalMs: 1000, method: null, start }],
		names: async (address) => ({ name: `name-of-${address}` }),
		origins: async () => ({}),
		report: (about) => {
			written.push(about);
			return { text: "report\n", format: "report" };
		},
		writeFailure: (file) => `No ${file}`,
	});
	const press = (...names: string[]) => {
		for (const name of names) listener?.key({ kind: "key", name });
	};
	const type = (text: string) => listener?.key({ kind: "paste", text });
	return { screen, runs, written, press, type };
}

it("the report that w writes has the names of the screen, and hides what the screen hides", async () => {
	const folder = mkdtempSync(join(tmpdir(), "whither-screen-"));
	try {
		const { screen, runs, written, press, type } = scene(2);
		const over = screen.run();
		await runs[0]?.result;
		// What comes last is told a moment after it is known.
		for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
		press("w");
		type(join(folder, "a.txt"));
		press("enter", "P", "ctrl-u", "0", "enter", "w");
		type(join(folder, "b.txt"));
		press("enter", "q");
		await over;
		expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("report\n");
		const named = written.map(({ hidden, target: { summary } }) => [
			hidden,
			...summary.hops.slice(0, 3).map(({ answerers: [one] }) => one?.address === HIDDEN),
			...summary.flows.map(({ addresses }) => addresses.filter((address) => address === HIDDEN).length),
		]);
		expect(named).toEqual([
			[2, true, true, false, 2],
			[0, false, false, false, 0],
		]);
		expect(JSON.stringify(written[0]?.target.summary.hops.slice(0, 2))).not.toContain("name-of");
	} finally {
		rmSync(folder, { recursive: true });
	}
});
