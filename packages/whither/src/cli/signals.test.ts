import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
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
	it.each([["show"], ["check"]])("whither %s of a FIFO without a writer is ended by the signal", async (command) => {
		const fifo = join(folder, command);
		execFileSync("mkfifo", [fifo]);
		const bin = join(import.meta.dirname, "../../bin/whither.js");
		const child = spawn(process.execPath, [bin, command, fifo], { stdio: "ignore" });
		const timer = setInterval(() => child.kill("SIGTERM"), 100);
		const signal = await new Promise((resolve) => child.once("exit", (_, name) => resolve(name)));
		clearInterval(timer);
		expect(signal).toBe("SIGTERM");
	});
});
