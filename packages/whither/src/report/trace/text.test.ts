import type { ExtensionJson } from "@whither/core";
import { describe, expect, it } from "vitest";
import { COLOURED } from "../paint.ts";
import { answer, hop, type SampleReply, sampleResult } from "./sample-trace.fixture.ts";
import { formatHopLine, formatText, formatTextEvent, PLAIN_TEXT, type TextStyle } from "./text.ts";

const STYLE: TextStyle = { ...PLAIN_TEXT, family: 4, queries: 3 };
const from =
	(address: string, reply: SampleReply = {}) =>
	(seq: number) =>
		answer(seq, address, reply);
const mpls = (...labels: readonly [number, number, boolean, number][]): ExtensionJson => ({
	class: 1,
	type: 1,
	mpls: labels.map(([label, tc, bottom, ttl]) => ({ label, tc, bottom, ttl })),
});
const unknown = { class: 9, type: 3, bytes: "01ab0010" };
const twice = (address: string, reply: SampleReply) => [
	from(address, reply),
	from(address, reply),
	from(address, reply),
];

describe("text, compared with what traceroute 2.1.2 printed for the same answers", () => {
	const hops = [
		hop(1, ...twice("10.0.0.1", { name: "gw.lan" })),
		hop(2, null, null, null),
		hop(3, "10.0.0.3", "10.0.0.33", "10.0.0.3"),
		hop(4, null, "10.0.0.4", "10.0.0.4"),
		hop(5, "10.0.0.5", null, "10.0.0.5"),
		hop(6, "10.0.0.6", null, "10.0.0.66"),
		hop(7, ...twice("10.0.0.7", { extensions: [mpls([24015, 0, true, 1])] })),
		hop(8, ...twice("10.0.0.8", { extensions: [mpls([24015, 2, false, 1], [16, 0, true, 2])] })),
		hop(
			9,
			from("10.0.0.9", { extensions: [mpls([24015, 0, true, 1]), unknown] }),
			from("10.0.0.9", { extensions: [mpls([24015, 0, true, 1])] }),
			from("10.0.0.9", { extensions: [mpls([24015, 0, true, 1])] }),
		),
		hop(10, ...twice("10.0.0.10", { extensions: [{ class: 200, type: 7, bytes: "01ab001005060708" }] })),
		hop(11, ...twice("10.0.0.18", { extensions: [mpls([24015, 0, true, 1]), mpls([30, 0, true, 1])] })),
		hop(12, ...twice("10.0.0.18", { extensions: [{ class: 9, type: 3, bytes: "" }] })),
		hop(13, ...twice("203.0.113.7", { icmp: [3, 3], kind: "portUnreachable", name: "example.test" })),
	];
	const result = sampleResult(hops, { name: "example.test" });

	it("prints names, addresses without a name twice, stars, and addresses again when they change", () => {
		expect(formatText(result)).toBe(`traceroute to example.test (203.0.113.7), 30 hops max, 60 byte packets
 1  gw.lan (10.0.0.1)  1.000 ms  1.000 ms  1.000 ms
 2  * * *
 3  10.0.0.3 (10.0.0.3)  1.000 ms 10.0.0.33 (10.0.0.33)  1.000 ms 10.0.0.3 (10.0.0.3)  1.000 ms
 4  * 10.0.0.4 (10.0.0.4)  1.000 ms  1.000 ms
 5  10.0.0.5 (10.0.0.5)  1.000 ms *  1.000 ms
 6  10.0.0.6 (10.0.0.6)  1.000 ms * 10.0.0.66 (10.0.0.66)  1.000 ms
 7  10.0.0.7 (10.0.0.7)  1.000 ms  1.000 ms  1.000 ms
 8  10.0.0.8 (10.0.0.8)  1.000 ms  1.000 ms  1.000 ms
 9  10.0.0.9 (10.0.0.9)  1.000 ms  1.000 ms  1.000 ms
10  10.0.0.10 (10.0.0.10)  1.000 ms  1.000 ms  1.000 ms
11  10.0.0.18 (10.0.0.18)  1.000 ms  1.000 ms  1.000 ms
12  10.0.0.18 (10.0.0.18)  1.000 ms  1.000 ms  1.000 ms
13  example.test (203.0.113.7)  1.000 ms  1.000 ms  1.000 ms
`);
	});

	it("prints extensions with -e, and the address again when they change", () => {
		const lines = formatText(result, { extensions: true }).split("\n");
		expect(lines[7]).toBe(" 7  10.0.0.7 (10.0.0.7) <MPLS:L=24015,E=0,S=1,T=1>  1.000 ms  1.000 ms  1.000 ms");
		expect(lines[8]).toBe(
			" 8  10.0.0.8 (10.0.0.8) <MPLS:L=24015,E=2,S=0,T=1/L=16,E=0,S=1,T=2>  1.000 ms  1.000 ms  1.000 ms",
		);
		expect(lines[9]).toBe(
			" 9  10.0.0.9 (10.0.0.9) <MPLS:L=24015,E=0,S=1,T=1;9/3:01ab0010>  1.000 ms 10.0.0.9 (10.0.0.9) <MPLS:L=24015,E=0,S=1,T=1>  1.000 ms  1.000 ms",
		);
		expect(lines[10]).toBe("10  10.0.0.10 (10.0.0.10) <200/7:01ab0010,05060708>  1.000 ms  1.000 ms  1.000 ms");
		expect(lines[11]).toBe(
			"11  10.0.0.18 (10.0.0.18) <MPLS:L=24015,E=0,S=1,T=1;MPLS:L=30,E=0,S=1,T=1>  1.000 ms  1.000 ms  1.000 ms",
		);
		expect(lines[12]).toBe("12  10.0.0.18 (10.0.0.18) <9/3:>  1.000 ms  1.000 ms  1.000 ms");
	});

	it("prints addresses alone with -n", () => {
		const lines = formatText(result, { numeric: true }).split("\n");
		expect(lines[1]).toBe(" 1  10.0.0.1  1.000 ms  1.000 ms  1.000 ms");
		expect(lines[6]).toBe(" 6  10.0.0.6  1.000 ms * 10.0.0.66  1.000 ms");
	});

	it("prints the guessed hops back after the extensions, except where they are as many as there", () => {
		const lines = formatText(result, { numeric: true, extensions: true, back: true }).split("\n");
		expect(lines[1]).toBe(" 1  10.0.0.1  1.000 ms  1.000 ms  1.000 ms");
		expect(lines[3]).toBe(" 3  10.0.0.3 '-1'  1.000 ms 10.0.0.33 '-1'  1.000 ms 10.0.0.3 '-1'  1.000 ms");
		expect(lines[7]).toBe(" 7  10.0.0.7 <MPLS:L=24015,E=0,S=1,T=1> '-1'  1.000 ms  1.000 ms  1.000 ms");
	});

	it("prints the mark after each time it belongs to", () => {
		const refused: SampleReply = { icmp: [3, 13], kind: "unreachable" };
		const line = formatHopLine(hop(2, from("10.0.0.2", refused), null, from("10.0.0.2", refused)), {
			...STYLE,
			numeric: true,
		});
		expect(line).toBe(" 2  10.0.0.2  1.000 ms !X *  1.000 ms !X");
		const mixed = hop(2, null, from("10.0.0.9", { icmp: [3, 0] }), from("10.0.0.2", { icmp: [12, 0] }));
		expect(formatHopLine(mixed, { ...STYLE, numeric: true })).toBe(
			" 2  * 10.0.0.9  1.000 ms !N 10.0.0.2  1.000 ms !<12-0>",
		);
	});

	it("prints IPv6 in the same form", () => {
		const v6 = [hop(1, ...twice("fd00::1", { name: "gw6.lan" })), hop(2, from("fd00::2", { icmp: [2, 0], mtu: 1400 }))];
		expect(
			formatText(sampleResult(v6, { family: 6 })),
		).toBe(`traceroute to 2001:db8::7 (2001:db8::7), 30 hops max, 80 byte packets
 1  gw6.lan (fd00::1)  1.000 ms  1.000 ms  1.000 ms
 2  fd00::2 (fd00::2)  1.000 ms !F-1400
`);
	});
});

describe("what traceroute never meets", () => {
	it("further answers of the target, to probes with larger TTLs, are not shown", () => {
		const line = formatHopLine(hop(2, "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.2"), STYLE);
		expect(line).toBe(" 2  10.0.0.2 (10.0.0.2)  1.000 ms  1.000 ms  1.000 ms");
	});

	it("what TCP answered with stands before each time when asked for", () => {
		const tcp: SampleReply = { icmp: null, kind: "synAck", detail: { flags: ["syn", "ack"], mss: 1460 } };
		const line = hop(4, from("10.8.0.1", tcp), from("10.8.0.1", tcp), null);
		const style = { ...STYLE, numeric: true };
		expect(formatHopLine(line, { ...style, info: true })).toBe(
			" 4  10.8.0.1 <syn,ack,MSS:1460>  1.000 ms <syn,ack,MSS:1460>  1.000 ms *",
		);
		expect(formatHopLine(line, style)).toBe(" 4  10.8.0.1  1.000 ms  1.000 ms *");
	});

	it("or its maximum segment size alone", () => {
		const tcp: SampleReply = { icmp: null, kind: "synAck", detail: { flags: ["syn", "ack"], mss: 1460 } };
		const line = hop(4, from("10.8.0.1", tcp), from("10.8.0.1", { ...tcp, detail: { flags: ["syn"] } }));
		expect(formatHopLine(line, { ...STYLE, numeric: true, mss: true })).toBe(
			" 4  10.8.0.1 <MSS:1460>  1.000 ms  1.000 ms",
		);
	});

	it("a name cannot move the cursor", () => {
		const line = formatHopLine(hop(1, from("10.0.0.1", { name: "evil\u001b[2Jname\u009b1m" })), STYLE);
		expect(line).toBe(" 1  evil\\u{1b}[2Jname\\u{9b}1m (10.0.0.1)  1.000 ms");
	});

	it("interface information is spelt out as newer traceroutes do", () => {
		const object = {
			class: 2,
			type: 15,
			interface: { role: "incoming", index: 17, address: "192.0.2.9", name: "eth0", mtu: 1500 },
		};
		const line = formatHopLine(hop(1, from("10.0.0.1", { extensions: [object] })), {
			...STYLE,
			numeric: true,
			extensions: true,
		});
		expect(line).toBe(' 1  10.0.0.1 <INC:17,192.0.2.9,"eth0",mtu=1500>  1.000 ms');
	});

	it("colour stands around the text and changes none of it", () => {
		const line = formatHopLine(hop(1, "10.0.0.1", null), { ...STYLE, paint: COLOURED });
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences are what is removed
		expect(line.replaceAll(/\u001b\[\d+m/g, "")).toBe(" 1  10.0.0.1 (10.0.0.1)  1.000 ms *");
	});
});

it("events other than start and hop print nothing", () => {
	expect(formatTextEvent({ type: "end", atNs: 1, stopReason: "reached", reached: true }, STYLE)).toBe("");
	expect(formatTextEvent({ type: "hop", atNs: 1, hop: hop(1, null), last: false }, STYLE)).toBe(" 1  *\n");
});
