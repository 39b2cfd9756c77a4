/** Requests to the server that this page comes from. */
import { signal } from "@preact/signals";
import type {
	ApiFacts,
	ApiProblem,
	ApiRefusal,
} from "../../../../packages/whither/src/server/protocol/api-protocol.ts";
import { askForToken, currentToken } from "./token.ts";

/** Before every path of the API, relative to the page. */
const API = "api/v1";

/** Why a request came to nothing. `offline`: the server does not answer. */
export interface Problem {
	readonly code: ApiRefusal | "offline";
	/** A sentence. */
	readonly message: string;
	/** When it may be tried again, as the server says. */
	readonly retryAfterSeconds: number | null;
}

/** What came of a request. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** Whether the server answers. */
export const connection = signal<"ok" | "reconnecting">("ok");

/** What the server is and may do; null: not known yet. */
export const facts = signal<ApiFacts | null>(null);

/** They could not be had: they are asked for again once the server answers anything. */
let areFactsMissing = false;

/** Asks for the facts; says why they cannot be had. */
export async function loadFacts(): Promise<Problem | null> {
	const outcome = await ask<ApiFacts>("GET", "");
	if (outcome.ok) facts.value = outcome.value;
	else areFactsMissing = true;
	return outcome.ok ? null : outcome.problem;
}

/** One request; `body` goes as JSON, text as text. The reader is asked for the token where the server wants one. */
export async function ask<T>(method: string, path: string, body?: unknown): Promise<Outcome<T>> {
	const answer = await request(method, path, body);
	if ("problem" in answer) return { ok: false, problem: answer.problem };
	try {
		const value = (answer.response.status === 204 ? null : await answer.response.json()) as T;
		return { ok: true, value };
	} catch {
		return { ok: false, problem: problemOf("failed", "The server's answer cannot be read.") };
	}
}

/** As `ask`, for answers that are files. */
export async function askForFile(path: string): Promise<Outcome<Blob>> {
	const answer = await request("GET", path);
	if ("problem" in answer) return { ok: false, problem: answer.problem };
	try {
		return { ok: true, value: await answer.response.blob() };
	} catch {
		return { ok: false, problem: problemOf("offline", OFFLINE) };
	}
}

const OFFLINE = "The server does not answer. Is it still running? What you see here stays.";

/** The answer, if it is a success. */
export async function request(
	method: string,
	path: string,
	body?: unknown,
	more: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<{ readonly response: Response } | { readonly problem: Problem }> {
	for (;;) {
		const response = await send(method, path, body, more).catch(() => null);
		if (response === null) return { problem: problemOf("offline", OFFLINE) };
		connection.value = "ok";
		if (response.ok) {
			if (areFactsMissing) {
				areFactsMissing = false;
				void loadFacts();
			}
			return { response };
		}
		if (response.status !== 401) return { problem: await readProblem(response) };
		if ((await askForToken()) === null) {
			return { problem: problemOf("unauthorized", "The server wants a token: it was printed where it was started.") };
		}
	}
}

function send(
	method: string,
	path: string,
	body: unknown,
	more: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
): Promise<Response> {
	const token = currentToken();
	const headers = new Headers(more.headers);
	if (token !== null) headers.set("Authorization", `Bearer ${token}`);
	if (body !== undefined) headers.set("Content-Type", typeof body === "string" ? "text/plain" : "application/json");
	const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
	const order = {
		method,
		headers,
		body: text,
		cache: "no-store",
		...(more.signal && { signal: more.signal }),
	} as const;
	return fetch(`${API}${path}`, order);
}

async function readProblem(response: Response): Promise<Problem> {
	const after = Number(response.headers.get("Retry-After"));
	const retryAfterSeconds = Number.isFinite(after) && after > 0 ? after : null;
	const body = (await response.json().catch(() => null)) as Partial<ApiProblem> | null;
	const code = body?.error?.code;
	const message = body?.error?.message;
	if (typeof code !== "string" || typeof message !== "string") {
		return { ...problemOf("failed", `The server answers with status ${response.status}.`), retryAfterSeconds };
	}
	return { code, message, retryAfterSeconds };
}

function problemOf(code: Problem["code"], message: string): Problem {
	return { code, message, retryAfterSeconds: null };
}
