import { describe, expect, it } from "vitest";
import { parseOptions } from "../arguments/parse.ts";
import { LIVE_OPTIONS } from "./live-options.ts";
import { reportLookups, screenOnly } from "./live-request.ts";

const flagsOf = (...args: readonly string[]) => parseOptions(args, LIVE_OPTIONS).options;

describe("whom a report asks", () => {
	it.each([
		[["--as-server", "whois:192.0.2.1"], false],
		[["--as-names", "dns"], false],
		[["-y", "1"], false],
		[["-z"], true],
		[["-y", "0"], true],
		[["-z", "--as-server", "dns:origin.example"], "dns:origin.example"],
	])("%j: %j", (args, asLookup) => {
		expect(reportLookups(flagsOf(...args))).toEqual({ names: true, asLookup });
	});

	it.each([
		[["-z"], null],
		[["-y", "0"], null],
		[["-y", "2"], "A report leaves --ipinfo 2 out, which the screen alone shows"],
		[["-y", "4", "--as-names", "dns"], "A report leaves --ipinfo 4 and --as-names out, which the screen alone shows"],
	])("what it has no place for is said: %j", (args, sentence) => {
		expect(screenOnly(flagsOf(...args))).toBe(sentence);
	});
});
