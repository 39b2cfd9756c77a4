/** Files of any kind that a command is to look at, stdin among them, unpacked where they are packed. */
import { closeSync, openSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { WhitherError } from "../../api/error.ts";
import { interruptibly } from "../signals.ts";

const PIECE = 1 << 20;

/** The text of the file (`-`: stdin), `most` bytes of it at most, packed or not; throws `WhitherError` with code `usage`. */
export function readInput(path: string, most: number): string {
	const bytes = interruptibly(() => readBytes(path, most));
	const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
	return (isPacked ? unpacked(path, bytes, most) : bytes).toString("utf8");
}

function readBytes(path: string, most: number): Buffer {
	const pieces: Buffer[] = [];
	let length = 0;
	try {
		const fd = path === "-" ? 0 : openSync(path, "r");
		try {
			for (;;) {
				const piece = Buffer.allocUnsafe(PIECE);
				const read = readSync(fd, piece);
				if (read === 0) break;
				pieces.push(piece.subarray(0, read));
				length += read;
				if (length > most) throw tooLong(path, most);
			}
		} finally {
			if (fd !== 0) closeSync(fd);
		}
	} catch (thrown) {
		throw thrown instanceof WhitherError ? thrown : unreadable(path, thrown as NodeJS.ErrnoException);
	}
	return Buffer.concat(pieces);
}

/** A torn end of what is packed is passed over, as one of what is not. */
function unpacked(path: string, bytes: Buffer, most: number): Buffer {
	try {
		return gunzipSync(bytes, {
			maxOutputLength: most,
			finishFlush: process.getBuiltinModule("node:zlib").constants.Z_SYNC_FLUSH,
		});
	} catch (thrown) {
		const { code = "" } = thrown as NodeJS.ErrnoException;
		if (code === "ERR_BUFFER_TOO_LARGE") throw tooLong(path, most);
		throw new WhitherError("usage", `${path} cannot be unpacked (gzip)`, { path, reason: code });
	}
}

function tooLong(path: string, most: number): WhitherError {
	return new WhitherError("usage", `${path} is longer than ${most >> 20} MiB`, { path });
}

const REMEDIES: Readonly<Record<string, string>> = {
	ENOENT: "there is no such file",
	EACCES: "no permission to read it",
	EISDIR: "it is a directory: name a file in it",
	EAGAIN: "nothing can be read from it: give it a file or a pipe",
};

function unreadable(path: string, { code = "unknown" }: NodeJS.ErrnoException): WhitherError {
	const why = REMEDIES[code] ?? "it cannot be read";
	return new WhitherError("usage", `${path === "-" ? "stdin" : path}: ${why} (${code})`, { path, reason: code });
}
