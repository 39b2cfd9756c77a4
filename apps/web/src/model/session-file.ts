/** A session as a file: lines of NDJSON, or a page that carries it. */
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";

/** Header, events, end: one JSON document a line, as the store writes them. */
export function sessionLines({ header, events, end }: Session): string {
	const lines = [header, ...events, ...(end === null ? [] : [end])];
	return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

/** The element that holds a page's session; it is there in the page's template already, empty. */
const HOLDER = /(<script type="application\/json" id="whither-session">)[^<]*(<\/script>)/;

/** The one-file page with this session in it. JSON stands in it without any `<`, so that nothing in a name ends the element. */
export function pageWithSession(template: string, session: Session): string {
	const json = JSON.stringify(session).replaceAll("<", "\\u003c");
	return template.replace(HOLDER, (_, start: string, end: string) => `${start}${json}${end}`);
}
