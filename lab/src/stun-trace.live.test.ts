import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Family, TraceResult } from "@whither/core";
import { natAddress, type Scenario } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainScenario } from "./chain.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { type RunningTool, type RunOutcome, runWhither, startTool, WHITHER } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const coturn = findProgram("turnserver");
const obstacle =
	labObstacle() ??
	(existsSync(WHITHER) ? null : "the command is not built (npm run build)") ??
	(coturn === null ? "the server is coturn (Debian package coturn)" : null);
if (obstacle !== null) console.warn(`stun against a real server skipped: ${obstacle}`);
const title = "stun against coturn, through a NAT and two more routers";

const NAT = { kind: "masquerade", outside: "r2" } as const;
const SCENARIO: Scenario = chainScenario({ routers: 3, router: { 1: { nat: NAT } } });
const PORT = 3478;
/** How long the server may take until it answers for the first time. */
const START_MS = 10_000;

const CHANNELS = [
	["errorQueue", "nobody"],
	["raw", "root"],
] as const;
const VARIANTS = ([4, 6] as const).flatMap((family) => CHANNELS.map(([channel, user]) => ({ family, channel, user })));

interface Asked {
	readonly family: Family;
	readonly channel: "errorQueue" | "raw";
	readonly user: "nobody" | "root";
}

let lab: Lab;
let server: RunningTool;
let folder = "";

function said({ command, code, stdout, stderr }: RunOutcome): string {
	return `${command.join(" ")}\nexit ${code}\n${stderr}\n${stdout.slice(0, 2000)}`;
}

async function run({ family, channel, user }: Asked, args: readonly string[]): Promise<RunOutcome> {
	const wanted = ["-n", "--stun", "--channel", channel, ...args, lab.addressOf("target", family)];
	const outcome = await runWhither(wanted, { namespace: lab.namespaceOf("client"), user });
	expect(outcome.code, said(outcome)).toBe(0);
	return outcome;
}

async function trace(asked: Asked, args: readonly string[] = []): Promise<TraceResult> {
	return JSON.parse((await run(asked, ["--json", ...args])).stdout) as TraceResult;
}

/** Routers by their errors, all at their own place, and every probe of the last hop answered. */
function expectPath(result: TraceResult, family: Family): void {
	const shown = JSON.stringify(result.hops);
	expect(result, shown).toMatchObject({ reached: true, stopReason: "reached", method: "stun" });
	expect(result.hops.length, shown).toBe(4);
	for (const [index, { probes }] of result.hops.entries()) {
		const node = ["r1", "r2", "r3", "target"][index] ?? "";
		for (const probe of probes) expect(probe.from, shown).toBe(lab.addressOf(node, family));
	}
}

function details(result: TraceResult): readonly Readonly<Record<string, unknown>>[] {
	const replies = (result.hops.at(-1)?.probes ?? []).map(({ reply }) => reply);
	expect(replies.length).toBeGreaterThan(0);
	return replies.map((reply) => {
		expect(reply?.kind).toBe("stun");
		return reply?.detail ?? {};
	});
}

/** Until it answers: before that the kernel does, for a closed port. */
async function awaitServer(): Promise<void> {
	const until = performance.now() + START_MS;
	while (performance.now() < until) {
		const asked = ["-n", "--json", "--stun", "-f", "4", "-m", "4", "-q", "1", lab.addressOf("target", 6)];
		const outcome = await runWhither(asked, { namespace: lab.namespaceOf("client") });
		if (outcome.stdout.includes('"success"')) return;
	}
	throw new Error(`no STUN server after ${START_MS} ms`);
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "whither-stun-"));
		lab = await openLab(SCENARIO);
		const files = [`--pidfile=${folder}/pid`, `--log-file=${folder}/log`, `--userdb=${folder}/db`];
		const options = ["-n", "--stun-only", "--no-auth", "--no-cli", "--no-tls", "--no-dtls", `--listening-port=${PORT}`];
		const namespace = lab.namespaceOf("target");
		server = startTool([coturn ?? "", ...options, ...files], { namespace, timeoutMs: 120_000 });
		server.outcome.catch(() => undefined);
		await awaitServer();
	}, 60_000);

	afterAll(async () => {
		server?.child.kill("SIGKILL");
		await server?.outcome.catch(() => undefined);
		await lab?.close();
		if (folder !== "") await rm(folder, { recursive: true, force: true });
	});

	test.each(VARIANTS)("IPv$family over $channel: the path, and the address that the NAT gave us", async (asked) => {
		const result = await trace(asked);
		expectPath(result, asked.family);
		const address = natAddress(SCENARIO, "r1", NAT, asked.family);
		expect(result.source.publicAddress).toBe(address);
		for (const detail of details(result)) expect(detail).toMatchObject({ response: "success", mapped: { address } });
		expect(result.hops.flatMap(({ probes }) => probes).some(({ inferred }) => inferred)).toBe(false);
	});

	test.each(VARIANTS)("IPv$family over $channel: as an ICE check, signed and with a fingerprint", async (asked) => {
		const result = await trace(asked, ["-O", "username=remote:local,password=secret,fingerprint,software=whither"]);
		expectPath(result, asked.family);
		for (const detail of details(result)) expect(detail).toHaveProperty("response");
	});

	test.each(VARIANTS)(
		"IPv$family over $channel: as the draft has it, whatever coturn says to PADDING",
		async (asked) => {
			const result = await trace(asked, ["-O", "draft"]);
			expectPath(result, asked.family);
			for (const detail of details(result)) expect(["success", "error"]).toContain(detail.response);
		},
	);

	test.each(VARIANTS)("IPv$family over $channel: a closed port ends the path as well", async (asked) => {
		const result = await trace(asked, ["-p", "9"]);
		expectPath(result, asked.family);
		for (const { reply } of result.hops.at(-1)?.probes ?? []) expect(reply?.kind).toBe("portUnreachable");
	});

	test.each(VARIANTS)("IPv$family over $channel: text tells transactions and our public address", async (asked) => {
		const { stdout } = await run(asked, []);
		const address = natAddress(SCENARIO, "r1", NAT, asked.family);
		expect(stdout).toMatch(/^ {3}Transactions: \d+, \d+ at once$/m);
		expect(stdout).toMatch(/^ {3}Retransmits: \d+/m);
		expect(stdout).toContain(`   Public address: ${address}\n`);
		expect(stdout).toMatch(/^ {3}Complete: \d+\.\d{6} s$/m);
	});
});
