import type { PingEvent, PingResult, ProbeResult } from "@whither/core";
import { nodeCrypto } from "@whither/net";
import { DEMO, runPing } from "@whither/sim";
import { describe, expect, it } from "vitest";
import { PLAIN } from "../paint.ts";
import { pingReport } from "./ping-report.ts";
import { formatPingEvent, formatPingSummary, PLAIN_PING } from "./ping-text.ts";

const PROBE: ProbeResult = {
	seq: 4,
	flow: 0,
	sentAtNs: 0,
	status: "reply",
	from: "192.0.2.1",
	name: null,
	rttNs: 12_345_000,
	stamps: "kernel",
	reply: { kind: "timeExceeded", icmp: { type: 11, code: 0 }, ttl: 60, tos: 0, mtu: null, detail: {} },
	quoted: null,
	extensions: [],
};
const SILENT: ProbeResult = { ...PROBE, status: "timeout", from: null, rttNs: null, stamps: null, reply: null };
const UNSENT = { code: "noRoute", call: "sendmmsg", address: null, errno: 101, errnoName: "ENETUNREACH" } as const;

const line = (probe: Partial<ProbeResult>, before: string | null = null, style = PLAIN_PING): string =>
	formatPingEvent({ type: "probe", atNs: 1, probe: { ...PROBE, ...probe } }, style, before);

describe("a probe's line", () => {
	const refused = { kind: "unreachable", icmp: { type: 3, code: 1 }, ttl: 60, tos: 0, mtu: null, detail: {} } as const;
	it.each<[string, Partial<ProbeResult>, string | null]>([
		["seq 4  192.0.2.1  12.345 ms\n", {}, null],
		["seq 4  192.0.2.1  12.345 ms\n", {}, "192.0.2.1"],
		["seq 4  192.0.2.1  12.345 ms  was 192.0.2.9\n", {}, "192.0.2.9"],
		["seq 4  gw.example (192.0.2.1)  12.345 ms\n", { name: "gw.example" }, null],
		["seq 4  gw\\u{1b} (192.0.2.1)  12.345 ms\n", { name: "gw\u001b" }, null],
		["seq 4  192.0.2.1 [AS64500]  12.345 ms\n", { asn: "AS64500" }, null],
		["seq 4  192.0.2.1  12.345 ms !H\n", { reply: refused }, null],
		["seq 4  192.0.2.1  12.345 ms  late\n", { late: true }, null],
		["seq 4  *\n", SILENT, "192.0.2.1"],
		["seq 4  not sent ENETUNREACH\n", { ...SILENT, status: "sendError", error: UNSENT }, null],
		[
			"seq 4  not sent !F-1400\n",
			{ ...SILENT, status: "sendError", error: { ...UNSENT, code: "messageTooLong", mtu: 1400 } },
			null,
		],
	])("%j", (text, probe, before) => expect(line(probe, before)).toBe(text));

	it("shows no names with -n, and extensions with -e", () => {
		const extensions = [{ class: 1, type: 1, mpls: [{ label: 24015, tc: 0, bottom: true, ttl: 1 }] }];
		const style = { ...PLAIN_PING, numeric: true, extensions: true };
		expect(line({ name: "gw", extensions }, null, style)).toBe(
			"seq 4  192.0.2.1 <MPLS:L=24015,E=0,S=1,T=1>  12.345 ms\n",
		);
	});
});

describe("the summary", () => {
	const totals = { sent: 20, received: 14, lost: 6, notSent: 0, waiting: 0, duplicates: 0, late: 0, lossPercent: 30 };
	const rtt = { minNs: 1e6, avgNs: 2e6, maxNs: 3e6, stddevNs: 800_000, jitterNs: 1e6 };
	const text = (more: Partial<PingResult["totals"]>, times: PingResult["rtt"] = rtt): string =>
		formatPingSummary({ totals: { ...totals, ...more }, rtt: times, durationNs: 20.0123e9 } as PingResult);

	it("has two lines, as ping(8)", () => {
		expect(text({})).toBe(
			"20 sent, 14 received, 30 % lost, time 20012 ms\nrtt min/avg/max/stddev = 1.000/2.000/3.000/0.800 ms, jitter 1.000 ms\n",
		);
	});
	it("has one where nobody answered, and no loss where nothing is settled", () => {
		expect(text({ received: 9, waiting: 5 })).toContain("20 sent, 9 received, 30 % lost, 5 still waited for, time");
		expect(text({ received: 0, lossPercent: null }, null)).toBe("20 sent, 0 received, time 20012 ms\n");
	});
	it("tells what does not happen every day", () => {
		expect(text({ lossPercent: 0.44, late: 1, duplicates: 1, notSent: 2 })).toContain(
			"0.4 % lost, 1 of them late, 1 duplicate, 2 not sent, time",
		);
	});
});

describe("a ping of the demonstration", () => {
	const { events, result } = runPing(DEMO, {
		family: 4,
		crypto: nodeCrypto,
		ping: { ttl: 5, intervalNs: 50e6, count: 6, lossThreshold: null },
	});
	const written = (format: "text" | "ndjson" | "json"): string => {
		const report = pingReport(format, "server", { numeric: true, extensions: false, paint: PLAIN, indent: 0 });
		return events.map((event: PingEvent) => report.event(event)).join("") + report.end(result);
	};

	it("as text", () =>
		expect(written("text")).toMatchInlineSnapshot(`
		"ping mode: udp to server.frankfurt (10.16.52.2), ttl 5, every 50 ms
		seq 0  10.16.20.2  32.663 ms
		seq 1  10.16.20.2  32.545 ms
		seq 2  10.16.20.2  32.726 ms
		seq 3  10.16.16.2  30.782 ms  was 10.16.20.2
		seq 4  10.16.20.2  32.010 ms  was 10.16.16.2
		seq 5  10.16.16.2  30.021 ms  was 10.16.20.2
		6 sent, 6 received, 0 % lost, time 280 ms
		rtt min/avg/max/stddev = 30.021/31.791/32.726/1.033 ms, jitter 1.092 ms
		"
	`));

	it("as NDJSON has a line an event, the last with the result", () => {
		const lines = written("ndjson")
			.trimEnd()
			.split("\n")
			.map((text) => JSON.parse(text));
		expect(lines.map(({ type }) => type)).toEqual(["start", ...result.probes.map(() => "probe"), "end"]);
		expect(lines.at(-1).result).toEqual(JSON.parse(JSON.stringify(result)));
	});

	it("as JSON is the result alone", () =>
		expect(JSON.parse(written("json"))).toEqual(JSON.parse(JSON.stringify(result))));
});
