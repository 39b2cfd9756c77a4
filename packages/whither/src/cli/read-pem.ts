/** Certificates, keys and passwords in files that options name. */
import { readFileSync } from "node:fs";
import { WhitherError } from "../api/error.ts";

/** The first line of the file that an option such as `--password-file` names, and an error as `readPem`; `-` is stdin. */
export function readFirstLine(path: string, option: string): string {
	const [line = ""] = readPem(path === "-" ? "/dev/stdin" : path, option).split(/\r?\n/, 1);
	if (line === "") throw new WhitherError("usage", `${option}: ${path} begins with an empty line`, { path });
	return line;
}

/** The same of a file that certificates stand in, and an error where none does. */
export function readCertificates(path: string, option: string): string {
	const text = readPem(path, option);
	if (text.includes("-----BEGIN CERTIFICATE-----") || text.includes("-----BEGIN TRUSTED CERTIFICATE-----")) return text;
	throw new WhitherError("usage", `${option}: ${path} holds no certificate (PEM)`, { path });
}

/** The text of the file that an option such as `--cert` names; throws `WhitherError` with code `usage`. */
export function readPem(path: string, option: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (thrown) {
		const { code = "unknown" } = thrown as NodeJS.ErrnoException;
		throw new WhitherError("usage", `${option}: ${path} cannot be read (${code})`, { path, reason: code });
	}
}
