import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { COMMAND, commandObstacle } from "./command.fixture.ts";
import { interruptibly } from "./signals.ts";

const folder = mkdtempSync(join(tmpdir(), "whither-signals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a read that may never end", () => {
	it("has no listener in the way of a signal, and gives them back also when it fails", () => {
		const listener = () => {};
		process.on("SIGTERM", listener);
		expect(interruptibly(() => process.listenerCount("SIGTERM"))).toBe(0);
		expect(() =>
			interruptibly(() => {
				throw new Error("unreadable");
			}),
		).toThrow("unreadable");
		expect(process.listeners("SIGTERM")).toContain(listener);
		process.off("SIGTERM", listener);
	});
	const endless = skippable("whither %s of a FIFO without a writer is ended by the signal", commandObstacle);
	it.skipIf(commandObstacle !== null).each([["show"], ["check"]])(endless, async (command) => {
		const fifo = join(folder, command);
		execFileSync("mkfifo", [fifo]);
		const child = spawn(process.execPath, [COMMAND, command, fifo], { stdio: "ignore" });
		const timer = setInterval(() => child.kill("SIGTERM"), 100);
		const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
		clearInterval(timer);
		expect(signal).toBe("SIGTERM");
	});
});
