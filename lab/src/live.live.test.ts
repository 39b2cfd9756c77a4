import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Family } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules, runIpBatch } from "./namespaces.ts";
import { labObstacle } from "./requirements.ts";
import { describeOutcome, runTool, type User } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const LIBRARY = fileURLToPath(new URL("../../packages/whither/dist/index.js", import.meta.url));
const obstacle = labObstacle() ?? (existsSync(LIBRARY) ? null : "the library is not built (npm run build)");
const title = "a continuous trace on a real kernel";

/** Watches a path to its end and says its result. */
const WATCHER = `
	import { live } from ${JSON.stringify(LIBRARY)};
	const [target, options] = process.argv.slice(1);
	console.log(JSON.stringify(await live(target, JSON.parse(options)).result));
`;

interface Watched {
	readonly stopReason: string;
	readonly reached: boolean;
	readonly method: string;
	readonly summary: {
		readonly hops: readonly {
			readonly ttl: number;
			readonly sent: number;
			readonly received: number;
			readonly lost: number;
			readonly notSent: number;
			readonly lossMeaning: string;
			readonly answerers: readonly { readonly address: string }[];
			readonly rtt: { readonly bestNs: number; readonly worstNs: number } | null;
		}[];
	};
}

const CASES: readonly (readonly [method: string, user: User, family: Family])[] = [
	["udp", "root", 4],
	["udp", "root", 6],
	["udp", "nobody", 4],
	["udp", "nobody", 6],
	["icmp", "root", 6],
	["tcp", "root", 4],
	["tcpconnect", "nobody", 6],
];

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 3 }));
	});
	afterAll(async () => {
		await lab?.close();
	});

	async function watch(family: Family, options: object, user: User = "root"): Promise<Watched> {
		const command = [process.execPath, "--input-type=module", "-e", WATCHER];
		const asked = [lab.addressOf("target", family), JSON.stringify({ intervalMs: 100, ...options })];
		const outcome = await runTool([...command, ...asked], { namespace: lab.namespaceOf("client"), user });
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		return JSON.parse(outcome.stdout);
	}

	test.each(CASES)("five rounds of %s as %s, IPv%i", async (method, user, family) => {
		const { summary, ...told } = await watch(family, { method, rounds: 5 }, user);
		expect(told).toMatchObject({ stopReason: "count", reached: true, method });
		expect(summary.hops.map(({ ttl, sent, received, lost }) => [ttl, sent, received, lost])).toEqual(
			[1, 2, 3, 4].map((ttl) => [ttl, 5, 5, 0]),
		);
		const target = lab.addressOf("target", family);
		expect(summary.hops.map(({ answerers }) => answerers.map(({ address }) => address === target))).toEqual([
			[false],
			[false],
			[false],
			[true],
		]);
		for (const { rtt } of summary.hops) expect(rtt?.worstNs).toBeLessThan(100e6);
	});

	test("counts as lost what a router dropped, probe by probe, and sees that all behind it share it", async () => {
		const namespace = lab.namespaceOf("r1");
		const drop = `ip daddr ${lab.addressOf("target", 4)} numgen inc mod 4 0 counter drop`;
		insideNamespace(namespace, () =>
			loadRules(`table inet lossy {\n chain way {\n type filter hook forward priority 0\n ${drop}\n }\n}\n`),
		);
		const { summary } = await watch(4, { rounds: 40, waitMs: 500 });
		const listed = await runTool(["nft", "list", "table", "inet", "lossy"], { namespace });
		insideNamespace(namespace, () => loadRules("delete table inet lossy\n"));
		const dropped = Number(/packets (\d+)/.exec(listed.stdout)?.[1]);
		// The first round may go beyond the target, whose answers to that are of no hop.
		const lost = summary.hops.map((hop) => hop.lost);
		expect(lost[0]).toBe(0);
		const sum = lost.reduce((a, b) => a + b);
		expect(sum).toBeLessThanOrEqual(dropped);
		expect(dropped - sum).toBeLessThanOrEqual(5);
		expect(summary.hops.map(({ lossMeaning }) => lossMeaning)).toEqual(["none", "loss", "loss", "loss"]);
	});

	test("goes on through a way out that is gone for a while", async () => {
		const namespace = lab.namespaceOf("client");
		const family = 4;
		const watching = watch(family, { rounds: 24, waitMs: 300 });
		await new Promise((resolve) => setTimeout(resolve, 1_400));
		const target = lab.addressOf("target", family);
		insideNamespace(namespace, () => runIpBatch([`rule add to ${target} priority 1 unreachable`]));
		await new Promise((resolve) => setTimeout(resolve, 500));
		insideNamespace(namespace, () => runIpBatch([`rule del to ${target} priority 1`]));
		const { summary, stopReason } = await watching;
		expect(stopReason).toBe("count");
		for (const { sent, received, notSent } of summary.hops) {
			expect(received).toBe(sent);
			expect(notSent).toBeGreaterThan(1);
		}
	});
});
