/** Files that the page hands to the reader. */
import { formatHtml } from "../../../../packages/whither/src/report/dialects/html.ts";
import { sessionLines } from "../../../../packages/whither/src/report/dialects/session-lines.ts";
import type { Problem } from "../api/client.ts";
import { loadSession } from "../api/sessions.ts";
import type { FileFormat } from "./file-formats.ts";

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

/** A session that no server has, in any format; says why that cannot be. */
export async function saveLocally(id: string, { format, label }: FileFormat, name: string): Promise<Problem | null> {
	const session = await loadSession(id);
	if (!session.ok) return session.problem;
	const { findDialect, writeReport } = await import("../../../../packages/whither/src/report/dialects/index.ts");
	const dialect = findDialect(format);
	const material = { kind: "session", session: session.value } as const;
	const text = dialect === null ? null : writeReport(dialect, material, { hostName: "localhost" });
	if (text === null) return failed(`This session cannot be saved as ${label}.`);
	saveBlob(new Blob([text]), name);
	return null;
}

/** The session as the store keeps it: lines of JSON. */
export async function linesOfSession(id: string): Promise<string | Problem> {
	const session = await loadSession(id);
	return session.ok ? sessionLines(session.value) : session.problem;
}

/** The page with the session in it; says why that cannot be. */
export async function savePage(id: string, name: string): Promise<Problem | null> {
	const session = await loadSession(id);
	if (!session.ok) return session.problem;
	const response = await fetch(ONE_FILE).catch(() => null);
	const page = response?.ok === true ? formatHtml(session.value, await response.text()) : null;
	if (page === null) return failed("The page as one file could not be had from the server.");
	saveBlob(new Blob([page], { type: "text/html" }), name);
	return null;
}

function failed(message: string): Problem {
	return { code: "failed", message, retryAfterSeconds: null };
}
