/** What one reader of several sessions is told: what was, then what happens. */
import type { SessionEvent } from "../../api/session/session.ts";
import type { EventStream } from "../http/event-stream.ts";
import type { SessionRegistry } from "./registry.ts";
import { type Batch, batchOf, type RunningSession } from "./running-session.ts";

/** A session to read, and the first event that its reader does not know. */
export interface Followed {
	readonly id: string;
	readonly next: number;
}

/** Events that are told at once to who comes late. */
const EVENTS_AT_ONCE = 500;

/**
 * Tells a stream of these sessions; the stream ends when all have. What is returned ends it when the reader has gone.
 * A session that is gone meanwhile is told to have ended.
 */
export function follow(registry: SessionRegistry, followed: readonly Followed[], stream: EventStream): () => void {
	const state = { gone: false, open: followed.length };
	const next = new Map(followed.map(({ id, next }) => [id, next]));
	const leave: (() => void)[] = [];
	const tell = (id: string, batch: Batch): void => {
		next.set(id, batch.next);
		if (next.size === 1) stream.write(batch.frame);
		else {
			stream.write(Buffer.from(`id: ${positionsText(next)}\n`));
			stream.write(batch.body);
		}
		if (batch.ended && --state.open === 0) stream.end();
	};
	for (const { id } of followed) {
		const reader = {
			next: () => next.get(id) ?? 0,
			tell: (batch: Batch) => tell(id, batch),
			gone: () => state.gone,
			drained: () => stream.drained(),
			leaving: (call: () => void) => leave.push(call),
		};
		catchUp(registry, id, reader).catch(() => stream.end());
	}
	return () => {
		state.gone = true;
		for (const call of leave) call();
	};
}

interface Reader {
	readonly next: () => number;
	readonly tell: (batch: Batch) => void;
	readonly gone: () => boolean;
	readonly drained: () => Promise<void>;
	readonly leaving: (call: () => void) => void;
}

async function catchUp(registry: SessionRegistry, id: string, reader: Reader): Promise<void> {
	for (
		let running = registry.find(id);
		running !== null && !running.ended && !reader.gone();
		running = registry.find(id)
	) {
		if (reader.next() >= running.published) {
			reader.leaving(running.read(reader.tell));
			return;
		}
		const kept = running.since(reader.next(), EVENTS_AT_ONCE);
		if (kept === null) {
			await tellOld(registry, running, reader);
			continue;
		}
		reader.tell(batchOf(id, { lines: kept, next: reader.next() + kept.length, ended: false }));
		await reader.drained();
	}
	if (!reader.gone()) await tellStored(registry, id, reader);
}

/** Of one that has ended. */
async function tellStored(registry: SessionRegistry, id: string, reader: Reader): Promise<void> {
	const events = (await registry.store.read(id))?.events ?? [];
	for (;;) {
		const piece = pieceOf(events, reader.next());
		const ended = piece.next > (events.at(-1)?.seq ?? -1);
		if (reader.gone()) return;
		reader.tell(batchOf(id, { ...piece, ended }));
		if (ended) return;
		await reader.drained();
	}
}

interface Piece {
	readonly lines: readonly string[];
	readonly next: number;
}

/** What it has published long ago, all that there is by now: a long session is not read again for each piece. */
async function tellOld(registry: SessionRegistry, running: RunningSession, reader: Reader): Promise<void> {
	const { id } = running.header;
	const { published } = running;
	const events = ((await registry.store.read(id))?.events ?? []).filter(({ seq }) => seq < published);
	if (pieceOf(events, reader.next()).lines.length === 0) throw new Error("a session has lost its events");
	while (!reader.gone()) {
		const piece = pieceOf(events, reader.next());
		if (piece.lines.length === 0) return;
		reader.tell(batchOf(id, { ...piece, ended: false }));
		await reader.drained();
	}
}

function pieceOf(events: readonly SessionEvent[], from: number): Piece {
	// Numbers are places, but where a file was cut.
	const at = events[from]?.seq === from ? from : events.findIndex(({ seq }) => seq >= from);
	const piece = at < 0 ? [] : events.slice(at, at + EVENTS_AT_ONCE);
	return { lines: piece.map((event) => JSON.stringify(event)), next: Math.max(from, (piece.at(-1)?.seq ?? -1) + 1) };
}

/** `ID:SEQ` for each, by commas: the last event that was told. */
function positionsText(next: ReadonlyMap<string, number>): string {
	return [...next].map(([id, seq]) => `${id}:${seq - 1}`).join(",");
}

/** The positions in `Last-Event-ID`; null: that is none. Pure. */
export function readPositions(text: string): ReadonlyMap<string, number> | null {
	const next = new Map<string, number>();
	for (const part of text === "" ? [] : text.split(",")) {
		const [, id, seq] = /^([A-Za-z0-9]{16,32}):(-?\d{1,12})$/.exec(part) ?? [];
		if (id === undefined || Number(seq) < -1 || next.size >= 64) return null;
		next.set(id, Number(seq) + 1);
	}
	return next;
}
