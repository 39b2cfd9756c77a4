/** Certificates and keys that options name. */
import { readFileSync } from "node:fs";
import { WhitherError } from "../api/error.ts";

/** The text of the file that an option such as `--cert` names; throws `WhitherError` with code `usage`. */
export function readPem(path: string, option: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (thrown) {
		const { code = "unknown" } = thrown as NodeJS.ErrnoException;
		throw new WhitherError("usage", `${option}: ${path} cannot be read (${code})`, { path, reason: code });
	}
}
