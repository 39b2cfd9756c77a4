import { encodeUtf8 } from "@whither/wire";
import { expect, test } from "vitest";
import { SIP_BOUNDS } from "./bounds.ts";
import { headEnd } from "./head.ts";
import { sipValues } from "./headers.ts";
import { parseSipNameAddress } from "./name-address.ts";
import { parseSipParameters } from "./parameters.ts";
import { parseSip } from "./parse.ts";
import { parseSipUri } from "./uri.ts";
import { equalUris } from "./uri-equality.ts";
import { parseSipVia } from "./via.ts";

/** So much of it that whoever looks at it again for every character of it does not come to an end before the test does. */
const LENGTH = 60_000;
const many = (text: string) => text.repeat(LENGTH / text.length);

test.each([
	["blanks in a name", `a${many(" ")}b: c`],
	["blanks behind a name", `a${many(" ")}: c`],
	["blanks in a value", `Subject: a${many(" ")}b`],
	["folded lines", many("\r\n a").slice(2)],
	["blanks in Via", `Via: SIP/2.0/UDP a${many(" ")}b`],
	["blanks before Via's port", `Via: SIP/2.0/UDP a${many(" ")}:1`],
	["blanks in Via's protocol", `Via: SIP${many(" ")}/2.0/UDP a`],
	["dots in a host", `Via: SIP/2.0/UDP ${many("a.")}`],
	["hyphens in a host", `Via: SIP/2.0/UDP a${many("-")}`],
	["brackets", `Contact: ${many("<")}`],
	["quotes", `Contact: ${many('"')}`],
	["quoted quotes", `Contact: "${many('\\"')}`],
	["commas", `Contact: ${many(",")}`],
	["semicolons", `Contact: <sip:a>${many(";")}`],
	["parameters", `Contact: <sip:a>${many(";a=b")}`],
	["a name of many words", `Contact: ${many("a ")}<sip:a>`],
	["a user of many escapes", `Contact: <sip:${many("%41")}@a>`],
	["a long number", `CSeq: ${many("1")} INVITE`],
	["blanks in CSeq", `CSeq: 1${many(" ")}INVITE x`],
])("a message of very many %s is read to its end", (_, line) => {
	const text = `INVITE sip:a SIP/2.0\r\n${line}\r\n\r\n`;
	expect(parseSip(encodeUtf8(text)).kind).toBe("error");
	expect(headEnd(encodeUtf8(text), 0)).toBeGreaterThan(LENGTH);
	const value = line.slice(line.indexOf(":") + 2);
	for (const parse of [parseSipVia, parseSipNameAddress, parseSipUri]) parse(value);
	sipValues({ headers: [{ name: "Contact", value }] }, "Contact");
});

test("parameters are so many and no more, so that comparing two URIs has an end", () => {
	const parameters = (count: number) => Array.from({ length: count }, (_, index) => `;a${index}=b`).join("");
	const { parameters: most } = SIP_BOUNDS;
	expect(parseSipParameters(parameters(most))).toHaveLength(most);
	expect(parseSipParameters(parameters(most + 1))).toBeNull();
	expect(parseSipUri(`sip:a${parameters(most)}`)?.parameters).toHaveLength(most);
	expect(parseSipUri(`sip:a${parameters(most + 1)}`)).toBeNull();
	expect(equalUris(`sip:a${parameters(most)}`, `sip:A${parameters(most)}`)).toBe(true);
});
