import { describe, expect, it } from "vitest";
import { mtrColumns } from "../../report/dialects/mtr-columns.ts";
import { COLUMNS } from "../../screen/model/columns.ts";
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

it("every column of the screen is one of reports too, by the same letter", () => {
	const letters = COLUMNS.map(({ letter }) => letter).join("");
	expect(flagsOf("-o", letters).order).toBe(letters);
	expect(mtrColumns(letters)).toHaveLength(COLUMNS.length);
	expect(mtrColumns("mut").map(({ title }) => title)).toEqual(["p50", "p95", "p99"]);
});
