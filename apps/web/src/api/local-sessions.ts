/** Sessions that no server keeps: the one that this page carries, and those of files that were opened here. */
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";
import { OWN_ID, ownText } from "../shell/own-session.ts";

const opened = new Map<string, Session>();

/** Before the ids of files that were opened. */
const FILE_PREFIX = "file-";

/** Keeps it until the page is left; answers with its id in addresses. */
export function keepLocalSession(session: Session): string {
	const id = `${FILE_PREFIX}${opened.size + 1}`;
	opened.set(id, session);
	return id;
}

/** Whether the id is one of this page, which no server knows. */
export function isLocalId(id: string): boolean {
	return id === OWN_ID || id.startsWith(FILE_PREFIX);
}

/** Null: the server has to be asked. */
export function localSession(id: string): Session | null {
	if (id === OWN_ID && !opened.has(id)) {
		const text = ownText();
		if (text !== null) opened.set(id, JSON.parse(text) as Session);
	}
	return opened.get(id) ?? null;
}
