import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressTowards, natKind } from "@whither/sim";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { type IceLab, type IceNode, iceLabObstacle, openIceLab } from "./ice/ice-lab.ts";
import { ICE_SERVERS } from "./ice/servers.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { describeOutcome, endTool, type RunningTool, type RunOutcome, startWhither } from "./run.ts";

const FAMILIES = [4, 6] as const;
const [WHITHER] = ICE_SERVERS;
const HTTP_PORT = 8088;
const TEST_MS = 120_000;
const obstacle = iceLabObstacle() ?? WHITHER.obstacle;

interface TraceDocument {
	readonly hops: readonly { readonly probes: readonly { readonly from: string | null }[] }[];
}
/** What a document says, as far as tests look. */
interface MeetDocument {
	readonly connected: boolean;
	readonly why: string;
	readonly stopReason: string;
	readonly outcome: { readonly code: string };
	readonly selected: { readonly local: { readonly type: string }; readonly remote: { readonly type: string } } | null;
	readonly path: TraceDocument | null;
	readonly reversePath: TraceDocument | null;
}

const schema = (name: string) =>
	JSON.parse(readFileSync(join(import.meta.dirname, `../../docs/schema/${name}`), "utf8"));
const validate = new Ajv2020({
	...{ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false, validateFormats: false },
	schemas: [schema("trace-1.json")],
}).compile(schema("meet-1.json"));

/** The document that a command printed, which is as the schema has it. */
function read(outcome: RunOutcome): MeetDocument {
	const document = JSON.parse(outcome.stdout);
	expect(validate(document) ? null : validate.errors, describeOutcome(outcome)).toBeNull();
	return document;
}

/** Everybody who answered, hop by hop. */
function routers(path: TraceDocument | null): readonly string[] {
	return (path?.hops ?? []).map(({ probes }) => [...new Set(probes.map(({ from }) => from ?? "*"))].join(" "));
}

let code = 0;

describe.skipIf(obstacle !== null)(skippable("whither meet, held against what the lab is", obstacle), () => {
	let lab: IceLab;
	let server: RunningServer;
	const running = new Set<RunningTool>();

	beforeAll(async () => {
		lab = await openIceLab({ sharedLan: true });
		server = await lab.openServer(WHITHER, "relays", [`--port=${HTTP_PORT}`, "--insecure"]);
	});
	afterAll(async () => {
		for (const tool of running) await endTool(tool);
		await server?.close();
		await lab?.close();
	});

	const url = (family: 4 | 6) => `http://${family === 4 ? lab.server(4) : `[${lab.server(6)}]`}:${HTTP_PORT}`;
	function start(node: IceNode, args: readonly string[], input: "none" | "typed" = "none"): RunningTool {
		const options = { namespace: lab.host(node).namespace, user: "nobody", timeoutMs: TEST_MS, input } as const;
		const tool = startWhither(["meet", ...args], options);
		running.add(tool);
		return tool;
	}

	/** Resolves when a command has said something on a stream. */
	function says({ child, outcome }: RunningTool, stream: "stdout" | "stderr", words: string): Promise<string> {
		return new Promise((resolve, reject) => {
			let said = "";
			child[stream]?.on("data", (text: string) => {
				said += text;
				if (said.includes(words)) resolve(said);
			});
			outcome.then((ended) => reject(new Error(`${words}: never said\n${describeOutcome(ended)}`)), reject);
		});
	}

	/** Two commands and a code; the second joins as soon as the first has its room. */
	async function meet(family: 4 | 6, nodes: readonly [IceNode, IceNode], args: readonly string[] = []) {
		const word = `${++code}-otter-velvet`;
		const shared = ["--server", url(family), `-${family}`, "--json", ...args];
		const first = start(nodes[0], [...shared, "--code", word]);
		await says(first, "stderr", word);
		const outcomes = await Promise.all([first.outcome, start(nodes[1], [...shared, word]).outcome]);
		const words = outcomes.map(describeOutcome).join("\n");
		return { a: read(outcomes[0]), b: read(outcomes[1]), codes: outcomes.map((outcome) => outcome.code), words };
	}

	/** Routers as whoever stands before them sees them: by the address that is turned to him. */
	const facing = (family: 4 | 6, way: readonly string[]) =>
		way.slice(1).map((node, index) => addressTowards(lab.scenario, node, way[index] ?? "", family));

	test.each(FAMILIES)("IPv%i, direct: both ways are the lab's routers and the other's NAT", async (family) => {
		await lab.become({ a: natKind("port-restricted"), b: natKind("port-restricted") });
		const { a, b, codes, words } = await meet(family, ["lanA", "lanB"]);
		expect(codes, words).toEqual([0, 0]);
		// What is behind a NAT is seen as it, and so are its own errors about what it has translated already.
		const [seenA, seenB] = [lab.host("lanA").seenAs(family), lab.host("lanB").seenAs(family)];
		const there = [...facing(family, ["lanA", "natA", "wan"]), seenB, seenB];
		const back = [...facing(family, ["lanB", "natB", "wan"]), seenA, seenA];
		expect([routers(a.path), routers(a.reversePath)], words).toEqual([there, back]);
		expect([routers(b.path), routers(b.reversePath)], words).toEqual([back, there]);
	});

	test.each(FAMILIES)("IPv%i, without a NAT: every router on the way, both ways", async (family) => {
		await lab.become({ a: natKind("no NAT"), b: natKind("stateful firewall") });
		const { a, b, codes, words } = await meet(family, ["lanA", "lanB"]);
		expect(codes, words).toEqual([0, 0]);
		const there = facing(family, ["lanA", "natA", "wan", "natB", "lanB"]);
		const back = facing(family, ["lanB", "natB", "wan", "natA", "lanA"]);
		expect([routers(a.path), routers(b.path)], words).toEqual([there, back]);
	});

	test.each(FAMILIES)("IPv%i, relayed: each end's way to the relay", async (family) => {
		await lab.become({ a: natKind("symmetric"), b: natKind("symmetric") });
		const { a, b, codes, words } = await meet(family, ["lanA", "lanB"]);
		expect(codes, words).toEqual([0, 0]);
		const way = (home: readonly string[]) => [...facing(family, home), lab.server(family)];
		expect([routers(a.path), routers(b.path)], words).toEqual([
			way(["lanA", "natA", "wan"]),
			way(["lanB", "natB", "wan"]),
		]);
	});

	test.each(FAMILIES)("IPv%i, on one LAN: nobody between", async (family) => {
		const { a, codes, words } = await meet(family, ["lanA", "lanA2"]);
		expect(codes, words).toEqual([0, 0]);
		expect(a.path?.hops, words).toHaveLength(1);
	});

	test(
		"by lines that people carry, with a server for STUN and TURN alone and with none",
		async () => {
			await lab.become({ a: natKind("port-restricted"), b: natKind("full cone") });
			for (const [nodes, more] of [
				[
					["lanA", "lanB"],
					["--server", url(4)],
				],
				[["lanA", "lanA2"], []],
			] as const) {
				const shared = ["--copy-paste", "-4", "--json", ...more];
				const first = start(nodes[0], shared, "typed");
				const line = lineIn(await says(first, "stderr", "Paste the other"));
				const second = start(nodes[1], [...shared, line], "typed");
				const answer = lineIn(await says(second, "stderr", "Press Enter here"));
				first.child.stdin?.write(`${answer}\n`);
				second.child.stdin?.write("\n");
				const outcomes = await Promise.all([first.outcome, second.outcome]);
				const words = outcomes.map(describeOutcome).join("\n");
				expect(
					outcomes.map((outcome) => outcome.code),
					words,
				).toEqual([0, 0]);
				const [a, b] = outcomes.map(read);
				expect([a?.selected?.local.type, b?.selected?.local.type], words).not.toContain("relay");
				expect(a?.path, words).toEqual(b?.reversePath);
			}
		},
		TEST_MS,
	);

	test.each([
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("%s while nobody has come: what there is, and the code that goes with it", async (signal, exit) => {
		const word = `${++code}-otter-velvet`;
		const alone = start("lanA", ["--server", url(4), "--json", "--code", word]);
		await says(alone, "stderr", word);
		alone.child.kill(signal);
		const outcome = await alone.outcome;
		expect(outcome.code, describeOutcome(outcome)).toBe(exit);
		expect(read(outcome)).toMatchObject({ connected: false, stopReason: "interrupted" });
	});

	test.each(["SIGINT", "SIGTERM"] as const)(
		"%s while a way is looked for: the other end knows that nobody is there any more",
		async (signal) => {
			// No way from home to home, and relays are not lent.
			await lab.become({ a: natKind("symmetric"), b: natKind("symmetric") });
			const word = `${++code}-otter-velvet`;
			const shared = [
				"--server",
				url(4),
				"-4",
				"--turn",
				`turn:${lab.server(4, 1)}:9`,
				"--user",
				"nobody",
				"--password",
				"none",
			];
			const first = start("lanA", [...shared, "--code", word]);
			await says(first, "stdout", word);
			const second = start("lanB", [...shared, "--json", word]);
			await says(first, "stdout", "  they ");
			first.child.kill(signal);
			const [interrupted, left] = await Promise.all([first.outcome, second.outcome]);
			expect(interrupted.code, describeOutcome(interrupted)).toBe(signal === "SIGINT" ? 130 : 143);
			expect(left.code, describeOutcome(left)).toBe(1);
			expect(read(left).outcome.code, describeOutcome(left)).toBe("peerLeft");
		},
	);

	test("a server that is not there: said at once", async () => {
		const outcome = await start("lanA", ["--server", `http://${lab.server(4, 1)}:9`, "--json"]).outcome;
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
		expect(read(outcome).why, describeOutcome(outcome)).not.toBe("");
	});
});

/** The longest word is the line to carry. */
function lineIn(said: string): string {
	return said.split(/\s+/).reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}
