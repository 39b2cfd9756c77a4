/** Browsers by the token that is theirs alone; Chrome's says nothing of those that are made of it, nor Safari's of Chrome. */
const BROWSERS = [
	["Firefox", /\bFirefox\/(\d{1,4})\b/],
	["Edge", /\bEdg\/(\d{1,4})\b/],
	["Chrome", /\b(?:Headless)?Chrome\/(\d{1,4})\b/],
	["Safari", /\bVersion\/(\d{1,4})\b.*\bSafari\//],
] as const;

/** What people call a browser, by its `User-Agent` header. Pure. */
export function browserName(userAgent: string | undefined): string {
	for (const [name, pattern] of BROWSERS) {
		const version = pattern.exec(userAgent?.slice(0, 512) ?? "")?.[1];
		if (version !== undefined) return `${name} ${version}`;
	}
	return "a browser";
}
