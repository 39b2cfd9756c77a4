import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodePcapng, LINKTYPE_RAW } from "@whither/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, runTool, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const tshark = findProgram("tshark");
const obstacle =
	labObstacle() ?? commandObstacle() ?? (tshark === null ? "it needs tshark (Debian package tshark)" : null);
const title = "captures";

const CASES = [
	["udp", "errorQueue"],
	["udp", "raw"],
	["icmp", "errorQueue"],
	["icmp", "raw"],
	["tcp", "raw"],
	["tcpconnect", "errorQueue"],
] as const;
const WAYS = CASES.flatMap(([method, channel]) => ([4, 6] as const).map((family) => ({ method, channel, family })));

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;
	let folder: string;

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 2 }));
		folder = await mkdtemp(join(tmpdir(), "whither-pcap-"));
	});
	afterAll(async () => {
		await lab?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function run(flags: readonly string[]): Promise<RunOutcome> {
		return runWhither(["trace", "-n", "-q", "1", "-m", "3", ...flags], { namespace: lab.namespaceOf("client") });
	}

	test.each(WAYS)(
		"tshark reads every packet: $method over $channel, IPv$family",
		async ({ method, channel, family }) => {
			const file = join(folder, "one.pcapng");
			const before = BigInt(Date.now()) * 1_000_000n;
			const outcome = await run(["-M", method, "--channel", channel, "--pcap", file, lab.addressOf("target", family)]);
			expect(outcome.code, describeOutcome(outcome)).toBe(0);
			const { blocks, error } = decodePcapng(await readFile(file));
			expect(error).toBeNull();
			expect(blocks.find(({ kind }) => kind === "interface")).toMatchObject({ linkType: LINKTYPE_RAW });
			const packets = blocks.flatMap((block) => (block.kind === "packet" ? [block] : []));
			const mark = channel === "raw" ? "" : " (rebuilt from what the kernel tells)";
			const comments = packets.map(({ comment }) => comment);
			for (const expected of [
				`${method} probe 0, ttl 1${mark}`,
				`${method}: time exceeded from hop 1 about probe 0, ttl 1${mark}`,
				`${method}: time exceeded from hop 2 about probe 1, ttl 2${mark}`,
			]) {
				expect(comments).toContain(expected);
			}
			expect(comments.filter((comment) => comment?.includes("from target about probe 2"))).toHaveLength(1);
			const times = packets.map(({ timestamp }) => timestamp);
			expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
			expect(times[0] ?? 0n).toBeGreaterThanOrEqual(before);
			expect(times.at(-1) ?? 0n).toBeLessThanOrEqual(BigInt(Date.now() + 1) * 1_000_000n);
			const read = await runTool([tshark ?? "tshark", "-r", file, "-V"], { namespace: lab.namespaceOf("client") });
			expect(read.code, describeOutcome(read)).toBe(0);
			expect(read.stdout).not.toMatch(/malformed/i);
			expect(read.stdout.match(/^Frame \d+/gm)).toHaveLength(packets.length);
		},
	);

	test("several targets share a file, an interface each", async () => {
		const file = join(folder, "two.pcapng");
		const hosts = [lab.addressOf("target", 4), lab.addressOf("r1", 4)];
		const outcome = await run(["--pcap", file, ...hosts]);
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		const { blocks } = decodePcapng(await readFile(file));
		expect(blocks.filter(({ kind }) => kind === "interface")).toHaveLength(2);
		const interfaces = blocks.flatMap((block) => (block.kind === "packet" ? [block.interfaceId] : []));
		expect(new Set(interfaces)).toEqual(new Set([0, 1]));
	});

	test.each([
		["/dev/full", "ENOSPC"],
		["/", "EISDIR"],
		["/nowhere/a.pcapng", "ENOENT"],
	])("says why %s cannot be written, and ends with 4", async (file, code) => {
		const outcome = await run(["--pcap", file, lab.addressOf("target", 4)]);
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
		expect(outcome.stderr).toContain(`the capture ${file} cannot be written`);
		expect(outcome.stderr).toContain(code);
	});
});
