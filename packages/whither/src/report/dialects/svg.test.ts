import { describe, expect, it } from "vitest";
import { stackSvgs } from "./svg.ts";

const drawing = (width: number, height: number, name: string) =>
	`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">\n<title id="title">${name}</title>\n</svg>\n`;

describe("drawings of several paths", () => {
	it("one stays as it is", () => {
		expect(stackSvgs([drawing(10, 20, "a")])).toBe(drawing(10, 20, "a"));
		expect(stackSvgs([])).toBe("");
	});
	it("more stand below each other under one root, each with a title of its own", () => {
		const text = stackSvgs([drawing(10, 20, "a"), drawing(30, 40, "b")]);
		expect(text.split("\n")).toEqual([
			'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="60" viewBox="0 0 30 60">',
			'<svg y="0" xmlns="http://www.w3.org/2000/svg" width="10" height="20" viewBox="0 0 10 20" role="img" aria-labelledby="title0">',
			'<title id="title0">a</title>',
			"</svg>",
			'<svg y="20" xmlns="http://www.w3.org/2000/svg" width="30" height="40" viewBox="0 0 30 40" role="img" aria-labelledby="title20">',
			'<title id="title20">b</title>',
			"</svg>",
			"</svg>",
			"",
		]);
	});
});
