/** Words for what goes wrong with files of sessions. */
import { WhitherError } from "../api/error.ts";

/** Errno to what to do about it. */
const REMEDIES: Readonly<Record<string, string>> = {
	ENOSPC:
		"free some space, keep fewer sessions (--keep-size, --keep-sessions, --keep-days) or name another folder with --data",
	EDQUOT:
		"free some of your quota, keep fewer sessions (--keep-size, --keep-sessions, --keep-days) or name another folder with --data",
	EACCES: "give this user the right to write there or name another folder with --data",
	EPERM: "give this user the right to write there or name another folder with --data",
	EROFS: "name a folder on a disk that can be written with --data, or use --no-store",
	ENOENT: "the folder has gone; make it anew, or name another with --data",
	ENOTDIR: "a file stands where a folder should; name another folder with --data",
	EEXIST: "a file stands where a folder should; name another folder with --data",
	ELOOP: "a symbolic link stands where a file of ours should; take it away",
	EMFILE: "raise `ulimit -n`",
	ENFILE: "too many files are open on this machine; close some",
	EIO: "the disk fails; look at `dmesg`, and name a folder on another disk with --data",
	ENAMETOOLONG: "name a folder with a shorter path with --data",
};

/** A `storeFailed` for what the system said; `doing` such as `sessions cannot be written to /var/lib/whither`. */
export function storeError(doing: string, thrown: unknown): WhitherError {
	const { code = "", message = String(thrown), syscall = "" } = thrown as NodeJS.ErrnoException;
	if (thrown instanceof WhitherError) return thrown;
	const words = message.replace(/^[A-Z\d]+: /, "").replace(/, \w+( '.*)?$/s, "");
	const remedy = REMEDIES[code] ?? "name another folder with --data, or use --no-store";
	return new WhitherError("storeFailed", `${doing}: ${words} (${code}); ${remedy}`, { errnoName: code, call: syscall });
}

/** The errno of what was thrown, or nothing. */
export function errnoOf(thrown: unknown): string {
	return thrown instanceof Error ? ((thrown as NodeJS.ErrnoException).code ?? "") : "";
}
