/**
 * GET over https, for answers of strangers: bounded in bytes, time and redirects. Plain http and addresses that are not public are for
 * servers that the user named.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import { isIP, type LookupFunction } from "node:net";
import { openHostLookup } from "../host-lookup.ts";
import { TOOL } from "../version.ts";
import { LOOKUP_MS, MOST_BYTES, MOST_REDIRECTS, REQUEST_MS } from "./limits.ts";
import { isPublicAddress } from "./special-purpose.ts";

/** Who may be asked, and until when. */
export interface Reach {
	/** Origins (`https://host:port`) that the user named: they may be anywhere. */
	readonly named: ReadonlySet<string>;
	/** Everybody may be anywhere. */
	readonly allowPrivate: boolean;
	readonly signal: AbortSignal;
	/** Certificates (PEM) to trust beside the system's. */
	readonly authorities?: string | undefined;
}

/** What came back. */
export type Fetched =
	| {
			readonly type: "answer";
			readonly status: number;
			readonly url: string;
			readonly body: Buffer;
			readonly contentType: string;
	  }
	/** `why` ends a sentence that begins with the server. */
	| { readonly type: "failed"; readonly url: string; readonly why: string };

/** Fetch a URL; resolves always. `accept`: the media type that is wanted. */
export async function boundedFetch(url: string, accept: string, reach: Reach): Promise<Fetched> {
	const deadline = AbortSignal.timeout(REQUEST_MS);
	const signal = AbortSignal.any([reach.signal, deadline]);
	let at = url;
	for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
		const refused = refusal(at, reach);
		if (refused !== null) return { type: "failed", url: at, why: refused };
		const got = await getOnce(new URL(at), accept, { ...reach, signal });
		if (got.type === "failed") {
			const why = deadline.aborted ? `has not answered within ${REQUEST_MS / 1000} s` : got.why;
			return { type: "failed", url: at, why: reach.signal.aborted ? "was not waited for any longer" : why };
		}
		if (got.location === null) return got;
		const next = URL.canParse(got.location, at) ? new URL(got.location, at).href : null;
		if (next === null) return { type: "failed", url: at, why: "redirects to what is no URL" };
		at = next;
	}
	return { type: "failed", url: at, why: `redirects more than ${MOST_REDIRECTS} times` };
}

/** Why this URL is not to be asked; null: it may be. Where its name leads is looked at as it is resolved. */
function refusal(text: string, reach: Reach): string | null {
	if (!URL.canParse(text)) return "is no URL";
	const { protocol, origin, hostname, username, password } = new URL(text);
	if (protocol !== "https:" && protocol !== "http:") return `is asked by ${protocol}, not https:`;
	if (username !== "" || password !== "") return "has a user in its URL";
	if (reach.allowPrivate || reach.named.has(origin)) return null;
	if (protocol !== "https:") return "is asked without TLS, which is for servers named by the user";
	const literal = hostname.replace(/^\[|\]$/g, "");
	return isIP(literal) !== 0 && !isPublicAddress(literal) ? NOT_PUBLIC : null;
}

const NOT_PUBLIC = "has an address that is not public, which is for servers named by the user";

type Once =
	| (Extract<Fetched, { type: "answer" }> & { readonly location: string | null })
	| { readonly type: "failed"; readonly why: string };

async function getOnce(url: URL, accept: string, reach: Reach): Promise<Once> {
	const isAnywhere = reach.allowPrivate || reach.named.has(url.origin);
	const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
	const options: RequestOptions & { ca?: string[] } = {
		agent: false,
		signal: reach.signal,
		lookup: serverLookup({ isAnywhere }),
		headers: { accept, "user-agent": `${TOOL.name}/${TOOL.version}`, connection: "close" },
	};
	if (reach.authorities !== undefined) options.ca = [...(await systemAuthorities()), reach.authorities];
	return new Promise((resolve) => {
		const asking = request(url, options, (response) => {
			readBody(response).then((body) => resolve(body.type === "answer" ? { ...body, url: url.href } : body));
		});
		asking.once("error", (error) => resolve({ type: "failed", why: errorWords(error) }));
		asking.end();
	});
}

async function systemAuthorities(): Promise<readonly string[]> {
	return (await import("node:tls")).rootCertificates;
}

type Body = Omit<Extract<Once, { type: "answer" }>, "url"> | Extract<Once, { type: "failed" }>;

function readBody(response: IncomingMessage): Promise<Body> {
	const { statusCode: status = 0, headers } = response;
	const location = status >= 300 && status < 400 ? (headers.location ?? null) : null;
	const answer = (body: Buffer): Body => ({
		type: "answer",
		status,
		location,
		body,
		contentType: headers["content-type"] ?? "",
	});
	return new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let bytes = 0;
		const end = (body: Body) => {
			resolve(body);
			response.destroy();
		};
		// A redirect's body says nothing.
		if (location !== null) return end(answer(Buffer.alloc(0)));
		response.on("data", (chunk: Buffer) => {
			bytes += chunk.length;
			if (bytes > MOST_BYTES) return end({ type: "failed", why: `answers with more than ${MOST_BYTES} bytes` });
			chunks.push(chunk);
		});
		response.once("end", () => end(answer(Buffer.concat(chunks))));
		response.once("error", (error) => end({ type: "failed", why: errorWords(error) }));
		response.once("aborted", () => end({ type: "failed", why: "broke off in the middle of its answer" }));
	});
}

/** Looks a server's name up, which may lead anywhere: each of its addresses has to be public, unless it may be anywhere. */
export function serverLookup({ isAnywhere }: { readonly isAnywhere: boolean }): LookupFunction {
	const refusal = (address: string) =>
		isAnywhere || isPublicAddress(address) ? null : Object.assign(new Error(NOT_PUBLIC), { code: "ENOTPUBLIC" });
	return openHostLookup({ timeoutMs: LOOKUP_MS, tries: 2, refusal });
}

/** What a system error means, to end a sentence that begins with the server. */
export function errorWords({ code, message }: NodeJS.ErrnoException): string {
	const words: Readonly<Record<string, string>> = {
		ECONNREFUSED: "refuses the connection",
		ECONNRESET: "broke off in the middle of its answer",
		ENOTFOUND: "has no address, or no name server tells it",
		ENETUNREACH: "cannot be reached: there is no route to it",
		EHOSTUNREACH: "cannot be reached: there is no route to it",
		ETIMEDOUT: "does not answer",
		ENOTPUBLIC: NOT_PUBLIC,
	};
	if (/CERT|UNABLE_TO_|ERR_TLS/.test(code ?? "")) return `shows a certificate that is not trusted (${code})`;
	return words[code ?? ""] ?? `cannot be asked (${code ?? message})`;
}
