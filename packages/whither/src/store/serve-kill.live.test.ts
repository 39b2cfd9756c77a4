import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import type { SessionAnswer, SessionList, SessionNews, SessionStarted } from "../server/protocol/api-protocol.ts";

const command = join(import.meta.dirname, "../../bin/whither.js");
const isBuilt = existsSync(join(import.meta.dirname, "../../dist/whither-server.cjs"));
const obstacle = !isBuilt
	? "the command is not built (npm run build)"
	: process.platform === "linux"
		? null
		: "needs Linux";

const TRACES = 50;
/** Sessions of one stream at most. */
const PER_STREAM = 8;
const PLENTY = ["--client-rate=100000", "--probe-rate=100000", "--client-sessions=200", "--max-sessions=200"];

describe.skipIf(obstacle !== null)(skippable("a server that is killed while it traces", obstacle), () => {
	let folder: string;
	const children: ChildProcess[] = [];
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "whither-serve-kill-"));
	});
	afterEach(() => {
		for (const child of children.splice(0)) child.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	});

	async function serve() {
		const args = ["serve", "--no-turn", "--stun-port=0", "--port=0", `--data=${folder}`, ...PLENTY];
		const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
		children.push(child);
		const closed = new Promise((resolve) => child.once("close", resolve));
		const port = await new Promise<string>((resolve, reject) => {
			let said = "";
			child.stdout.setEncoding("utf8").on("data", (text: string) => {
				said += text;
				const found = /^http tcp .*:(\d+)$/m.exec(said)?.[1];
				if (found !== undefined) resolve(found);
			});
			child.once("close", () => reject(new Error(`the server ended: ${said}`)));
		});
		return { child, closed, api: `http://127.0.0.1:${port}/api/v1` };
	}

	it.each([6])(`loses nothing that it had told of ${TRACES} traces once each had told %d events`, async (events) => {
		const first = await serve();
		const ids: string[] = [];
		// One by one: so many connections at once of one client are refused.
		for (let number = 0; number < TRACES; number++) ids.push(await begin(first.api, number));
		const told = new Told(ids);
		const streams = Array.from({ length: Math.ceil(TRACES / PER_STREAM) }, (_, place) =>
			told.listen(first.api, ids.slice(place * PER_STREAM, (place + 1) * PER_STREAM)),
		);
		// Whatever was told until the connection broke counts.
		await told.whenAllHave(events);
		first.child.kill("SIGKILL");
		await Promise.allSettled([first.closed, ...streams]);

		const second = await serve();
		for (const id of ids) {
			const { session } = (await ask(`${second.api}/sessions/${id}`)) as SessionAnswer;
			expect(session.header.id).toBe(id);
			expect(session.events.map(({ seq }) => seq)).toEqual(session.events.map((_, place) => place));
			for (const [seq, event] of told.eventsOf(id)) expect(JSON.stringify(session.events[seq])).toBe(event);
			expect(told.hasEnded(id) ? ["result"] : ["lost", "result"]).toContain(session.end?.outcome);
		}
		const { sessions } = (await ask(`${second.api}/sessions?limit=200`)) as SessionList;
		expect(sessions.filter(({ outcome }) => outcome === "lost").length).toBeGreaterThan(TRACES / 2);
		expect(sessions).toHaveLength(TRACES);
		expect(await begin(second.api, 0)).not.toBe(ids[0]);
	});
});

async function ask(url: string): Promise<unknown> {
	const answer = await fetch(url);
	expect(answer.status).toBe(200);
	return answer.json();
}

/** Round after round: every fifth ends by itself while the others go on. */
async function begin(api: string, number: number): Promise<string> {
	const live = { intervalMs: 100, rounds: number % 5 === 0 ? 3 : null };
	const body = JSON.stringify({ target: `127.0.0.${number + 1}`, names: false, live });
	const answer = await fetch(`${api}/traces`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body,
	});
	expect(answer.status, await answer.clone().text()).toBe(201);
	return ((await answer.json()) as SessionStarted).id;
}

/** What a server has told: events as JSON, by their numbers, and which sessions have ended. */
class Told {
	readonly #events: ReadonlyMap<string, Map<number, string>>;
	readonly #ended = new Set<string>();
	#waiting: { readonly count: number; readonly resolve: () => void } | null = null;

	constructor(ids: readonly string[]) {
		this.#events = new Map(ids.map((id) => [id, new Map()]));
	}

	eventsOf(id: string): ReadonlyMap<number, string> {
		return this.#events.get(id) ?? new Map();
	}

	hasEnded(id: string): boolean {
		return this.#ended.has(id);
	}

	/** Resolves once each session has told so many events, or has ended. */
	whenAllHave(count: number): Promise<void> {
		return new Promise((resolve) => {
			this.#waiting = { count, resolve };
			this.#look();
		});
	}

	/** Until the stream ends, or breaks off (rejects). */
	async listen(api: string, ids: readonly string[]): Promise<void> {
		const answer = await fetch(`${api}/events?${ids.map((id) => `session=${id}`).join("&")}`);
		let rest = "";
		for await (const text of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
			const blocks = (rest + text).split("\n\n");
			rest = blocks.pop() ?? "";
			for (const block of blocks) this.#take(/^data: (.*)$/m.exec(block)?.[1]);
			this.#look();
		}
	}

	#take(data: string | undefined): void {
		if (data === undefined) return;
		const { session, events, ended } = JSON.parse(data) as SessionNews;
		for (const event of events) this.#events.get(session)?.set(event.seq, JSON.stringify(event));
		if (ended) this.#ended.add(session);
	}

	#look(): void {
		const { count = 0, resolve } = this.#waiting ?? {};
		const all = [...this.#events].every(([id, events]) => events.size >= count || this.#ended.has(id));
		if (all) resolve?.();
	}
}
