import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const real = Object.getOwnPropertyDescriptor(process, "platform");

describe("anywhere but on Linux", () => {
	beforeEach(() => {
		vi.resetModules();
		Object.defineProperty(process, "platform", { value: "darwin" });
	});
	afterEach(() => {
		if (real !== undefined) Object.defineProperty(process, "platform", real);
		vi.resetModules();
	});

	it("everything can be imported, and a trace says as a value what is missing", async () => {
		const { runTrace } = await import("./index.ts");
		const { DEFAULT_TRACE_OPTIONS } = await import("@whither/core");
		const options = { ...DEFAULT_TRACE_OPTIONS, family: 4 as const, target: "192.0.2.1", targetName: "192.0.2.1" };
		const message = await new Promise((resolve) => {
			runTrace({ options, tool: { name: "whither", version: "test" }, args: [] }, resolve);
		});
		expect(message).toEqual({
			type: "failed",
			error: { code: "unsupportedPlatform", call: "load", address: "darwin", errno: 38, errnoName: "ENOSYS" },
		});
	});

	it("no method is supported, and each says why", async () => {
		const { methodSupport } = await import("./index.ts");
		const rows = methodSupport();
		expect(rows.length).toBeGreaterThan(10);
		for (const row of rows) expect(row.error?.code).toBe("unsupportedPlatform");
	});
});
