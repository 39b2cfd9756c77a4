/** The value of a text of JSON; null where it is none. Its length is bounded by who reads it. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
