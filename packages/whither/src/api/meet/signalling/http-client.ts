/** JSON posted to one server and event streams read from it, by Node's HTTP. Loaded when it is needed. */

import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { HttpAnswer, HttpFailure, HttpPlace, RendezvousHttp } from "./http-port.ts";
import { parseJson } from "./parse-json.ts";

type Headers = Readonly<Record<string, string>>;

/** How long an answer may take, and a stream be silent. */
const ANSWER_MS = 10_000;
const SILENCE_MS = 40_000;
const LONGEST_ANSWER = 1_048_576;

interface Request {
	readonly method: "GET" | "POST";
	readonly path: string;
	readonly headers: Headers;
	readonly body?: Uint8Array;
	readonly abort?: AbortSignal;
}

/** One server; connections are kept for the next request. */
export class HttpClient implements RendezvousHttp {
	readonly #place: HttpPlace;
	readonly #agent: PlainAgent | TlsAgent;

	constructor(place: HttpPlace) {
		this.#place = place;
		const { url, authorities } = place;
		const kept = { keepAlive: true, maxSockets: 4 };
		const trusted = authorities === undefined ? {} : { ca: authorities };
		this.#agent = url.protocol === "https:" ? new TlsAgent({ ...kept, ...trusted }) : new PlainAgent(kept);
	}

	/** Posts JSON to a path. */
	async post(path: string, body: object, headers: Headers = {}): Promise<HttpAnswer | HttpFailure> {
		const text = Buffer.from(JSON.stringify(body));
		const more = { ...headers, "Content-Type": "application/json", "Content-Length": String(text.length) };
		try {
			return await answerOf(await this.#ask({ method: "POST", path, headers: more, body: text }));
		} catch (error) {
			return this.#failure(error);
		}
	}

	/**
	 * Reads a stream until it ends (null), fails, or is aborted; an answer that is no stream comes back as such. `heard`
	 * gets text as it comes, and ends the reading by false.
	 */
	async stream(
		path: string,
		headers: Headers,
		abort: AbortSignal,
		heard: (text: string) => boolean,
	): Promise<HttpAnswer | HttpFailure | null> {
		try {
			const accepting = { ...headers, Accept: "text/event-stream" };
			const response = await this.#ask({ method: "GET", path, headers: accepting, abort });
			const isStream = /^text\/event-stream\b/i.test(response.headers["content-type"] ?? "");
			if (response.statusCode !== 200 || !isStream) return await answerOf(response);
			// Beats come more often than that.
			response.setTimeout(SILENCE_MS, () => response.destroy(new HttpTimeout()));
			for await (const text of response.setEncoding("utf8")) if (!heard(text)) break;
			return null;
		} catch (error) {
			return this.#failure(error);
		}
	}

	/** Ends connections. */
	close(): void {
		this.#agent.destroy();
	}

	#ask({ method, path, headers, body, abort }: Request): Promise<IncomingMessage> {
		const { url, token } = this.#place;
		const target = new URL(url.pathname.replace(/\/+$/, "") + path, url);
		const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
		const options = { method, headers: { ...headers, ...authorization }, agent: this.#agent };
		return new Promise((resolve, reject) => {
			const request = (url.protocol === "https:" ? tlsRequest : plainRequest)(target, options);
			const timer = setTimeout(() => request.destroy(new HttpTimeout()), ANSWER_MS);
			let answer: IncomingMessage | null = null;
			const stop = () => (answer ?? request).destroy();
			abort?.addEventListener("abort", stop);
			request.on("response", (response) => {
				clearTimeout(timer);
				answer = response;
				// Whoever reads it is told by its iterator.
				response.on("error", () => {});
				resolve(response);
			});
			request.on("error", reject);
			request.on("close", () => {
				clearTimeout(timer);
				abort?.removeEventListener("abort", stop);
			});
			request.end(body);
		});
	}

	#failure(error: unknown): HttpFailure {
		const { href, protocol, hostname } = this.#place.url;
		const { code = "unknown" } = error as NodeJS.ErrnoException;
		if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "nameNotFound", url: href, host: hostname };
		if (code.startsWith("HPE_")) return { code: "notRendezvous", url: href, status: 0 };
		if (protocol === "https:" && isTls(code)) return { code: "tls", url: href, why: code };
		return { code: "unreachable", url: href, why: code };
	}
}

class HttpTimeout extends Error {
	readonly code = "timeout";
}

/** OpenSSL's own codes, and those for certificates, which have no common beginning. */
function isTls(code: string): boolean {
	return (
		/^(ERR_SSL_|ERR_TLS_|EPROTO|CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|ERR_OSSL)/.test(code) || code.includes("CERT")
	);
}

async function answerOf(response: IncomingMessage): Promise<HttpAnswer> {
	let text = "";
	const timer = setTimeout(() => response.destroy(new HttpTimeout()), ANSWER_MS);
	try {
		for await (const part of response.setEncoding("utf8")) {
			text += part;
			if (text.length > LONGEST_ANSWER) break;
		}
	} finally {
		clearTimeout(timer);
	}
	const seconds = Number(response.headers["retry-after"]);
	const retryAfterSeconds = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
	return { status: response.statusCode ?? 0, json: parseJson(text), retryAfterSeconds };
}
