import { expect, it } from "vitest";
import { placeOfUrl } from "./server-url.ts";

it.each([
	["https://meet.example.net", { host: "meet.example.net", port: 443 }],
	["http://meet.example.net/path", { host: "meet.example.net", port: 80 }],
	["http://[2001:db8::1]:8088", { host: "2001:db8::1", port: 8088 }],
	["ftp://meet.example.net", null],
	["meet.example.net", null],
])("the place of %s", (url, place) => {
	expect(placeOfUrl(url)).toEqual(place);
});
