import { expect, test } from "vitest";
import { parseSip } from "./parse.ts";
import { TORTURE } from "./torture.fixture.ts";

test("all 49 messages of RFC 4475 are here", () => {
	expect(new Set(TORTURE.map(({ name }) => name)).size).toBe(49);
});

test.each(TORTURE)("$name (§$section) comes to what the RFC says", ({ bytes, expect: { parser } }) => {
	const message = parseSip(bytes);
	if (parser === "accepts") expect(message).not.toMatchObject({ kind: "error" });
	else expect(message).toMatchObject({ kind: "error", status: parser });
});
