/** The file of users that `--users` names. */
import { readFileSync } from "node:fs";
import { parseTurnUsers, type TurnUsersFault } from "@whither/core";
import { WhitherError } from "../../api/error.ts";

/** What a line lacks. */
const FAULTS: Readonly<Record<TurnUsersFault["code"], string>> = {
	noColon: "has no colon between name and password",
	noName: "has no name",
	noPassword: "has no password",
	badKey: "has a key that is neither 32 nor 64 hexadecimal digits",
	tooLong: "has a name of more than 508 bytes",
};

/** The users in it; throws `WhitherError` with code `usage`, which tells the line and nothing of what stands there. */
export function readUsers(
	path: string,
): Exclude<ReturnType<typeof parseTurnUsers>, { readonly fault: TurnUsersFault }> {
	const users = parseTurnUsers(textOf(path));
	if (!("fault" in users)) return users;
	const { line, code } = users.fault;
	throw new WhitherError("usage", `--users: line ${line} of ${path} ${FAULTS[code]}`, { path, ...users.fault });
}

function textOf(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (thrown) {
		const { code = "unknown" } = thrown as NodeJS.ErrnoException;
		throw new WhitherError("usage", `--users: ${path} cannot be read (${code})`, { path, reason: code });
	}
}
