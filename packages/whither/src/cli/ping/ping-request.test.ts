import { describe, expect, it } from "vitest";
import { TRACE_OPTIONS } from "../arguments/options.ts";
import { parseOptions } from "../arguments/parse.ts";
import { requestOf } from "../trace/trace-request.ts";
import { readPing } from "./ping-request.ts";

function read(line: string) {
	const { options, operands } = parseOptions(line.split(" "), TRACE_OPTIONS);
	return readPing(options, operands);
}

describe("a command line with --ping", () => {
	it.each([
		["-x 5 h", { host: "h", format: "text", request: { ttl: 5, intervalMs: undefined, count: undefined } }],
		["--ping=5 -z 50 -q 1000 h 100", { length: 100, request: { ttl: 5, intervalMs: 50, count: 1000, length: 100 } }],
		["-x 5 -Q 60 -w 1 -I h", { request: { timeoutMs: 60_000, waitMs: 1000, method: ["icmp"] } }],
		["-x 5 --packet-loss-threshold 30 h", { request: { lossThresholdPercent: 30, lossWindow: undefined } }],
		[
			"-x 5 --packet-loss-threshold 30 --packet-loss-window-size 20 --ndjson h",
			{ format: "ndjson", request: { lossWindow: 20 } },
		],
	])("%s", (line, expected) => expect(read(line)).toMatchObject(expected));

	it.each([
		["-x 0 h", '-x wants a whole number from 1 to 255, not "0"'],
		["-x 5 a b", "Ping mode (--ping) takes one host"],
		["-x 5 --mtu --pcap f h", "Ping mode (--ping) does not go together with --mtu, --pcap"],
		["-x 5 -m 9 h", "Ping mode (--ping) does not go together with --max-hops"],
		["-x 5 --format csv h", "Ping mode (--ping) has no CSV; choose --ndjson for a line a probe"],
		["-x 5 -z 0.001 h", "In ping mode -z wants 0.002 seconds at least"],
		["-x 5 --packet-loss-window-size 5 h", "--packet-loss-window-size says nothing without --packet-loss-threshold"],
		["-x 5 --packet-loss-threshold 0 h", '--packet-loss-threshold wants a whole number from 1 to 100, not "0"'],
	])("%s is refused", (line, sentence) => expect(() => read(line)).toThrow(sentence));
});

describe("a command line without it", () => {
	it.each([
		["-q 101 h", '-q wants a whole number from 1 to 100, not "101"'],
		["--packet-loss-threshold 30 h", "--packet-loss-threshold is for ping mode; add --ping TTL"],
	])("%s is refused", (line, sentence) => {
		const { options } = parseOptions(line.split(" "), TRACE_OPTIONS);
		expect(() => requestOf(options, undefined)).toThrow(sentence);
	});
});
