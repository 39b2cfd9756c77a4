import { describe, expect, it } from "vitest";
import { withoutSecrets } from "./turn.ts";

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
