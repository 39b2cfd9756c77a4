import { parseAddress } from "@whither/wire";
import { expect, it } from "vitest";
import { reversedName, routeOfTxt, routeOfWhois } from "./as-answer.ts";

const BARE = { prefix: null, country: null, registry: null, allocated: null };

it("reads the route of the longest prefix among TXT records", () => {
	const records = ["64500 | 192.0.0.0/16 | ZZ | none | ", "64501 64502 | 192.0.2.0/24 | ZZ | none | 2001-01-01"];
	const registered = { prefix: "192.0.2.0/24", country: "ZZ", registry: "none", allocated: "2001-01-01" };
	expect(routeOfTxt(records)).toEqual({ asn: "AS64501/AS64502", ...registered });
	expect(routeOfTxt([...records, "64503 | 192.0.2.0/24"])?.asn).toBe("AS64501/AS64502/AS64503");
	expect(routeOfTxt(["NA | 192.0.2.0/24 | ZZ"])).toBeNull();
	expect(routeOfTxt(["", "||", "\u0007 | x/y"])).toBeNull();
	expect(routeOfTxt([])).toBeNull();
});

it("takes nothing for what it is not", () => {
	const evil = "\u001b[2J<script>";
	expect(routeOfTxt([`64500 | ${evil}/24 | ${evil} | ${evil} | ${evil}`])).toEqual({ asn: "AS64500", ...BARE });
	expect(routeOfTxt([`64500 | 192.0.2.0/24 | ZZZ | ${"x".repeat(21)} | 2001`])).toMatchObject({
		country: null,
		registry: null,
	});
	expect(routeOfTxt(["64500"])).toEqual({ asn: "AS64500", ...BARE });
});

it("reads the origins of the longest route among whois objects, each once", () => {
	const objects = [
		"route:      192.0.0.0/16\ndescr: wide\norigin: AS64500",
		"route:      192.0.2.0/24\r\norigin:     AS64501\r\nmnt-by: X",
		"route:      192.0.2.0/24\norigin:     as64502",
		"route:      192.0.2.0/24\norigin:     AS64501",
	];
	expect(routeOfWhois(objects.join("\n\n"))).toEqual({ ...BARE, asn: "AS64501/AS64502", prefix: "192.0.2.0/24" });
	expect(routeOfWhois("route6: 2001:db8::/32\norigin: AS64503\n")).toMatchObject({
		asn: "AS64503",
		prefix: "2001:db8::/32",
	});
	expect(routeOfWhois("origin: AS64503\n")).toEqual({ ...BARE, asn: "AS64503" });
	expect(routeOfWhois("%  No entries found")).toBeNull();
});

function bytesOf(text: string): Uint8Array {
	const bytes = parseAddress(text);
	return bytes instanceof Uint8Array ? bytes : new Uint8Array(0);
}

it("reverses IPv4 by bytes and IPv6 by half bytes", () => {
	expect(reversedName(bytesOf("192.0.2.9"))).toBe("9.2.0.192");
	expect(reversedName(bytesOf("2001:db8::1"))).toBe(`1.${"0.".repeat(23)}8.b.d.0.1.0.0.2`);
});
