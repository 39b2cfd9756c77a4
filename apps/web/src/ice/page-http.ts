/** A rendezvous server as a page asks it: the one that the page comes from. */
import type {
	HttpAnswer,
	HttpFailure,
	HttpPlace,
	RendezvousHttp,
} from "../../../../packages/whither/src/api/meet/signalling/http-port.ts";

const ANSWER_MS = 10_000;
/** Beats come more often than that. */
const SILENCE_MS = 40_000;

/** Over `fetch`. */
export function pageHttp({ url, token }: HttpPlace): RendezvousHttp {
	const closing = new AbortController();
	const base = url.href.replace(/\/+$/, "");
	const failure = (why: string): HttpFailure => ({ code: "unreachable", url: url.href, why });
	const ask = (path: string, order: RequestInit & { readonly signal: AbortSignal }) => {
		const headers = new Headers(order.headers);
		if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
		return fetch(`${base}${path}`, { ...order, headers, cache: "no-store", redirect: "error" });
	};
	return {
		async post(path, body, headers = {}) {
			// A farewell leaves even if the page is going.
			const signal = AbortSignal.timeout(ANSWER_MS);
			const more = { ...headers, "Content-Type": "application/json" };
			try {
				const order = { method: "POST", headers: more, body: JSON.stringify(body), keepalive: true, signal };
				return await answerOf(await ask(path, order));
			} catch {
				return failure(signal.aborted ? "timeout" : "fetch");
			}
		},
		async stream(path, headers, abort, heard) {
			const signal = AbortSignal.any([abort, closing.signal]);
			try {
				const response = await ask(path, { headers: { ...headers, Accept: "text/event-stream" }, signal });
				const isStream = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
				if (response.status !== 200 || !isStream || response.body === null) return await answerOf(response);
				return (await read(response.body, heard)) ? null : failure("timeout");
			} catch {
				return failure("fetch");
			}
		},
		close: () => closing.abort(),
	};
}

/** False: nothing came for too long. */
async function read(body: ReadableStream<Uint8Array>, heard: (text: string) => boolean): Promise<boolean> {
	const reader = body.getReader();
	const text = new TextDecoder();
	let isLate = false;
	const late = () => {
		isLate = true;
		void reader.cancel().catch(() => {});
	};
	let timer = setTimeout(late, SILENCE_MS);
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done || !heard(text.decode(value, { stream: true }))) return !isLate;
			clearTimeout(timer);
			timer = setTimeout(late, SILENCE_MS);
		}
	} finally {
		clearTimeout(timer);
		void reader.cancel().catch(() => {});
	}
}

async function answerOf(response: Response): Promise<HttpAnswer> {
	const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
	const retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
	const json: unknown = await response.json().catch(() => null);
	return { status: response.status, json, retryAfterSeconds };
}
