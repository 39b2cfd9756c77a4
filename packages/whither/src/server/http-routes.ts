/** Ways to ask an HTTP listener for more than a page: methods, paths with names in them, bodies of JSON, event streams. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { EventStream } from "./event-stream.ts";
import type { Page } from "./http.ts";

/** What was asked. */
export interface Asked {
	/** What stands for the stars of the path, in order. */
	readonly names: readonly string[];
	readonly headers: IncomingHttpHeaders;
	/** Parsed JSON; undefined where the row reads none. */
	readonly body: unknown;
	/** The address that it came from. */
	readonly client: string;
}

/** An answer that goes on: events as they happen. */
export interface Streaming {
	/** Called once, with the stream open; what it returns is called when the stream has ended, whoever ended it. */
	readonly begin: (stream: EventStream) => () => void;
}

/** One method of one path. */
export interface RouteRow {
	readonly method: "GET" | "POST";
	/** From the root; a segment `*` stands for 1 to 64 letters, digits, `-` and `_`. */
	readonly path: string;
	/** The most bytes of JSON that it takes; absent: it reads no body. */
	readonly mostBytes?: number;
	answer(asked: Asked): Page | Streaming | Promise<Page | Streaming>;
}

/** A row for what was asked, or the methods that there are at its path; null: there is no such path. */
export function findRoute(
	routes: readonly RouteRow[],
	method: string,
	path: string,
): { readonly row: RouteRow; readonly names: readonly string[] } | { readonly allowed: readonly string[] } | null {
	const allowed: string[] = [];
	for (const row of routes) {
		const names = namesIn(row.path, path);
		if (names === null) continue;
		if (row.method === method) return { row, names };
		allowed.push(row.method);
	}
	return allowed.length === 0 ? null : { allowed };
}

/** Nothing is decoded: what needs escaping is no name. */
function namesIn(pattern: string, path: string): readonly string[] | null {
	const [wanted, given] = [pattern.split("/"), path.split("/")];
	if (wanted.length !== given.length) return null;
	const names: string[] = [];
	for (const [index, segment] of wanted.entries()) {
		const part = given[index] ?? "";
		if (segment !== "*") {
			if (segment !== part) return null;
		} else if (/^[A-Za-z0-9_-]{1,64}$/.test(part)) names.push(part);
		else return null;
	}
	return names;
}

/** The JSON of a request, or the status that refuses it; never settles later than the listener's own bounds on time allow. */
export async function readJson(
	request: IncomingMessage,
	mostBytes: number,
): Promise<{ readonly json: unknown } | { readonly status: number; readonly why: string }> {
	const { "content-type": type = "", "content-length": length, "content-encoding": coded } = request.headers;
	// Forms of other sites can say what they like, but not that it is JSON.
	if (!/^application\/json *(;|$)/i.test(type)) return { status: 415, why: "application/json wanted" };
	if (coded !== undefined) return { status: 415, why: "no content coding is known" };
	if (Number(length ?? 0) > mostBytes) return { status: 413, why: "that is too long" };
	const bytes = await readBody(request, mostBytes);
	if (bytes === null) return { status: 413, why: "that is too long" };
	try {
		return { json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
	} catch {
		return { status: 400, why: "that is no JSON" };
	}
}

/** Null: it is longer. Rejects when the connection ends before it. */
function readBody(request: IncomingMessage, mostBytes: number): Promise<Uint8Array | null> {
	return new Promise((resolve, reject) => {
		const parts: Buffer[] = [];
		let length = 0;
		request.on("data", (part: Buffer) => {
			length += part.length;
			if (length <= mostBytes) parts.push(part);
			else {
				request.pause();
				resolve(null);
			}
		});
		request.on("end", () => resolve(Buffer.concat(parts)));
		request.on("error", reject);
		request.on("close", () => reject(new Error("the connection ended")));
	});
}

/** Whether a browser sends this for a page of another site. */
export function isFromElsewhere({ origin, host }: IncomingHttpHeaders): boolean {
	if (origin === undefined) return false;
	return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase();
}
