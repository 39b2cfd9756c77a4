import { expect, test } from "vitest";
import { formatRoute, parseRoute, tokenInHash } from "./route.ts";

test("an address is read back as it was written, whatever stands in it", () => {
	const words = ["2001:db8::1/64", "ä b", "?#&"];
	const route = parseRoute(formatRoute("whois", words, { q: "a&b=c" }));
	expect(route).toEqual({ page: "whois", words, query: { q: "a&b=c" } });
});

test("no hash, an empty one and a broken escape are read without an error", () => {
	expect(parseRoute("")).toEqual({ page: "", words: [], query: {} });
	expect(parseRoute("#/").page).toBe("");
	expect(parseRoute("#/s/%E0%A4%A").words).toEqual(["%E0%A4%A"]);
});

test("a token stands alone behind the hash", () => {
	expect(tokenInHash("#token=a%2Fb")).toBe("a/b");
	expect(tokenInHash("#/s/token=a")).toBeNull();
	expect(tokenInHash("#token=")).toBeNull();
});
