/** Sessions that have ended are packed, and read in either form. */
import { constants, createReadStream } from "node:fs";
import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGzip, gunzip } from "node:zlib";
import { PACKED, PLAIN, type SessionPlace, syncFolder, UNFINISHED } from "./session-tree.ts";

/** Shorter files take a block of the disk either way. */
const WORTH_PACKING = 4096;
/** Longest session that is read, in bytes: none of ours is longer. */
const LONGEST_READ = 320 << 20;

/** The paths of both forms. */
export function pathsOf(
	folder: string,
	{ month, id }: SessionPlace,
): { readonly plain: string; readonly packed: string } {
	return { plain: join(folder, month, id + PLAIN), packed: join(folder, month, id + PACKED) };
}

/** Packs it; the packed file is whole on the disk before the plain one goes. The new length; null: it is too short to be worth it. */
export async function packSession(folder: string, place: SessionPlace): Promise<number | null> {
	const { plain, packed } = pathsOf(folder, place);
	if ((await stat(plain)).size < WORTH_PACKING) return null;
	const part = packed + UNFINISHED;
	const handle = await open(part, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
	try {
		await pipeline(createReadStream(plain), createGzip(), async (packing: AsyncIterable<Buffer>) => {
			for await (const bytes of packing) await writeWhole(handle, bytes);
		});
		await handle.sync();
		const { size } = await handle.stat();
		await rename(part, packed);
		await syncFolder(dirname(packed));
		await unlink(plain);
		return size;
	} catch (thrown) {
		await unlink(part).catch(() => {});
		throw thrown;
	} finally {
		await handle.close();
	}
}

async function writeWhole(handle: FileHandle, bytes: Buffer): Promise<void> {
	for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
}

/** A file's bytes as they were written, and how many it takes on the disk. Links are not followed. */
export async function readPacked(path: string): Promise<{ readonly bytes: Buffer; readonly size: number }> {
	const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
	try {
		const raw = await readBounded(handle);
		const bytes = path.endsWith(PACKED) ? await promisify(gunzip)(raw, { maxOutputLength: LONGEST_READ }) : raw;
		return { bytes, size: raw.length };
	} finally {
		await handle.close();
	}
}

async function readBounded(handle: FileHandle): Promise<Buffer> {
	const about = await handle.stat();
	if (!about.isFile()) throw Object.assign(new Error("EINVAL: no ordinary file"), { code: "EINVAL" });
	if (about.size > LONGEST_READ) throw Object.assign(new Error("EFBIG: file too large"), { code: "EFBIG" });
	return handle.readFile();
}
