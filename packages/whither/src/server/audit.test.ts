import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { auditLine, openAudit } from "./audit.ts";

const AT = new Date(0);

it("a line is one line, whatever the target is called", () => {
	for (const target of [
		"a\nb",
		"a\r\n{}",
		"\u001b[2J",
		"a\u0085b",
		"a\u2028b",
		"\u202egnp.exe",
		"\u0000",
		'"',
		"\\",
		"é",
	]) {
		const line = auditLine(AT, { client: "192.0.2.1", action: "trace", target, decision: "ok", id: "x" });
		expect(line).toMatch(/^[\x20-\x7eé]*\n$/);
		expect(JSON.parse(line)).toMatchObject({ time: "1970-01-01T00:00:00.000Z", target, id: "x" });
	}
	expect(auditLine(AT, { client: "x", action: "trace", target: "x".repeat(1e6), decision: "ok" }).length).toBeLessThan(
		1e3,
	);
});

it("lines are appended in their order, and the file is opened anew after it was moved", async () => {
	const folder = mkdtempSync(join(tmpdir(), "whither-"));
	try {
		const file = join(folder, "deep/audit.ndjson");
		const log = openAudit(file, () => {});
		for (let id = 0; id < 300; id++) log.write({ client: "x", action: "trace", decision: "ok", id: String(id) });
		await log.close();
		log.write({ client: "x", action: "trace", decision: "ok", id: "300" });
		await log.close();
		const lines = readFileSync(file, "utf8").trimEnd().split("\n");
		expect(lines.map((line) => JSON.parse(line).id)).toEqual(Array.from({ length: 301 }, (_, id) => String(id)));
	} finally {
		rmSync(folder, { recursive: true });
	}
});

it("a disk that takes nothing is said once, and lines that are lost are counted", async () => {
	const said: string[] = [];
	const log = openAudit("/dev/full", (sentence) => said.push(sentence));
	for (let round = 0; round < 3; round++) {
		log.write({ client: "x", action: "trace", decision: "ok" });
		await log.close();
	}
	expect(said).toEqual([expect.stringMatching(/^the audit log \/dev\/full cannot be written \(ENOSPC/)]);
	expect(log.lost).toBe(3);
});

const obstacle = process.platform === "win32" ? "Windows has no named pipes in folders" : null;

it.skipIf(obstacle !== null)(
	skippable("a pipe that nobody reads is said to be none that can be written", obstacle),
	async () => {
		const folder = mkdtempSync(join(tmpdir(), "whither-"));
		try {
			const file = join(folder, "pipe");
			execFileSync("mkfifo", [file]);
			const said: string[] = [];
			const log = openAudit(file, (sentence) => said.push(sentence));
			log.write({ client: "x", action: "trace", decision: "ok" });
			await log.close();
			expect(said).toEqual([expect.stringMatching(/cannot be written \(ENXIO/)]);
			expect(log.lost).toBe(1);
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
);
