import type { TraceResult } from "@whither/core";
import type { HostSpec, RouterSpec, Scenario } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, runTool, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle();

/** Of the links from the client on: narrower behind the second router, and again behind the fourth. */
const LINK_MTUS = [1500, 1500, 1400, 1400, 1300, 1300];
const WAYS = [
	["udp", "errorQueue", "nobody"],
	["udp", "raw", "root"],
	["udp-port", "errorQueue", "nobody"],
	["udp-classic", "raw", "root"],
	["icmp", "raw", "root"],
	["tcp", "raw", "root"],
	["quic", "errorQueue", "nobody"],
	["quic", "raw", "root"],
] as const;
const VARIANTS = ([4, 6] as const).flatMap((family) =>
	WAYS.map(([method, channel, user]) => ({ family, method, channel, user })),
);
/** These get an answer of the target's own to each probe, however many; the others only so many ICMP errors a second. */
const UNLIMITED = VARIANTS.filter(({ method }) => method === "icmp" || method === "tcp");

/** A path with two drops; what the routers say of them is `router`'s matter. */
function narrowPath(
	router: Readonly<Record<number, Partial<RouterSpec>>> = {},
	target: Partial<HostSpec> = {},
): Scenario {
	const chain = chainScenario({ routers: 5, router, target });
	return { ...chain, links: chain.links.map((link, index) => ({ ...link, mtu: LINK_MTUS[index] ?? 1500 })) };
}

/** What a trace found, with the hops' addresses left out: the TTLs and lengths say it all. */
async function discover(lab: Lab, { family, method, channel, user }: (typeof VARIANTS)[number]): Promise<TraceResult> {
	const wanted = ["-M", method, "--channel", channel, "--mtu", "-m", "8", lab.addressOf("target", family)];
	const outcome = await runWhither(["--json", "-n", ...wanted], { namespace: lab.namespaceOf("client"), user });
	expect(outcome.code, `${wanted.join(" ")}\n${outcome.stderr}\n${outcome.stdout.slice(0, 2000)}`).toBe(0);
	return JSON.parse(outcome.stdout) as TraceResult;
}

function summary({ pathMtu, mtuDrops = [], hops, warnings }: TraceResult) {
	const drops = mtuDrops.map(({ ttl, mtu, found }) => `${ttl} ${mtu} ${found}`);
	return { pathMtu, drops, hops: hops.map(({ mtu }) => mtu), warnings: warnings.map(({ code }) => code) };
}

const REACHED_BY = [1500, 1500, 1400, 1400, 1300, 1300];

describe.skipIf(obstacle !== null)(skippable("the path MTU over real routers that tell", obstacle), () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await openLab(narrowPath());
	}, 60_000);

	afterAll(async () => {
		await lab?.close();
	});

	// One after the other on purpose: what the kernel has learned of the path must not shorten the next trace's packets.
	test.each(VARIANTS)("IPv$family $method over $channel: both drops, each at its hop", async (variant) => {
		const result = await discover(lab, variant);
		const drops = ["2 1400 told", "4 1300 told"];
		expect(summary(result)).toEqual({ pathMtu: 1300, drops, hops: REACHED_BY, warnings: [] });
	});

	test("what the kernel remembers of the path is not what the trace begins with", async () => {
		const target = lab.addressOf("target", 4);
		const namespace = lab.namespaceOf("client");
		const { stdout } = await runTool(["ip", "route", "get", target], { namespace });
		expect(stdout).toContain("mtu 1300");
		const [variant] = VARIANTS;
		if (variant !== undefined) expect((await discover(lab, variant)).hops[0]?.mtu).toBe(1500);
	});
});

describe.skipIf(obstacle !== null)(skippable("the path MTU over a real black hole", obstacle), () => {
	let lab: Lab;

	beforeAll(async () => {
		lab = await openLab(narrowPath({ 4: { tooLong: "silent" } }, { icmpLimit: "linux" }));
	}, 60_000);

	afterAll(async () => {
		await lab?.close();
	});

	test.each(UNLIMITED)("IPv$family $method over $channel: told at the first, found at the second", async (variant) => {
		const result = await discover(lab, variant);
		const drops = ["2 1400 told", "4 1300 tried"];
		expect(summary(result)).toEqual({ pathMtu: 1300, drops, hops: REACHED_BY, warnings: ["mtuBlackHole"] });
		expect(result.durationNs).toBeLessThan(2e9);
	});

	test("a target that refuses one datagram a second is asked more slowly", async () => {
		const result = await discover(lab, { family: 4, method: "udp", channel: "errorQueue", user: "nobody" });
		const drops = ["2 1400 told", "4 1300 tried"];
		expect(summary(result)).toEqual({ pathMtu: 1300, drops, hops: REACHED_BY, warnings: ["mtuBlackHole"] });
	});
});
