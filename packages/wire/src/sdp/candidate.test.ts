import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDecodeError } from "../error.ts";
import {
	candidateExtension,
	formatIceCandidate,
	type IceCandidateLine,
	isCandidateName,
	parseIceCandidate,
} from "./candidate.ts";

const HOST = "candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host";
const BROWSER =
	"candidate:842163049 1 udp 1677729535 198.51.100.7 50000 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999";
const TCP = "candidate:9 1 TCP 1518280447 2001:db8::9 9 typ host tcptype active";

function parsed(text: string): IceCandidateLine {
	const candidate = parseIceCandidate(text);
	if (isDecodeError(candidate)) throw new Error(`${text}: ${candidate.error} at word ${candidate.offset}`);
	return candidate;
}

describe("a candidate line", () => {
	test("is read and written as RFC 8839 has it", () => {
		expect(parsed(`a=${HOST}`)).toEqual({
			foundation: "1",
			component: 1,
			transport: "udp",
			priority: 2130706431,
			address: "203.0.113.141",
			port: 8998,
			type: "host",
			related: null,
			tcpType: null,
			extensions: [],
		});
		expect(formatIceCandidate(parsed(HOST))).toBe(HOST);
		expect(formatIceCandidate(parsed(TCP))).toBe(TCP);
	});

	test("keeps what it does not know in its order", () => {
		const candidate = parsed(BROWSER);
		expect(candidate.related).toEqual({ address: "0.0.0.0", port: 0 });
		expect(candidate.extensions.map(({ name }) => name)).toEqual(["generation", "ufrag", "network-cost"]);
		expect(candidateExtension(candidate, "ufrag")).toBe("EsAw");
		expect(candidateExtension(candidate, "network-id")).toBeNull();
		expect(formatIceCandidate(candidate)).toBe(BROWSER.replace(" udp ", " UDP "));
	});

	test("may name a host instead of its address", () => {
		const name = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";
		expect(parsed(HOST.replace("203.0.113.141", name)).address).toBe(name);
		expect(isCandidateName(name)).toBe(true);
		expect(isCandidateName("203.0.113.141")).toBe(false);
	});

	test.each([
		["too short", "candidate:1 1 UDP 1 192.0.2.1 9 typ"],
		["another transport", HOST.replace("UDP", "SCTP")],
		["another type", HOST.replace("host", "magic")],
		["a zone", HOST.replace("203.0.113.141", "fe80::1%eth0")],
		["a wrong address", HOST.replace("203.0.113.141", "203.0.113.300")],
		["no component", HOST.replace(" 1 UDP", " 0 UDP")],
		["a component too far", HOST.replace(" 1 UDP", " 257 UDP")],
		["a priority of 33 bits", HOST.replace("2130706431", "4294967296")],
		["a port too far", HOST.replace("8998", "65536")],
		["a foundation of other characters", HOST.replace(":1 ", ":a_b ")],
		["TCP that does not say who opens", TCP.replace(" tcptype active", "")],
	])("is an error with %s", (_, text) => {
		expect(isDecodeError(parseIceCandidate(text))).toBe(true);
	});

	test("is not written with what no line can say", () => {
		const host = parsed(HOST);
		expect(() => formatIceCandidate({ ...host, foundation: "a b" })).toThrow(RangeError);
		expect(() => formatIceCandidate({ ...host, component: 0 })).toThrow(RangeError);
		expect(() => formatIceCandidate({ ...host, priority: -1 })).toThrow(RangeError);
		expect(() => formatIceCandidate({ ...host, address: "a b" })).toThrow(RangeError);
		expect(() => formatIceCandidate({ ...host, extensions: [{ name: "a", value: "b c" }] })).toThrow(RangeError);
		expect(formatIceCandidate({ ...host, address: "fe80::1%eth0" })).toContain(" fe80::1 ");
	});

	test("comes back the same whatever it says", () => {
		const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((name) => !/^(raddr|rport|tcptype)$/.test(name));
		const address = fc.constantFrom("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "x.local");
		const candidate = fc.record({
			foundation: fc.stringMatching(/^[A-Za-z0-9+/]{1,32}$/),
			component: fc.integer({ min: 1, max: 256 }),
			transport: fc.constant("udp" as const),
			priority: fc.integer({ min: 0, max: 0xffff_ffff }),
			address,
			port: fc.integer({ min: 0, max: 0xffff }),
			type: fc.constantFrom("host", "srflx", "prflx", "relay"),
			related: fc.option(fc.record({ address, port: fc.integer({ min: 0, max: 0xffff }) })),
			tcpType: fc.constant(null),
			extensions: fc.array(fc.record({ name: token, value: token }), { maxLength: 3 }),
		});
		fc.assert(
			fc.property(candidate, (value) => {
				expect(parsed(formatIceCandidate(value as IceCandidateLine))).toEqual(value);
			}),
		);
	});

	test("never throws when it is read", () => {
		const words = fc.array(fc.oneof(fc.string(), fc.constantFrom(...BROWSER.split(" "))), { maxLength: 14 });
		fc.assert(fc.property(words, (list) => void parseIceCandidate(list.join(" "))));
	});
});
