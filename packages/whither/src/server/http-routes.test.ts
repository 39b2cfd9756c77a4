import { describe, expect, it } from "vitest";
import { plain } from "./http.ts";
import { findRoute, isFromElsewhere, type RouteRow } from "./http-routes.ts";

const row = (method: RouteRow["method"], path: string): RouteRow => ({ method, path, answer: () => plain(200, path) });
const ROUTES = [row("POST", "/a"), row("POST", "/a/*/b"), row("GET", "/a/*/b"), row("GET", "/a/*/c/*")];

describe("a route", () => {
	it("is found by method and path, with the names in it", () => {
		expect(findRoute(ROUTES, "POST", "/a")).toMatchObject({ row: ROUTES[0], names: [] });
		expect(findRoute(ROUTES, "GET", "/a/x-1_Y/b")).toMatchObject({ row: ROUTES[2], names: ["x-1_Y"] });
		expect(findRoute(ROUTES, "GET", "/a/x/c/y")).toMatchObject({ names: ["x", "y"] });
		expect(findRoute(ROUTES, "DELETE", "/a/x/b")).toEqual({ allowed: ["POST", "GET"] });
	});

	it("is not where a name is none, or the path is another", () => {
		const paths = [
			"/",
			"/a/",
			"//a",
			"/a/../b",
			"/a/%2e%2e/b",
			"/a//b",
			"/a/x/b/",
			"/a/x.y/b",
			"/A",
			`/a/${"x".repeat(65)}/b`,
		];
		for (const path of paths) expect(findRoute(ROUTES, "GET", path)).toBeNull();
	});
});

it("pages of other sites are known by their origin", () => {
	expect(isFromElsewhere({ host: "here.example:8088" })).toBe(false);
	expect(isFromElsewhere({ host: "here.example:8088", origin: "http://here.example:8088" })).toBe(false);
	for (const origin of ["http://here.example", "https://elsewhere.example", "null", ""])
		expect(isFromElsewhere({ host: "here.example:8088", origin })).toBe(true);
});
