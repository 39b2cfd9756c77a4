/** Sessions that a page looks at: loaded, followed while they run, and told of at most five times a second. */
import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";
import type { SessionAnswer } from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { SessionBook } from "../model/session-book.ts";
import { backoffMs } from "./backoff.ts";
import { ask, connection, type Outcome, type Problem } from "./client.ts";
import { followSessions } from "./follow.ts";
import { localSession } from "./local-sessions.ts";

/** What is known of one. */
export interface OpenSession {
	readonly id: string;
	/** Null: it is being loaded, or there is a problem. */
	readonly book: SessionBook | null;
	readonly problem: Problem | null;
	/** Rises whenever there is news. */
	readonly version: number;
}

const SHOWN_EVERY_MS = 200;

/** The sessions of these ids, for as long as the component lives. */
export function useSessions(ids: readonly string[]): readonly OpenSession[] {
	const key = ids.join(" ");
	const [state, setState] = useState<{ readonly key: string; readonly open: readonly OpenSession[] }>({
		key: "",
		open: [],
	});
	useEffect(() => {
		const watch = new Watch(key.split(" "), (open) => setState({ key, open }));
		void watch.run();
		return () => watch.close();
	}, [key]);
	return state.key === key ? state.open : ids.map((id) => ({ id, book: null, problem: null, version: 0 }));
}

/** The session, or why there is none. */
export async function loadSession(id: string): Promise<Outcome<Session>> {
	const local = localSession(id);
	if (local !== null) return { ok: true, value: local };
	const outcome = await ask<SessionAnswer>("GET", `/sessions/${encodeURIComponent(id)}`);
	return outcome.ok ? { ok: true, value: outcome.value.session } : outcome;
}

class Watch {
	readonly #ids: readonly string[];
	readonly #tell: (open: readonly OpenSession[]) => void;
	readonly #books = new Map<string, SessionBook>();
	readonly #problems = new Map<string, Problem>();
	#version = 0;
	#stop: () => void = () => {};
	#timer: ReturnType<typeof setTimeout> | null = null;
	#isClosed = false;

	constructor(ids: readonly string[], tell: (open: readonly OpenSession[]) => void) {
		this.#ids = ids;
		this.#tell = tell;
	}

	async run(): Promise<void> {
		await Promise.all(this.#ids.map((id) => this.#load(id)));
		if (this.#isClosed) return;
		this.#show();
		const running = [...this.#books].filter(([, { isOver }]) => !isOver);
		if (running.length === 0) return;
		this.#stop = followSessions(new Map(running.map(([id, { lastSeq }]) => [id, lastSeq])), {
			news: ({ session, events, ended }) => {
				for (const event of events) this.#books.get(session)?.take(event);
				if (ended) void this.#finish(session);
				this.#showSoon();
			},
			refused: () => {
				connection.value = "ok";
				for (const [id] of running) void this.#finish(id);
			},
		});
	}

	close(): void {
		this.#isClosed = true;
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#stop();
		connection.value = "ok";
	}

	async #load(id: string): Promise<void> {
		const outcome = await loadSession(id);
		if (outcome.ok) this.#books.set(id, new SessionBook(outcome.value));
		else this.#problems.set(id, outcome.problem);
	}

	/** The stream does not say how a session ended; a server that has just ended it with itself is asked once it is back. */
	async #finish(id: string, attempt = 0): Promise<void> {
		if (this.#isClosed) return;
		const outcome = await ask<SessionAnswer>("GET", `/sessions/${encodeURIComponent(id)}?summary`);
		if (this.#isClosed) return;
		const isAway = !outcome.ok && (outcome.problem.code === "offline" || outcome.problem.code === "draining");
		connection.value = isAway ? "reconnecting" : "ok";
		if (isAway) {
			setTimeout(() => void this.#finish(id, attempt + 1), backoffMs(attempt, Math.random()));
			return;
		}
		const end = outcome.ok ? outcome.value.session.end : null;
		if (end !== null) this.#books.get(id)?.finish(end);
		else if (!outcome.ok) this.#problems.set(id, outcome.problem);
		this.#showSoon();
	}

	#showSoon(): void {
		if (this.#isClosed || this.#timer !== null) return;
		this.#timer = setTimeout(() => {
			this.#timer = null;
			this.#show();
		}, SHOWN_EVERY_MS);
	}

	#show(): void {
		if (this.#isClosed) return;
		this.#version++;
		this.#tell(
			this.#ids.map((id) => ({
				id,
				book: this.#books.get(id) ?? null,
				problem: this.#problems.get(id) ?? null,
				version: this.#version,
			})),
		);
	}
}
