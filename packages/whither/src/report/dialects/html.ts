/** The page's view of a session as one file of HTML that asks nobody for anything. */
import type { Session } from "../../api/session/session.ts";

/** What the page is made of. */
export interface PageAssets {
	/** One script, with all that it imports. */
	readonly script: string;
	readonly style: string;
}

const HOLDER_START = '<script type="application/json" id="whither-session">';

/**
 * The page as one file with room for a session. The browser is told to run this script and to use this style alone, by their
 * hashes, and to load nothing: `sha256` makes base64 of a text's digest.
 */
export function oneFilePage({ script, style }: PageAssets, sha256: (text: string) => string): string {
	const code = insideScript(script);
	const look = style.replaceAll(/<\/(?=style)/gi, "<\\/");
	const policy = [
		"default-src 'none'",
		`script-src 'sha256-${sha256(code)}'`,
		`style-src 'sha256-${sha256(look)}'`,
		"img-src data:",
		"base-uri 'none'",
		"form-action 'none'",
	].join("; ");
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Whither</title>
<style>${look}</style>
</head>
<body>
<div id="app"></div>
${HOLDER_START}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}

/** That page with the session in it; null where the text is no such page. */
export function formatHtml(session: Session, page: string): string | null {
	const at = page.indexOf(`${HOLDER_START}</script>`);
	if (at === -1) return null;
	const inside = at + HOLDER_START.length;
	return page.slice(0, inside) + insideJson(session) + page.slice(inside);
}

/** No `<` at all, so nothing that a stranger named ends the element or begins another. */
function insideJson(session: Session): string {
	return JSON.stringify(session)
		.replaceAll("<", "\\u003c")
		.replaceAll("\u2028", "\\u2028")
		.replaceAll("\u2029", "\\u2029");
}

/** What would end the element, or begin a comment in it, stands in strings alone and means the same there. */
function insideScript(script: string): string {
	return script.replaceAll(/<(?=\/script|script|!--)/gi, "\\x3C");
}
