/** mtr and scamper beside ours on the same path of real kernels: the same hops, and documents of the same build. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Family } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const missing = ["mtr", "scamper", "sc_warts2json"].find((program) => findProgram(program) === null);
const obstacle =
	labObstacle() ??
	commandObstacle() ??
	(missing === undefined ? null : `no ${missing} (Debian packages mtr-tiny, scamper)`);

const SILENT = 2;
const ROUTERS = 3;

type Json = Readonly<Record<string, unknown>>;

/** Keys with the types of their values, as deep as it goes; of an array its last item. */
function buildOf(value: unknown): unknown {
	if (Array.isArray(value)) return value.length === 0 ? [] : [buildOf(value.at(-1))];
	if (typeof value !== "object" || value === null) return typeof value;
	return Object.entries(value).map(([key, item]) => [key, buildOf(item)]);
}

/** The text with every number written alike, so that only the form is left. */
function formOf(text: string): string {
	return text.replaceAll(/\d+/g, "0").replaceAll(/ +/g, " ");
}

describe.skipIf(obstacle !== null)(skippable("reports beside the tools whose formats they are in", obstacle), () => {
	let lab: Lab;
	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: ROUTERS, router: { [SILENT]: { silent: true } } }));
	}, 60_000);
	afterAll(() => lab?.close());

	const peer = (...command: readonly string[]): string => {
		const [, ...rest] = ["ip", "netns", "exec", lab.namespaceOf("client"), ...command];
		const { stdout, stderr, status } = spawnSync("ip", rest, { encoding: "utf8", timeout: 60_000 });
		if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
		return stdout;
	};
	const ours = async (...args: readonly string[]): Promise<string> =>
		(await runWhither(args, { namespace: lab.namespaceOf("client") })).stdout;

	const mtr = (family: Family, ...args: readonly string[]) =>
		peer("mtr", "-n", "-c", "2", "-i", "0.1", "-G", "0.5", ...args, lab.addressOf("target", family));
	const trace = (family: Family, format: string) =>
		ours("trace", "-I", "-n", "-q", "2", "-w", "0.5", "--format", format, lab.addressOf("target", family));

	test.each([4, 6] as const)(
		"mtr's JSON, IPv%i",
		async (family: Family) => {
			const [theirs, mine] = [JSON.parse(mtr(family, "--json")), JSON.parse(await trace(family, "mtr"))];
			expect(buildOf(mine)).toEqual(buildOf(theirs));
			const hosts = (document: { report: { hubs: { host: string }[] } }) =>
				document.report.hubs.map(({ host }) => host);
			expect(hosts(mine)).toEqual(hosts(theirs));
			expect(hosts(mine)[SILENT - 1]).toBe("???");
		},
		60_000,
	);

	// Their form does not go by the family, and each takes seconds.
	test("mtr's CSV, reports, XML and raw lines, IPv4", async () => {
		expect(formOf(await trace(4, "mtr-csv"))).toBe(formOf(mtr(4, "--csv")));
		const report = (text: string) => formOf(text).split("\n").slice(1).join("\n");
		expect(report(await trace(4, "mtr-report"))).toBe(report(mtr(4, "-r")));
		expect(report(await trace(4, "mtr-wide"))).toBe(report(mtr(4, "-rw")));
		expect(formOf(await trace(4, "mtr-xml")).replace(/SRC="[^"]*"|PSIZE="0"/g, "")).toBe(
			formOf(mtr(4, "--xml")).replace(/SRC="[^"]*"|PSIZE="0"/g, ""),
		);
		const kinds = (text: string) =>
			new Set(text.split("\n").map((line) => line.replaceAll(/ \d+/g, " 0").replace(/^h 0 .*/, "h 0 ADDRESS")));
		expect(kinds(await trace(4, "mtr-raw"))).toEqual(kinds(mtr(4, "--raw")));
	}, 60_000);

	test.each([4, 6] as const)(
		"scamper's lines, IPv%i",
		async (family: Family) => {
			const target = lab.addressOf("target", family);
			const theirs = peer("scamper", "-O", "json", "-c", "trace -P icmp-paris -q 2 -Q -w 1", "-i", target);
			const mine = await ours("trace", "-I", "-n", "-q", "2", "-w", "0.5", "--format", "scamper", target);
			const [their, my] = [theirs, mine].map((text) =>
				text
					.trim()
					.split("\n")
					.map((line) => JSON.parse(line) as Json),
			);
			expect(my?.map(({ type }) => type)).toEqual(their?.map(({ type }) => type));
			const notKept = new Set(["icmp_sum", "reply_ipid", "reply_size"]);
			const built = (lines: readonly Json[] | undefined) =>
				JSON.parse(
					JSON.stringify(
						buildOf(JSON.parse(JSON.stringify(lines?.[1], (key, item) => (notKept.has(key) ? undefined : item)))),
					),
				);
			expect(built(my)).toEqual(built(their));
			const hops = (lines: readonly Json[] | undefined) =>
				((lines?.[1]?.hops ?? []) as { addr: string; probe_ttl: number; icmp_type: number }[]).map(
					({ addr, probe_ttl, icmp_type }) => [addr, probe_ttl, icmp_type],
				);
			expect(hops(my)).toEqual(hops(their));
		},
		60_000,
	);

	test("what scamper wrote in its own archive is shown as a trace with the path's hops", async () => {
		const target = lab.addressOf("target", 4);
		const folder = mkdtempSync(join(tmpdir(), "whither-"));
		const warts = join(folder, "trace.warts");
		peer("scamper", "-O", "warts", "-o", warts, "-c", "trace -P udp-paris -q 1 -w 1", "-i", target);
		const file = join(folder, "trace.json");
		writeFileSync(file, peer("sc_warts2json", warts));
		const shown = await ours("show", "-n", file);
		const addresses = shown
			.split("\n")
			.slice(1, -1)
			.map((line) => /\d+ +(\S+)/.exec(line)?.[1]);
		const traced = (await ours("trace", "-n", "-q", "1", "-w", "0.5", target))
			.split("\n")
			.slice(1, -1)
			.map((line) => /\d+ +(\S+)/.exec(line)?.[1]);
		expect(addresses).toEqual(traced);
		expect(addresses).toHaveLength(ROUTERS + 1);
	}, 60_000);
});
