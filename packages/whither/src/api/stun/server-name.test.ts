import { describe, expect, it } from "vitest";
import { defaultStunPort, parseStunServer, stunService } from "./server-name.ts";

describe("a STUN server is read from", () => {
	it.each([
		["stun.example.net", "stun.example.net", null, null],
		["stun.example.net:3479", "stun.example.net", 3479, null],
		["192.0.2.1", "192.0.2.1", null, null],
		["192.0.2.1:80", "192.0.2.1", 80, null],
		["2001:db8::1", "2001:db8::1", null, null],
		["[2001:db8::1]", "2001:db8::1", null, null],
		["[2001:db8::1]:5000", "2001:db8::1", 5000, null],
		["[fe80::1%eth0]:5000", "fe80::1%eth0", 5000, null],
		["stun:stun.example.net", "stun.example.net", null, null],
		["STUN:stun.example.net:3479", "stun.example.net", 3479, null],
		["stun:stun.example.net?transport=tcp", "stun.example.net", null, "tcp"],
		["stuns:stun.example.net", "stun.example.net", null, "tls"],
		["stuns:[2001:db8::1]:443", "2001:db8::1", 443, "tls"],
		["stun://stun.example.net", "stun.example.net", null, null],
	])("%s", (text, host, port, transport) => {
		expect(parseStunServer(text)).toEqual({ host, port, transport });
	});
	it.each(["", " ", "stun:", ":3478", "a:0", "a:65536", "a:b", "a b", "http://a/b", "stun:a?transport=sctp"])(
		'not from "%s", and it is said how to write one',
		(text) => {
			expect(() => parseStunServer(text)).toThrow(expect.objectContaining({ code: "badOption" }));
			expect(() => parseStunServer(text)).toThrow("stun:HOST:PORT");
		},
	);
});

it("each transport has its port and its SRV records", () => {
	expect((["udp", "tcp", "tls"] as const).map(defaultStunPort)).toEqual([3478, 3478, 5349]);
	expect((["udp", "tcp", "tls"] as const).map(stunService)).toEqual(["_stun._udp", "_stun._tcp", "_stuns._tcp"]);
});
