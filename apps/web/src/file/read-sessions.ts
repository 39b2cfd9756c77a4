/** Sessions out of a file that somebody opened. */
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";

/** What is in a file, or a sentence why it cannot be read. */
export type ReadSessions =
	| { readonly sessions: readonly Session[]; readonly notes: readonly string[] }
	| { readonly problem: string };

/** To come. */
export function readSessions(text: string, name: string): ReadSessions {
	return { problem: `${name} cannot be read yet (${text.length} characters).` };
}
