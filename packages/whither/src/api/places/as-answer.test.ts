import { parseAddress } from "@whither/wire";
import { expect, it } from "vitest";
import { originsOfTxt, originsOfWhois, reversedName } from "./as-answer.ts";

it("reads the origin of the longest prefix among TXT records", () => {
	const records = ["64500 | 192.0.0.0/16 | ZZ | none | ", "64501 64502 | 192.0.2.0/24 | ZZ | none | 2001-01-01"];
	expect(originsOfTxt(records)).toEqual(["AS64501", "AS64502"]);
	expect(originsOfTxt(["NA | 192.0.2.0/24 | ZZ"])).toEqual([]);
	expect(originsOfTxt(["", "||", "\u0007 | x/y"])).toEqual([]);
	expect(originsOfTxt([])).toEqual([]);
});

it("reads the origins of the longest route among whois objects, each once", () => {
	const objects = [
		"route:      192.0.0.0/16\ndescr: wide\norigin: AS64500",
		"route:      192.0.2.0/24\r\norigin:     AS64501\r\nmnt-by: X",
		"route:      192.0.2.0/24\norigin:     as64502",
		"route:      192.0.2.0/24\norigin:     AS64501",
	];
	expect(originsOfWhois(objects.join("\n\n"))).toEqual(["AS64501", "AS64502"]);
	expect(originsOfWhois("route6: 2001:db8::/32\norigin: AS64503\n")).toEqual(["AS64503"]);
	expect(originsOfWhois("%  No entries found")).toEqual([]);
});

function bytesOf(text: string): Uint8Array {
	const bytes = parseAddress(text);
	return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

it("reverses IPv4 by bytes and IPv6 by half bytes", () => {
	expect(reversedName(bytesOf("192.0.2.9"))).toBe("9.2.0.192");
	expect(reversedName(bytesOf("2001:db8::1"))).toBe(`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2`);
});
