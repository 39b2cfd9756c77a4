import { expect, it } from "vitest";
import { isFromElsewhere } from "./checks.ts";

it("pages of other sites are known by their origin", () => {
	expect(isFromElsewhere({ host: "here.example:8088" })).toBe(false);
	expect(isFromElsewhere({ host: "here.example:8088", origin: "http://here.example:8088" })).toBe(false);
	for (const origin of ["http://here.example", "https://elsewhere.example", "null", ""])
		expect(isFromElsewhere({ host: "here.example:8088", origin })).toBe(true);
});
