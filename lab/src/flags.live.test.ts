import { spawnSync } from "node:child_process";
import type { Family, TraceResult } from "@whither/core";
import { addressTowards, nodeNames, type Scenario } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { insideNamespace, loadRules, runIpBatch, writeSysctls } from "./namespaces.ts";
import { labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunOutcome, runWhither } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const obstacle = labObstacle() ?? commandObstacle();
const title = "flags on a real kernel";

/** Two ways from the client to the target: by `north`, as routed, and by `south`. */
const TWO_WAYS: Scenario = {
	name: "two ways",
	about: "A client with two interfaces; both ways join before the target.",
	nodes: {
		client: { kind: "host" },
		north: { kind: "router" },
		south: { kind: "router" },
		join: { kind: "router" },
		target: { kind: "host" },
	},
	links: [
		{ between: ["client", "north"] },
		{ between: ["client", "south"] },
		{ between: ["north", "join"] },
		{ between: ["south", "join"] },
		{ between: ["join", "target"] },
	],
	trace: { from: "client", to: "target" },
	lab: true,
	expect: { reached: true, stopReason: "reached", hops: [] },
};
/** The client's device towards the south. */
const SOUTH_DEVICE = "link1";
const MARK = 7;

const WAYS = [
	["udp", "errorQueue"],
	["udp", "raw"],
	["udp-classic", "errorQueue"],
	["icmp", "errorQueue"],
	["icmp", "raw"],
	["tcp", "raw"],
	["tcpconnect", "errorQueue"],
] as const;
const CASES = WAYS.flatMap(([method, channel]) => ([4, 6] as const).map((family) => ({ method, channel, family })));
type Case = (typeof CASES)[number];

const NODES = nodeNames(TWO_WAYS);
const BY_NORTH = ["north", "join", "target"];
const BY_SOUTH = ["south", "join", "target"];

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;

	const address = (node: string, towards: string, family: Family): string =>
		addressTowards(TWO_WAYS, node, towards, family);
	const targetOf = (family: Family): string => lab.addressOf("target", family);

	beforeAll(async () => {
		lab = await openLab(TWO_WAYS);
		for (const node of Object.keys(TWO_WAYS.nodes)) insideNamespace(lab.namespaceOf(node), allowSourceRoutes);
		for (const family of [4, 6] as const) {
			const target = targetOf(family);
			const [north, south] = [address("north", "client", family), address("south", "client", family)];
			const lines = [
				`route add ${target} via ${south} dev ${SOUTH_DEVICE} table ${MARK}`,
				`route add ${target} via ${north} dev link0 metric 10 table 8`,
				`route add ${target} via ${south} dev ${SOUTH_DEVICE} metric 20 table 8`,
				`rule add pref 10 to ${target} fwmark ${MARK} lookup ${MARK}`,
				`rule add pref 20 to ${target} lookup 8`,
			];
			runIpBatch(lines, { namespace: lab.namespaceOf("client"), family });
			// Answers go back to the interface whose address asked: sockets bound to it hear no other.
			const back = (["north", "south"] as const).map(
				(router) => `route replace ${address("client", router, family)} via ${address(router, "join", family)}`,
			);
			runIpBatch(back, { namespace: lab.namespaceOf("join"), family });
		}
	});
	afterAll(async () => {
		await lab?.close();
	});

	/** Everywhere: the kernel asks the interface as well as all of them. */
	function allowSourceRoutes(): void {
		for (const device of ["all", "default", "link0", "link1", "link2", "link3", "link4"]) {
			writeSysctls([
				[`net.ipv4.conf.${device}.accept_source_route`, "1"],
				[`net.ipv6.conf.${device}.accept_source_route`, "1"],
				[`net.ipv6.conf.${device}.seg6_enabled`, "1"],
			]);
		}
	}

	function run(flags: readonly string[], user: "root" | "nobody" = "root"): Promise<RunOutcome> {
		const namespace = lab.namespaceOf("client");
		return runWhither(["trace", "--json", "-n", "-q", "1", "-w", "1", ...flags], { namespace, user });
	}

	async function trace({ method, channel, family }: Case, flags: readonly string[]): Promise<TraceResult> {
		const outcome = await run(["-M", method, "--channel", channel, ...flags, targetOf(family)]);
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		return JSON.parse(outcome.stdout);
	}

	/** Who answered, hop by hop. */
	function path(result: TraceResult): (string | null)[] {
		return result.hops.map(({ probes }) => NODES.get(probes[0]?.from ?? "") ?? null);
	}

	/** Counts at the north router what arrives from the client and matches; gives the count since the last call. */
	async function counted(match: string, action: () => Promise<unknown>): Promise<number> {
		const namespace = lab.namespaceOf("north");
		const chain = "type filter hook prerouting priority -300; policy accept;";
		const rule = `iifname "link0" ${match} counter`;
		insideNamespace(namespace, () => loadRules(`table inet seen {\n chain arrivals {\n ${chain}\n ${rule}\n }\n}\n`));
		try {
			await action();
			const listed = insideNamespace(namespace, () => spawnSync("nft", ["list", "table", "inet", "seen"]));
			return Number(/packets (\d+)/.exec(listed.stdout.toString())?.[1] ?? Number.NaN);
		} finally {
			insideNamespace(namespace, () => spawnSync("nft", ["delete", "table", "inet", "seen"]));
		}
	}

	test.each(CASES)("goes as routed: $method over $channel, IPv$family", async (about) => {
		expect(path(await trace(about, []))).toEqual(BY_NORTH);
	});

	test.each(CASES)("-g: by way of a gateway, $method over $channel, IPv$family", async (about) => {
		const { family, method, channel } = about;
		if (family === 6 && method === "icmp" && channel === "errorQueue") return refuseRoute(about);
		const found = path(await trace(about, ["-g", address("south", "client", family)]));
		// Linux finds a connecting socket by the address a router quotes: before the last gateway that is not the target's.
		expect(found).toEqual(method === "tcpconnect" ? [found[0], ...BY_SOUTH.slice(1)] : BY_SOUTH);
	});

	/** Linux leaves the routing header out of what IPv6 ping sockets send. */
	async function refuseRoute({ family, method, channel }: Case): Promise<void> {
		const flags = ["-M", method, "--channel", channel, "-g", address("south", "client", family)];
		const outcome = await run([...flags, targetOf(family)]);
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
	}

	test.each(CASES)("-i: by the other interface, $method over $channel, IPv$family", async (about) => {
		const result = await trace(about, ["-i", SOUTH_DEVICE]);
		expect(path(result)).toEqual(BY_SOUTH);
	});

	test.each(CASES)("--fwmark: policy routing takes another way, $method over $channel, IPv$family", async (about) => {
		expect(path(await trace(about, ["--fwmark", String(MARK)]))).toEqual(BY_SOUTH);
	});

	test.each(CASES)("-s: from the other interface's address, $method over $channel, IPv$family", async (about) => {
		const source = address("client", "south", about.family);
		const result = await trace(about, ["-s", source]);
		expect(result.source.address).toBe(source);
		expect(path(result)).toEqual(BY_NORTH);
	});

	test.each(CASES)("-r: a neighbour needs no router, $method over $channel, IPv$family", async (about) => {
		const { method, channel, family } = about;
		const neighbour = address("north", "client", family);
		const outcome = await run(["-M", method, "--channel", channel, "-r", neighbour]);
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		expect(path(JSON.parse(outcome.stdout))).toEqual(["north"]);
		const refused = await run(["-M", method, "--channel", channel, "-r", targetOf(family)]);
		expect(refused.code, describeOutcome(refused)).toBe(4);
	});

	test.each(CASES)("-t: the byte arrives as asked, $method over $channel, IPv$family", async (about) => {
		const { family, method } = about;
		const name = family === 4 ? "ip" : "ip6";
		// Linux keeps the ECN bits of TCP sockets to itself.
		const [tos, ecn] = method === "tcpconnect" ? ["0x48", 0] : ["0x49", 1];
		const match = `${name} daddr ${targetOf(family)} ${name} dscp 18 ${name} ecn ${ecn}`;
		for (const flags of [
			["-t", tos],
			["--dscp", "18", ...(ecn === 0 ? [] : ["--ecn", "1"])],
		]) {
			expect(await counted(match, () => trace(about, flags))).toBeGreaterThanOrEqual(3);
		}
	});

	const WITH_PORTS = CASES.filter(({ method }) => method !== "icmp");
	test.each(WITH_PORTS)("--sport: many probes at once, $method over $channel, IPv$family", async (about) => {
		const { family, method } = about;
		const protocol = method.startsWith("tcp") ? "tcp" : "udp";
		const ip = family === 4 ? "ip" : "ip6";
		const ports = method.startsWith("tcp") ? "40000-40090" : "40000";
		const match = `${ip} daddr ${targetOf(family)} ${protocol} sport ${ports}`;
		const traced = async (): Promise<void> => {
			const result = await trace(about, ["--sport", "40000", "-q", "3"]);
			expect(result.hops).toHaveLength(3);
			for (const { probes } of result.hops) expect(probes.every(({ status }) => status === "reply")).toBe(true);
		};
		expect(await counted(match, traced)).toBeGreaterThanOrEqual(9);
		// Again at once: nothing of the first stands in the way.
		await traced();
	});

	test.each(CASES.filter(({ family }) => family === 6))("-l: the flow label, $method over $channel", async (about) => {
		const match = `ip6 daddr ${targetOf(6)} ip6 flowlabel 0xabcde`;
		expect(await counted(match, () => trace(about, ["-l", "0xabcde"]))).toBeGreaterThanOrEqual(3);
	});

	test("--fwmark without CAP_NET_ADMIN says what is missing", async () => {
		const outcome = await run(["--channel", "errorQueue", "--fwmark", "7", targetOf(4)], "nobody");
		expect(outcome.code, describeOutcome(outcome)).toBe(3);
		expect(outcome.stderr).toContain("CAP_NET_ADMIN");
	});

	test("-i with an interface that is not there says so", async () => {
		const outcome = await run(["-i", "nowhere0", targetOf(4)]);
		expect(outcome.code, describeOutcome(outcome)).toBe(4);
		expect(outcome.stderr).toContain("nowhere0");
	});
});
