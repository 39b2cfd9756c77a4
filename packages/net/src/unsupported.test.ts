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
		delete process.env.WHITHER_BACKEND;
	});

	async function failureOf(method: string): Promise<unknown> {
		const { runTrace } = await import("./index.ts");
		const { DEFAULT_TRACE_OPTIONS } = await import("@whither/core");
		const options = {
			...DEFAULT_TRACE_OPTIONS,
			family: 4 as const,
			target: "192.0.2.1",
			targetName: "192.0.2.1",
			method,
		};
		return new Promise((resolve) => {
			runTrace({ options, tool: { name: "whither", version: "test" }, args: [] }, resolve);
		});
	}

	it("everything can be imported, and a trace that needs the kernel's calls says as a value what is missing", async () => {
		const error = { code: "unsupportedPlatform", call: "portable method", address: "darwin", errno: 38, errnoName: "" };
		expect(await failureOf("icmp")).toEqual({ type: "failed", error });
	});

	it("those calls may be insisted on, in vain", async () => {
		process.env.WHITHER_BACKEND = "native";
		const error = { code: "unsupportedPlatform", call: "load", address: "darwin", errno: 38, errnoName: "ENOSYS" };
		expect(await failureOf("udp")).toEqual({ type: "failed", error });
	});

	it("UDP to one port is supported, and every other method says why not", async () => {
		const { methodSupport } = await import("./index.ts");
		const rows = methodSupport();
		expect(rows.length).toBeGreaterThan(10);
		for (const { channel, error, method } of rows) {
			expect(channel).toBe("portable");
			const works = ["udp", "udp-port", "quic", "dns", "stun"].includes(method);
			if (!works) expect(error?.code).toBe("unsupportedPlatform");
			else expect(error?.code).not.toBe("unsupportedPlatform");
		}
	});
});
