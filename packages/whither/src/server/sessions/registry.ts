/** The sessions of a server: those under way, and by the store all others. */
import { randomBytes } from "node:crypto";
import type { PathSummary } from "@whither/core";
import { asWhitherError } from "../../api/error.ts";
import {
	SESSION_SCHEMA,
	type Session,
	type SessionEnd,
	type SessionHeader,
	type SessionKind,
} from "../../api/session/session.ts";
import { TOOL } from "../../api/version.ts";
import type { TracedPath } from "../../report/dialects/traced-path.ts";
import type { SessionEntry, SessionQuery, SessionStore } from "../../store/session-store.ts";
import type { Course, CourseEnd, StartCourse } from "./course.ts";
import { RunningSession } from "./running-session.ts";

/** How many there may be at one time. */
export interface SessionLimits {
	readonly sessions: number;
	readonly sessionsPerClient: number;
}

/** A session to begin. */
export interface SessionOrder {
	readonly kind: SessionKind;
	readonly target: string | null;
	/** What was asked for, without secrets. */
	readonly request: object;
	/** Who asked, as `holderOf` has it. */
	readonly client: string;
	readonly start: StartCourse;
	/** Called once, when it is over or could not begin; `unkept`: why its end, or all of it, is not on the disk, or null. */
	readonly over?: (end: CourseEnd | null, unkept: unknown) => void;
}

/** Why none was begun. */
export type SessionRefusal = { readonly refused: "tooMany" | "tooManyOfClient" | "draining" | "storeFailed" };

type Ended = NonNullable<SessionOrder["over"]>;

interface Entry {
	readonly session: RunningSession;
	readonly course: Course;
	readonly over: Promise<void>;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 20;
/** How long a course that is asked to end may take, before its session is left as it is. */
const CLOSE_MS = 5_000;
const NOTHING = () => null;

/** Begins, follows and ends them. What `begin` has returned is on the disk. */
export class SessionRegistry {
	readonly #store: SessionStore;
	readonly #limits: SessionLimits;
	readonly #running = new Map<string, Entry>();
	/** Sessions of each client, those that are about to begin too. */
	readonly #clients = new Map<string, number>();
	#count = 0;
	#begun = 0;
	#draining = false;

	constructor(store: SessionStore, limits: SessionLimits) {
		this.#store = store;
		this.#limits = limits;
	}

	/** Sessions under way, ever begun, and readers of them. */
	get counts(): { readonly running: number; readonly begun: number } {
		return { running: this.#count, begun: this.#begun };
	}

	get store(): SessionStore {
		return this.#store;
	}

	/** Those under way. */
	get running(): readonly RunningSession[] {
		return [...this.#running.values()].map(({ session }) => session);
	}

	/** Null: it is not under way. */
	find(id: string): RunningSession | null {
		return this.#running.get(id)?.session ?? null;
	}

	/** Begins one: its header is on the disk, and it runs. */
	async begin(order: SessionOrder): Promise<SessionHeader | SessionRefusal> {
		const refused = this.#refusal(order.client);
		if (refused !== null) {
			order.over?.(null, null);
			return { refused };
		}
		this.#charge(order.client, 1);
		const header = headerOf(order);
		const ended: Ended = (end, unkept) => {
			this.#charge(order.client, -1);
			order.over?.(end, unkept);
		};
		try {
			const writer = await this.#store.begin(header);
			const session = new RunningSession(header, writer, () => this.stop(header.id));
			this.#run(session, order.start, ended);
		} catch (thrown) {
			ended(null, thrown);
			return { refused: "storeFailed" };
		}
		return header;
	}

	/** Figures of a path that is watched; null: it is none. */
	summary(id: string): PathSummary | null {
		return this.#running.get(id)?.course.path?.()?.summary ?? null;
	}

	/** All paths that are watched. */
	get paths(): readonly TracedPath[] {
		return [...this.#running.values()].flatMap(({ course }) => course.path?.() ?? []);
	}

	/** Asks one to end early; false: it is not under way. */
	stop(id: string): boolean {
		const entry = this.#running.get(id);
		entry?.course.stop();
		return entry !== undefined;
	}

	/** As the store has them, without an end that is not on the disk yet; those that nobody runs and that have no end were lost. */
	async list(query: SessionQuery): Promise<readonly SessionEntry[]> {
		const entries = await this.#store.list(query);
		return entries.map((entry) => {
			const running = this.find(entry.header.id);
			if (running === null) return entry.outcome === null ? { ...entry, outcome: "lost" } : entry;
			return running.ended ? entry : { ...entry, outcome: null, endedAt: null, summary: "under way" };
		});
	}

	/** What is on the disk of one; null: there is none. One that nobody runs and that has no end was lost. */
	async read(id: string): Promise<Session | null> {
		// It may end while it is read.
		const running = this.find(id);
		const session = await this.#store.read(id);
		if (session === null) return null;
		if (running !== null) {
			const events = session.events.filter(({ seq }) => seq < running.published);
			return { ...session, events, end: running.ended ? session.end : null };
		}
		return session.end === null ? { ...session, end: { outcome: "lost", endedAt: session.header.startedAt } } : session;
	}

	/** Stops it where it is under way, and forgets it; false: there was none. */
	async remove(id: string): Promise<boolean> {
		const entry = this.#running.get(id);
		entry?.course.stop();
		await entry?.over;
		return this.#store.remove(id);
	}

	/** Begins no more, and asks those under way to end. */
	drain(): void {
		this.#draining = true;
		for (const { course } of this.#running.values()) course.stop();
	}

	/** Stops all; resolves once their ends are on the disk, and the store is closed. */
	async close(): Promise<void> {
		this.drain();
		const all = Promise.all([...this.#running.values()].map(({ over }) => over));
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise((resolve) => {
			timer = setTimeout(resolve, CLOSE_MS);
		});
		await Promise.race([all, late]);
		clearTimeout(timer);
		await this.#store.close();
	}

	#refusal(client: string): SessionRefusal["refused"] | null {
		if (this.#draining) return "draining";
		if (this.#count >= this.#limits.sessions) return "tooMany";
		return (this.#clients.get(client) ?? 0) >= this.#limits.sessionsPerClient ? "tooManyOfClient" : null;
	}

	#charge(client: string, change: 1 | -1): void {
		this.#count += change;
		const left = (this.#clients.get(client) ?? 0) + change;
		if (left > 0) this.#clients.set(client, left);
		else this.#clients.delete(client);
	}

	#run(session: RunningSession, start: StartCourse, ended: Ended): void {
		const { id } = session.header;
		const course = started(start, session);
		this.#begun++;
		const over = course.ended
			.then(async (end) => {
				const last = { ...end, endedAt: new Date().toISOString() } as SessionEnd;
				ended(end, await session.end(last).then(NOTHING, (thrown: unknown) => thrown));
			})
			.finally(() => this.#running.delete(id));
		this.#running.set(id, { session, course, over });
		// A drain that came while the header was written.
		if (this.#draining) course.stop();
	}
}

/** What cannot begin is over at once. */
function started(start: StartCourse, session: RunningSession): Course {
	try {
		return start((event) => session.tell(event));
	} catch (thrown) {
		const { code, message } = asWhitherError(thrown);
		return { ended: Promise.resolve({ outcome: "failed", error: { code, message } }), stop: () => {} };
	}
}

function headerOf({ kind, target, request }: SessionOrder): SessionHeader {
	const startedAt = new Date().toISOString();
	return { schema: SESSION_SCHEMA, id: newId(), kind, tool: TOOL, startedAt, target, request: { ...request } };
}

/** Nobody is to guess one: ids are all that a link to a session shows. */
function newId(): string {
	let id = "";
	while (id.length < ID_LENGTH) {
		// Above, letters would not be equally likely.
		for (const byte of randomBytes(2 * ID_LENGTH))
			if (byte < 252 && id.length < ID_LENGTH) id += LETTERS[byte % LETTERS.length];
	}
	return id;
}
