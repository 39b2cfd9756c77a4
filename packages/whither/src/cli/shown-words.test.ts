import { describe, expect, it } from "vitest";
import { findCommand } from "./commands.ts";
import { withoutSecrets, withoutUnknown } from "./shown-words.ts";

describe("what is shown of a command line", () => {
	it.each([
		[
			["turn", "srv", "--password", "sesame", "--json"],
			["turn", "srv", "--password", "***", "--json"],
		],
		[
			["turn", "srv", "--password=sesame"],
			["turn", "srv", "--password=***"],
		],
		[
			["turn", "srv", "--secret", "north"],
			["turn", "srv", "--secret", "***"],
		],
		[
			["turn", "srv", "--password-file", "there"],
			["turn", "srv", "--password-file", "there"],
		],
	])("%j", (given, shown) => {
		expect(withoutSecrets(given)).toEqual(shown);
	});
});

describe("what is shown of a command line that is not understood", () => {
	it.each([
		[
			["turn", "srv", "--user", "ann", "--passw", "sesame", "--json"],
			["turn", "srv", "--user", "ann", "--passw", "***", "--json"],
		],
		[
			["turn", "--passw=ses=ame", "srv", "--json"],
			["turn", "--passw=***", "srv", "--json"],
		],
		[
			["turn", "srv", "--secret", "--json", "--passwd", "-sesame"],
			["turn", "srv", "--secret", "--json", "--passwd", "***"],
		],
		[
			["stun", "srv", "--password", "sesame", "-4", "--json"],
			["stun", "srv", "--password", "***", "-4", "--json"],
		],
		[
			["serve", "--users=there", "--user", "ann:sesame", "--json"],
			["serve", "--users=there", "--user", "***", "--json"],
		],
		[
			["trace", "-p53", "--por", "7", "-w", "1", "host", "--json"],
			["trace", "-p53", "--por", "***", "-w", "1", "host", "--json"],
		],
	])("%j", (given, shown) => {
		const command = findCommand(given[0]);
		if (command === null) throw new Error("no such command");
		expect(withoutUnknown(given, command)).toEqual(shown);
	});
});
