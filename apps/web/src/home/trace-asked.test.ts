import { expect, test } from "vitest";
import { traceAsked } from "./trace-asked.ts";

test("a host alone asks for no more than it has to", () => {
	expect(traceAsked({ target: " example.org ", method: "", names: "on", port: "" })).toEqual({
		target: "example.org",
		names: true,
	});
});

test("every field finds its place", () => {
	const fields = {
		target: "::1",
		method: "tcp",
		port: "443",
		family: "6",
		queries: "2",
		maxTtl: "12",
		run: "live",
		interval: "0.5",
		rounds: "",
	};
	expect(traceAsked({ ...fields, pathMtu: "on", origins: "on", methodOptions: "ecn=1, info" })).toEqual({
		target: "::1",
		method: "tcp",
		port: 443,
		family: 6,
		queries: 2,
		maxTtl: 12,
		pathMtu: true,
		names: false,
		origins: true,
		methodOptions: { ecn: 1, info: true },
		live: { intervalMs: 500, rounds: null },
	});
});

test("what cannot be read is said by the field's name", () => {
	expect(traceAsked({ target: "" })).toEqual({ problem: "Name a host or an address to trace to." });
	expect(traceAsked({ target: "a", port: "70000" })).toEqual({ problem: "Port is a whole number from 1 to 65535." });
	expect(traceAsked({ target: "a", queries: "1.5" })).toHaveProperty("problem");
	expect(traceAsked({ target: "a", run: "live", interval: "0" })).toHaveProperty("problem");
});
