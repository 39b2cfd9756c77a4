import { expect, it } from "vitest";
import { formatJson } from "./json.ts";
import { formatNdjsonEnd, formatNdjsonEvent } from "./ndjson.ts";
import { hop, sampleResult } from "./sample-trace.fixture.ts";

const result = sampleResult([hop(1, "10.0.0.1", null), hop(2, "203.0.113.7")], { name: "example.test" });

it("each event is one line that names its target", () => {
	const line = formatNdjsonEvent({ type: "hop", atNs: 5, hop: hop(1, null), last: false }, "example.test");
	expect(line.match(/\n/g)).toHaveLength(1);
	expect(JSON.parse(line)).toMatchObject({ type: "hop", host: "example.test", atNs: 5, last: false });
});

it("the last line is `end` and carries the whole result", () => {
	expect(formatNdjsonEvent({ type: "end", atNs: 5, stopReason: "reached", reached: true }, "x")).toBe("");
	const line = JSON.parse(formatNdjsonEnd(result));
	expect(line).toMatchObject({ type: "end", host: "example.test", stopReason: "reached", reached: true });
	expect(line.result).toEqual(result);
});

it("JSON comes back as it was, on one line or indented", () => {
	expect(JSON.parse(formatJson(result, 0))).toEqual(result);
	expect(formatJson(result, 0).match(/\n/g)).toHaveLength(1);
	expect(JSON.parse(formatJson(result, 2))).toEqual(result);
});
