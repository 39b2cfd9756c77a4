/** Files that the page hands to the reader. */
import type { Session } from "../../../../packages/whither/src/api/session/session.ts";
import type { Problem } from "../api/client.ts";
import { loadSession } from "../api/sessions.ts";
import { pageWithSession, sessionLines } from "../model/session-file.ts";

/** Where the server has the page as one file, with room for a session. */
const ONE_FILE = "one-file.html";

/** Lets the browser save it. */
export function saveBlob(blob: Blob, name: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The session as NDJSON, as the server would write it. */
export async function saveLocally(id: string, name: string): Promise<void> {
	const session = await loadSession(id);
	if (session.ok) saveBlob(new Blob([sessionLines(session.value)], { type: "application/x-ndjson" }), name);
}

/** The page with the session in it; says why that cannot be. */
export async function savePage(id: string, name: string): Promise<Problem | null> {
	const outcome = await loadSession(id);
	if (!outcome.ok) return outcome.problem;
	const template = await ownTemplate();
	if (template === null) {
		const message = "The page as one file could not be loaded from the server.";
		return { code: "failed", message, retryAfterSeconds: null };
	}
	saveBlob(new Blob([pageWithSession(template, outcome.value satisfies Session)], { type: "text/html" }), name);
	return null;
}

/** A page that is one file already is its own template. */
async function ownTemplate(): Promise<string | null> {
	const isOneFile = document.querySelector("script[src]") === null;
	if (isOneFile) return `<!doctype html>\n${document.documentElement.outerHTML}`;
	const response = await fetch(ONE_FILE).catch(() => null);
	return response?.ok === true ? response.text() : null;
}
