/** Addresses within the page: `#/s/ID`, `#/compare/ID/ID`, `#/whois/QUERY`; what stands between slashes is escaped as in any URL. */

/** Where the reader is. */
export interface Route {
	/** First word; "" is home. */
	readonly page: string;
	/** The words after it. */
	readonly words: readonly string[];
	/** What stands behind `?`. */
	readonly query: Readonly<Record<string, string>>;
}

/** Longest hash that is read. */
const LONGEST = 4096;

/** Reads `location.hash`; whatever cannot be read is home. */
export function parseRoute(hash: string): Route {
	const text = hash.slice(0, LONGEST).replace(/^#?\/?/, "");
	const [path = "", query = ""] = text.split("?", 2);
	const [page = "", ...words] = path.split("/").map(unescapeWord);
	return { page, words: words.filter((word) => word !== ""), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** `#/s/ID`: an address that `parseRoute` reads. */
export function formatRoute(page: string, words: readonly string[] = [], query: Route["query"] = {}): string {
	const path = [page, ...words].map(encodeURIComponent).join("/");
	const asked = new URLSearchParams(query).toString();
	return `#/${path}${asked === "" ? "" : `?${asked}`}`;
}

/** `#token=...`, which is shown to a page once; null: none is there. */
export function tokenInHash(hash: string): string | null {
	const found = /^#token=([^&/]{1,512})$/.exec(hash);
	return found === null ? null : unescapeWord(found[1] ?? "");
}

function unescapeWord(word: string): string {
	try {
		return decodeURIComponent(word);
	} catch {
		return word;
	}
}
