/** Words for a file or a stream that cannot be written. */

/** Errno to what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
	EISDIR: "name a file in it",
	ENOENT: "make its directory first",
	ENOSPC: "free some space or write elsewhere",
	EDQUOT: "free some space or write elsewhere",
	EPIPE: "keep its reader running",
};

/** One sentence without a full stop; `what` is what was to be written, such as `stdout`. */
export function writeFailureSentence(what: string, { code = "", message }: NodeJS.ErrnoException): string {
	return `${what} cannot be written: ${systemWords(message)} (${code}); ${REMEDIES[code] ?? "write elsewhere"}`;
}

/** Node's message is `ENOSPC: no space left on device, write`, or for a path `EACCES: permission denied, open 'path'`. */
function systemWords(message: string): string {
	return message.replace(/^[A-Z\d]+: /, "").replace(/, (open|write|close)\b.*$/, "");
}
