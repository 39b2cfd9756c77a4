import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../../scripts/skippable.ts";
import type { SessionAnswer, SessionList, SessionNews, SessionStarted } from "../../server/protocol/api-protocol.ts";

const WHITHER = fileURLToPath(new URL("../../../bin/whither.js", import.meta.url));
const BUNDLE = fileURLToPath(new URL("../../../dist/whither-server.cjs", import.meta.url));
const obstacle = existsSync(BUNDLE) ? null : "the command is not built (npm run build)";

const ending: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ending.splice(0).reverse()) await end();
});

interface Running {
	readonly child: ChildProcess;
	readonly api: string;
	readonly exited: Promise<number | null>;
}

async function start(folder: string): Promise<Running> {
	const rates = ["--client-rate", "100000", "--probe-rate", "100000"];
	const args = ["serve", "--port", "0", "--stun-port", "0", "--no-turn", "--listen", "127.0.0.1", "--data", folder];
	const child = spawn(process.execPath, [WHITHER, ...args, ...rates], { stdio: ["ignore", "pipe", "ignore"] });
	ending.push(() => child.kill("SIGKILL"));
	const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
	const port = await new Promise<string>((resolve) => {
		createInterface({ input: child.stdout }).on("line", (line) => {
			const [, found] = /^http tcp .*:(\d+)$/.exec(line) ?? [];
			if (found !== undefined) resolve(found);
		});
	});
	return { child, api: `http://127.0.0.1:${port}/api/v1`, exited };
}

async function watch(api: string): Promise<string> {
	const body = JSON.stringify({ target: "127.0.0.1", names: false, live: { intervalMs: 100 } });
	const headers = { "Content-Type": "application/json" };
	const answer = await fetch(`${api}/traces`, { method: "POST", headers, body });
	expect(answer.status).toBe(201);
	return ((await answer.json()) as SessionStarted).id;
}

/** What was told of each session until the connection broke. */
async function follow(
	api: string,
	ids: readonly string[],
	told: Map<string, number>,
	heard: () => void,
): Promise<void> {
	const answer = await fetch(`${api}/events?${ids.map((id) => `session=${id}`).join("&")}`);
	let text = "";
	try {
		for await (const bytes of answer.body ?? []) {
			text += Buffer.from(bytes).toString();
			const blocks = text.split("\n\n");
			text = blocks.pop() ?? "";
			for (const block of blocks) {
				const [, data] = /^data: (.*)$/m.exec(block) ?? [];
				if (data === undefined) continue;
				const { session, events } = JSON.parse(data) as SessionNews;
				told.set(session, Math.max(told.get(session) ?? -1, events.at(-1)?.seq ?? -1));
			}
			heard();
		}
	} catch {
		// It was killed.
	}
}

describe.skipIf(obstacle !== null)(skippable("a server that is killed", obstacle), () => {
	it("has every session that was acknowledged and every event that was told, of fifty that ran, and says that they are lost", async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-"));
		ending.push(() => rmSync(folder, { recursive: true, force: true }));
		const first = await start(folder);
		const ids: string[] = [];
		for (let n = 0; n < 50; n++) ids.push(await watch(first.api));
		const told = new Map<string, number>();
		let enough = (): void => {};
		const heard = new Promise<void>((resolve) => {
			enough = resolve;
		});
		const look = () => {
			if (told.size === 50 && [...told.values()].every((seq) => seq > 20)) enough();
		};
		const groups = Array.from({ length: 7 }, (_, group) => ids.slice(group * 8, group * 8 + 8));
		const readers = groups.map((group) => follow(first.api, group, told, look));
		await heard;
		first.child.kill("SIGKILL");
		await Promise.all(readers);
		const second = await start(folder);
		const list = (await (await fetch(`${second.api}/sessions?limit=200`)).json()) as SessionList;
		expect(list.sessions.map(({ header }) => header.id).sort()).toEqual([...ids].sort());
		expect(new Set(list.sessions.map(({ outcome }) => outcome))).toEqual(new Set(["lost"]));
		for (const id of ids) {
			const { session } = (await (await fetch(`${second.api}/sessions/${id}`)).json()) as SessionAnswer;
			expect(session.events.map(({ seq }) => seq)).toEqual(session.events.map((_, seq) => seq));
			expect(session.events.length).toBeGreaterThan(told.get(id) ?? 0);
			expect(session.end?.outcome).toBe("lost");
		}
		// Told to end, it ends what runs and writes that down.
		const last = await watch(second.api);
		second.child.kill("SIGTERM");
		expect(await second.exited).toBe(143);
		const third = await start(folder);
		const { session } = (await (await fetch(`${third.api}/sessions/${last}`)).json()) as SessionAnswer;
		expect(session.end?.outcome).toBe("result");
	}, 60_000);
});
