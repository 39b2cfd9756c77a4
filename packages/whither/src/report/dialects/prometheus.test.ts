import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO, runTrace } from "@whither/sim";
import { expect, it } from "vitest";
import { formatPrometheus, MOST_PATHS } from "./prometheus.ts";
import { pathOfResult, type TracedPath } from "./traced-path.ts";

const path = pathOfResult(runTrace(DEMO, { family: 4 }).result);

function to(name: string, method = "udp"): TracedPath {
	return { ...path, method, target: { ...path.target, name } };
}

/** Everything before the value, of each sample. */
function seriesIn(text: string): readonly string[] {
	return text.split("\n").flatMap((line) => (/^\w/.test(line) ? [line.slice(0, line.lastIndexOf(" "))] : []));
}

it("a series stands once, whoever watches the same target, and the last that began is told", () => {
	const first = { ...to("a.example"), rounds: 1 };
	const text = formatPrometheus([first, to("a.example", "icmp"), { ...first, rounds: 7 }]);
	const series = seriesIn(text);
	expect(new Set(series).size).toBe(series.length);
	expect(text).toContain('whither_path_rounds_total{target="a.example",protocol="udp"} 7\n');
	expect(text).toContain('whither_path_rounds_total{target="a.example",protocol="icmp"}');
});

it("there are no more series than so many a path, and no more paths than are bearable", () => {
	const count = seriesIn(formatPrometheus([to("a.example")])).length;
	expect(count).toBeLessThanOrEqual(4 + 11 * path.summary.hops.length);
	const text = formatPrometheus(Array.from({ length: MOST_PATHS + 10 }, (_, index) => to(`${index}.example`)));
	expect(seriesIn(text)).toHaveLength(MOST_PATHS * count);
	expect(text).not.toContain('"9.example"');
	expect(text).toContain(`"${MOST_PATHS + 9}.example"`);
});

it("what a target is called ends no label and no line", () => {
	const evil = 'a"} 1\nwhither_fake 2\r\\\u2028';
	const lines = formatPrometheus([to(evil)])
		.split("\n")
		.slice(0, -1);
	const whole =
		/^# (HELP|TYPE) whither_path_\w+ .+$|^whither_path_\w+\{(\w+="(?:[^"\\\n\r\u2028]|\\[\\"n])*",?)+\} [-\d.e]+$/;
	expect(lines.filter((line) => !whole.test(line))).toEqual([]);
});

it("its names are those of docs/serve-api.md", () => {
	const docs = readFileSync(join(import.meta.dirname, "../../../../../docs/serve-api.md"), "utf8");
	const told = new Set(formatPrometheus([path]).match(/(?<=# TYPE )\w+/g));
	expect(new Set(docs.match(/whither_path_\w+(?=`)/g))).toEqual(told);
});
