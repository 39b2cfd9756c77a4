import { encodeUtf8 } from "@whither/wire";
import type { PasswordAlgorithm, TurnUserKey, TurnUsers } from "./users.ts";

/** What a line that is no user's lacks, and which line it is, counted from 1. */
export interface TurnUsersFault {
	readonly code: "noColon" | "noName" | "noPassword" | "badKey" | "tooLong";
	readonly line: number;
}

/** By hexadecimal digits. */
const KEY_ALGORITHMS: Readonly<Record<number, PasswordAlgorithm>> = { 32: "md5", 64: "sha256" };

/** RFC 8489 §14.3: fewer than 509 bytes. */
const LONGEST_NAME = 508;

/**
 * Users as a file has them, one a line: `NAME:PASSWORD`, or `NAME:0x` with the 32 digits of an MD5 or the 64 of a SHA-256
 * key, as `turnadmin -k` prints. What begins with `0x` is always a key: one cut short is not to become a password. Lines
 * that are empty or begin with `#` are passed over.
 */
export function parseTurnUsers(
	text: string,
): Required<Pick<TurnUsers, "passwords" | "keys">> | { readonly fault: TurnUsersFault } {
	const passwords: { readonly username: string; readonly password: string }[] = [];
	const keys: TurnUserKey[] = [];
	const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
	for (const [index, line] of lines.entries()) {
		if (line.trim() === "" || line.startsWith("#")) continue;
		const user = parseUser(line);
		if (typeof user === "string") return { fault: { code: user, line: index + 1 } };
		if ("password" in user) passwords.push(user);
		else keys.push(user);
	}
	return { passwords, keys };
}

function parseUser(
	line: string,
): TurnUserKey | { readonly username: string; readonly password: string } | TurnUsersFault["code"] {
	const colon = line.indexOf(":");
	if (colon < 0) return "noColon";
	const username = line.slice(0, colon);
	const password = line.slice(colon + 1);
	if (username === "") return "noName";
	if (password === "") return "noPassword";
	if (encodeUtf8(username).length > LONGEST_NAME) return "tooLong";
	if (!password.startsWith("0x")) return { username, password };
	const digits = password.slice(2).trimEnd();
	const algorithm = KEY_ALGORITHMS[digits.length];
	if (algorithm === undefined || !/^[0-9a-fA-F]+$/.test(digits)) return "badKey";
	const key = Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
		Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16),
	);
	return { username, algorithm, key };
}
