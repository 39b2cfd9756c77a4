/** The token that the server asks for: kept for this tab alone, and shown in no address. */
import { signal } from "@preact/signals";
import { tokenInHash } from "../shell/route.ts";

const KEY = "whither.token";

/** Somebody is asked for a token: what to call with it, or with null where none is given. Null: nobody is asked. */
export const tokenAsked = signal<{
	readonly wasWrong: boolean;
	readonly answer: (token: string | null) => void;
} | null>(null);

let inMemory: string | null = null;
let asking: Promise<string | null> | null = null;

/** The token that is known, or null. */
export function currentToken(): string | null {
	try {
		return sessionStorage.getItem(KEY) ?? inMemory;
	} catch {
		return inMemory;
	}
}

/** Keeps it for this tab. */
export function keepToken(token: string): void {
	inMemory = token;
	try {
		sessionStorage.setItem(KEY, token);
	} catch {
		// Without storage it is known until the page is left.
	}
}

/** `#token=...` in the address bar is taken once, and taken away from there. */
export function takeTokenFromAddress(): void {
	const token = tokenInHash(location.hash);
	if (token === null) return;
	keepToken(token);
	history.replaceState(null, "", `${location.pathname}${location.search}#/`);
}

/** Asks the reader; everybody who asks meanwhile gets the same answer. Resolves with null where none is given. */
export function askForToken(): Promise<string | null> {
	asking ??= new Promise<string | null>((resolve) => {
		tokenAsked.value = { wasWrong: currentToken() !== null, answer: resolve };
	}).then((token) => {
		tokenAsked.value = null;
		asking = null;
		if (token !== null) keepToken(token);
		return token;
	});
	return asking;
}
