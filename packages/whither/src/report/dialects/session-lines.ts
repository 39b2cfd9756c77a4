/** A session as lines of JSON, as the store keeps it: header, events, end. */
import type { Session } from "../../api/session/session.ts";

/** One document a line. */
export function sessionLines({ header, events, end }: Session): string {
	const lines = [header, ...events, ...(end === null ? [] : [end])];
	return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
