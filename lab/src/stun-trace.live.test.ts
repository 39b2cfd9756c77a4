import type { Family, TraceResult } from "@whither/core";
import { natAddress, type Scenario } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { coturnObstacle, openCoturn } from "./peers/coturn.ts";
import type { RunningServer } from "./peers/running-server.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle() ?? coturnObstacle();
const title = "stun against coturn, through a NAT and two more routers";

const NAT = { kind: "masquerade", outside: "r2" } as const;
const SCENARIO: Scenario = chainScenario({ routers: 3, router: { 1: { nat: NAT } } });

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
let server: RunningServer;

async function run({ family, channel, user }: Asked, args: readonly string[]): Promise<RunOutcome> {
	const wanted = ["-n", "--stun", "--channel", channel, ...args, lab.addressOf("target", family)];
	const outcome = await runWhither(wanted, { namespace: lab.namespaceOf("client"), user });
	expect(outcome.code, describeOutcome(outcome)).toBe(0);
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
		expect(probes.length, shown).toBeGreaterThan(0);
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

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	beforeAll(async () => {
		lab = await openLab(SCENARIO);
		const addresses = ([4, 6] as const).map((family) => lab.addressOf("target", family));
		server = await openCoturn({ namespace: lab.namespaceOf("target"), addresses });
	}, 60_000);

	afterAll(async () => {
		await server?.close();
		await lab?.close();
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
		// coturn answers without checking, since it asks nobody for a password, and so signs nothing.
		for (const detail of details(result)) expect(detail).toMatchObject({ response: "success", integrity: "none" });
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
