/** Server-sent events (WHATWG HTML §9.2): one response that says what happens as it happens. */
import type { ServerResponse } from "node:http";

/** A stream under way. */
export interface EventStream {
	/** `data` is of one line. */
	send(event: { readonly id: number; readonly name: string; readonly data: string }): void;
	end(): void;
}

/** A comment so often, for whatever lies between and gives up what is silent. */
const BEAT_MS = 15_000;
/** Then it ends, and its reader comes back if it is still there: a stream that nobody reads any more does not show otherwise. */
const LIFE_MS = 50_000;
/** Bytes that a reader may be behind. */
const MOST_UNREAD = 524_288;

/** Answers with a stream; `closed` is called once, when it has ended. */
export function openEventStream(response: ServerResponse, closed: () => void): EventStream {
	response.writeHead(200, {
		"Content-Type": "text/event-stream",
		"Cache-Control": "no-store",
		"X-Content-Type-Options": "nosniff",
		// Of nginx, which would keep events until there are many.
		"X-Accel-Buffering": "no",
	});
	const write = (text: string): void => {
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
	const life = setTimeout(() => response.end(), LIFE_MS);
	response.once("close", () => {
		clearInterval(beat);
		clearTimeout(life);
		closed();
	});
	write(":\n\n");
	return {
		send: ({ id, name, data }) => write(`id: ${id}\nevent: ${name}\ndata: ${data}\n\n`),
		end: () => {
			if (!response.writableEnded) response.end();
		},
	};
}
