import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GroupCommit } from "./group-commit.ts";
import { SessionFile } from "./session-file.ts";

let folder: string;
/** What the system was asked for, as it was done. */
let done: string[];
/** The next of these fails. */
let failing: string | null;
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "whither-file-"));
	[done, failing] = [[], null];
	const handle = await open(folder, "r");
	const prototype = Object.getPrototypeOf(handle) as FileHandle;
	await handle.close();
	for (const name of ["write", "datasync", "sync"] as const) watch(prototype, name);
});
afterEach(() => {
	vi.restoreAllMocks();
	rmSync(folder, { recursive: true });
});

function watch(prototype: FileHandle, name: "write" | "datasync" | "sync"): void {
	const whole = prototype[name] as (...args: unknown[]) => Promise<unknown>;
	vi.spyOn(prototype, name).mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
		if (failing === name) {
			failing = null;
			throw Object.assign(new Error("EIO: the disk failed"), { code: "EIO" });
		}
		const result = await whole.apply(this, args);
		done.push(name);
		return result as never;
	});
}

describe("a session's file", () => {
	it("is there once its first line and its name are on the disk, in this order", async () => {
		const file = await SessionFile.make(join(folder, "a"), "head\n");
		expect(done).toEqual(["write", "datasync", "sync"]);
		await file.close();
	});

	it("a line is acknowledged once it is on the disk, and one that came meanwhile by the next time", async () => {
		const file = await SessionFile.make(join(folder, "a"), "head\n");
		const commits = new GroupCommit(() => {});
		done.length = 0;
		file.take("one\n");
		const first = commits.safe(file).then(() => done.push("first"));
		while (!done.includes("write")) await new Promise((resolve) => setImmediate(resolve));
		file.take("two\n");
		const second = commits.safe(file).then(() => done.push("second"));
		await Promise.all([first, second]);
		expect(done).toEqual(["write", "datasync", "first", "write", "datasync", "second"]);
		await commits.close();
		await file.close();
	});

	it.each(["write", "datasync"])(
		"what a failed %s may have left is no part of it, and is written again",
		async (name) => {
			const path = join(folder, "a");
			const file = await SessionFile.make(path, "head\n");
			file.take("one\n");
			failing = name;
			await expect(file.commit()).rejects.toThrow("EIO");
			expect([file.safe, file.taken]).toEqual([1, 2]);
			file.take("two\n");
			await file.commit();
			expect(readFileSync(path, "utf8")).toBe("head\none\ntwo\n");
			file.take("three\n");
			failing = "datasync";
			await expect(file.commit()).rejects.toThrow("EIO");
			await file.close();
			expect(readFileSync(path, "utf8")).toBe("head\none\ntwo\n");
		},
	);
});
