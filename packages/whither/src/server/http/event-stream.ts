/** Server-sent events (WHATWG HTML §9.2): one response that says what happens as it happens. */
import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { HttpContext } from "./app.ts";

/** A stream under way. */
export interface EventStream {
	/** `data` is of one line. */
	send(event: { readonly id: number | string; readonly name: string; readonly data: string }): void;
	/** Events that were written down before, `eventFrame`'s: the same bytes serve any number of readers. */
	write(frame: Uint8Array): void;
	/** Resolves once its reader has taken most of what was written, or has gone. */
	drained(): Promise<void>;
	end(): void;
}

/** How it is kept. */
export interface EventStreamOrder {
	/** Then it ends, and its reader comes back if it is still there: a stream that nobody reads any more does not show otherwise. */
	readonly lifeMs?: number;
}

/** A comment so often, for whatever lies between and gives up what is silent. */
const BEAT_MS = 15_000;
const LIFE_MS = 50_000;
/** Bytes that a reader may be behind. */
const MOST_UNREAD = 524_288;
/** Bytes that a reader may be behind while it is told what was before it came. */
const DRAINED_BYTES = 65_536;

/**
 * Answers with a stream: `begin` is called once, with the stream open; what it returns is called when the stream has
 * ended, whoever ended it.
 */
export function answerEvents(
	{ env: { incoming, outgoing } }: HttpContext,
	begin: (stream: EventStream) => () => void,
	order: EventStreamOrder = {},
): Response {
	let ended = (): void => {};
	if (outgoing.destroyed) {
		begin({ send: () => {}, write: () => {}, drained: () => Promise.resolve(), end: () => {} })();
		return RESPONSE_ALREADY_SENT;
	}
	const stream = openEventStream(outgoing, () => ended(), order);
	if (incoming.method === "HEAD") stream.end();
	else ended = begin(stream);
	return RESPONSE_ALREADY_SENT;
}

/** An event as it is sent; `data` is of one line. */
export function eventFrame(event: {
	readonly id: number | string;
	readonly name: string;
	readonly data: string;
}): string {
	return `id: ${event.id}\nevent: ${event.name}\ndata: ${event.data}\n\n`;
}

/** `closed` is called once, when it has ended. */
function openEventStream(
	response: ServerResponse,
	closed: () => void,
	{ lifeMs = LIFE_MS }: EventStreamOrder,
): EventStream {
	response.writeHead(200, {
		"Content-Type": "text/event-stream",
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff",
		// Of nginx, which would keep events until there are many.
		"X-Accel-Buffering": "no",
	});
	const write = (text: string | Uint8Array): void => {
		if (response.writableEnded || response.destroyed) return;
		response.write(text);
		if (response.writableLength > MOST_UNREAD) response.destroy();
	};
	let unread = 0;
	const beat = setInterval(() => {
		// Behind since the last beat but one: it does not read.
		unread = response.writableLength > 0 ? unread + 1 : 0;
		if (unread > 1) response.destroy();
		else write(":\n\n");
	}, BEAT_MS);
	const life = setTimeout(() => response.end(), lifeMs);
	response.once("close", () => {
		clearInterval(beat);
		clearTimeout(life);
		closed();
	});
	write(":\n\n");
	return {
		send: (event) => write(eventFrame(event)),
		write,
		drained: () => drained(response),
		end: () => {
			if (!response.writableEnded) response.end();
		},
	};
}

function drained(response: ServerResponse): Promise<void> {
	if (response.destroyed || response.writableLength <= DRAINED_BYTES) return Promise.resolve();
	return new Promise((resolve) => {
		const done = (): void => {
			response.off("drain", done).off("close", done);
			resolve();
		};
		response.once("drain", done).once("close", done);
	});
}
