/** IANA's bootstrap files (RFC 9224), kept for a day; older ones are better than none. */
import type { AnswerCache } from "./answer-cache.ts";
import { type BootstrapFile, isBootstrap } from "./bootstrap.ts";
import { boundedFetch, type Reach } from "./bounded-fetch.ts";
import { parseBoundedJson } from "./bounded-json.ts";

/** RFC 9224 section 3; the files lie below it. */
export const IANA_BOOTSTRAP = "https://data.iana.org/rdap/";

const FRESH_MS = 86_400_000;

/** The document, or why there is none. */
export type Bootstrap = { readonly document: unknown } | { readonly url: string; readonly why: string };

/** Load one of them; `base`: where they lie. */
export async function loadBootstrap(
	file: BootstrapFile,
	base: string,
	{ cache, reach }: { readonly cache: AnswerCache; readonly reach: Reach },
): Promise<Bootstrap> {
	const url = new URL(`${file}.json`, base.endsWith("/") ? base : `${base}/`).href;
	const key = `bootstrap ${url}`;
	const kept = await cache.read(key);
	const isUsable = kept !== null && isBootstrap(kept.value);
	const age = Date.now() - (kept?.savedAtMs ?? 0);
	if (isUsable && age >= 0 && age < FRESH_MS) return { document: kept.value };
	const fetched = await boundedFetch(url, "application/json", reach);
	if (fetched.type === "answer" && fetched.status === 200) {
		const document = parseBoundedJson(fetched.body.toString("utf8"));
		if (isBootstrap(document)) {
			await cache.write(key, document, Date.now());
			return { document };
		}
	}
	if (isUsable) return { document: kept.value };
	if (fetched.type === "failed") return { url, why: fetched.why };
	return { url, why: `answers with status ${fetched.status} and no bootstrap file` };
}
