import { expect, it } from "vitest";
import { isFromElsewhere } from "./checks.ts";

it("pages of other sites are known by their origin", () => {
	expect(isFromElsewhere({ host: "here.example:8088" })).toBe(false);
	expect(isFromElsewhere({ host: "here.example:8088", origin: "http://here.example:8088" })).toBe(false);
	for (const origin of ["http://here.example", "https://elsewhere.example", "null", ""])
		expect(isFromElsewhere({ host: "here.example:8088", origin })).toBe(true);
});

it("pictures that pages of other sites show are known by what the browser says of the site", () => {
	const asked = (site: string) => isFromElsewhere({ host: "localhost:8088", "sec-fetch-site": site });
	expect(["cross-site", "same-site", "same-origin", "none"].map(asked)).toEqual([true, true, false, false]);
});
