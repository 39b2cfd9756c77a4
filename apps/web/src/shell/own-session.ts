/** A page that was saved as one file carries its session with it, and has no server. */

/** Address of the session in the file, where an id of the server would stand. */
export const OWN_ID = "this-file";

/** Whether the page carries a session. */
export function hasOwnSession(): boolean {
	return ownText() !== null;
}

/** Where nothing else was asked for, the page shows what it carries. */
export function showOwnSession(): void {
	if (location.hash.replace(/^#\/?/, "") === "") history.replaceState(null, "", `#/s/${OWN_ID}`);
}

/** The document that the page carries, as text of JSON; null: none. */
export function ownText(): string | null {
	const text = document.getElementById("whither-session")?.textContent?.trim() ?? "";
	return text === "" ? null : text;
}
