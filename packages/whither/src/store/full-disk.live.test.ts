import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { openSessionStore } from "./open-session-store.ts";
import { END, headerOf, idOf, probeEvent } from "./store-conformance.fixture.ts";

const isRoot = process.getuid?.() === 0;
const obstacle = !isRoot
	? "only root mounts"
	: spawnSync("mount", ["--version"]).status === 0
		? null
		: "needs mount(8)";

describe.skipIf(obstacle !== null)(skippable("a disk of its own", obstacle), () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "whither-disk-"));
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "whither-test", folder]);
	});
	afterEach(() => {
		execFileSync("umount", ["--lazy", folder]);
		rmSync(folder, { recursive: true, force: true });
	});
	const open = (remarks: string[] = []) =>
		openSessionStore({ folder, keepDays: 36_500, remark: (sentence) => remarks.push(sentence) });

	it("that is full: sessions go on in memory, and are written once there is room", async () => {
		const remarks: string[] = [];
		const store = await open(remarks);
		const writer = await store.begin(headerOf(1));
		spawnSync("dd", ["if=/dev/zero", `of=${join(folder, "filler")}`, "bs=4k"]);
		for (let seq = 0; seq < 40; seq++) writer.append(probeEvent(seq));
		const refused = expect.stringMatching(/no space left on device \(ENOSPC\); free some space/);
		await expect(writer.flushed()).rejects.toMatchObject({ code: "storeFailed", message: refused });
		await expect(store.begin(headerOf(2))).rejects.toMatchObject({ code: "storeFailed", message: refused });
		expect((await store.read(idOf(1)))?.events).toHaveLength(40);
		expect(remarks).toEqual([expect.stringMatching(/ENOSPC.*; until then they are kept in memory$/)]);
		rmSync(join(folder, "filler"));
		writer.append(probeEvent(40));
		await writer.flushed();
		await writer.end(END);
		expect(remarks.at(-1)).toBe("sessions are written again");
		await store.close();
		const next = await open(remarks);
		expect(await next.read(idOf(1))).toMatchObject({ events: { length: 41 }, end: END });
		expect(await next.read(idOf(2))).toBeNull();
		expect(remarks).toHaveLength(2);
		await next.close();
	});

	it("that is full when a session ends: the end comes later", async () => {
		const store = await open();
		const writer = await store.begin(headerOf(1));
		spawnSync("dd", ["if=/dev/zero", `of=${join(folder, "filler")}`, "bs=4k"]);
		for (let seq = 0; seq < 40; seq++) writer.append(probeEvent(seq));
		await expect(writer.end(END)).rejects.toMatchObject({ code: "storeFailed" });
		rmSync(join(folder, "filler"));
		await writer.flushed();
		await store.close();
		const next = await open();
		expect(await next.read(idOf(1))).toMatchObject({ events: { length: 40 }, end: END });
		await next.close();
	});

	it("that cannot be written: says so before anything begins", async () => {
		writeFileSync(join(folder, "x"), "");
		execFileSync("mount", ["-o", "remount,ro", folder]);
		await expect(open()).rejects.toMatchObject({
			code: "storeFailed",
			message: expect.stringMatching(/\(EROFS\); name a folder on a disk that can be written with --data/),
		});
	});
});
