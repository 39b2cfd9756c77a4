/** The enriched-ICMP node on a real kernel: what its answers tell, that its rules come and go, and that it harms nobody. */
import { existsSync, readFileSync } from "node:fs";
import type { TraceResult } from "@whither/core";
import { Random } from "@whither/sim";
import {
	attributeOf,
	decodeStun,
	encodeIpv4,
	encodeIpv6,
	encodeStun,
	encodeUdp,
	isDecodeError,
	type StunItem,
	shortTermKey,
	trailingAttributeOf,
	verifyFingerprint,
	verifyIntegrity,
} from "@whither/wire";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules } from "./namespaces.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { type RunningTool, type RunOutcome, runTool, runWhither, startTool, startWhither, WHITHER } from "./run.ts";
import { startStorm } from "./storm.ts";
import { type Lab, openLab } from "./topology.ts";

/** The system's own first: one in somebody's home is not everybody's to run. */
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : findProgram("python3");

function programObstacle(): string | null {
	for (const program of ["iptables", "ip6tables"]) {
		if (findProgram(program) === null) return `it needs ${program} (Debian package iptables)`;
	}
	return PYTHON === null ? "the senders are python3's" : null;
}

const obstacle =
	labObstacle() ?? (existsSync(WHITHER) ? null : "the command is not built (npm run build)") ?? programObstacle();
if (obstacle !== null) console.warn(`the router skipped: ${obstacle}`);
const title = "the router";

const FAMILIES = [4, 6] as const;
/** The node is the fourth of seven routers, and the client is behind a NAT. */
const NODE = "r4";
const NODE_TTL = 4;
/** Figures are of the last two seconds. */
const POLLING = { timeout: 20_000, interval: 300 } as const;
const RATES = ["--up", "5000", "--down", "20000"] as const;
const KEY = shortTermKey("password");
/** Nobody answers there, and nobody says so. */
const SINK_PORT = 9;
const ECHO_PORT = 7777;

const ECHO = `
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(("::", ${ECHO_PORT}))
print("ready", flush=True)
while True:
    data, sender = s.recvfrom(2000)
    s.sendto(data, sender)
`;
/** Sends so many datagrams, five milliseconds apart, and counts those that come back. */
const STREAM = `
import socket, sys, time, select
target, count = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
s.connect((target, ${ECHO_PORT}))
back, sent, due = set(), 0, time.monotonic()
end = due + count * 0.005 + 2
while len(back) < count and time.monotonic() < end:
    if sent < count and time.monotonic() >= due:
        s.send(b"%d" % sent)
        sent, due = sent + 1, due + 0.005
    if select.select([s], [], [], 0.001)[0]:
        back.add(s.recv(100))
print(len(back))
`;
/** Sends one datagram and prints what comes back. */
const ASK = `
import socket, sys
target = sys.argv[1]
s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((target, ${ECHO_PORT}))
s.send(bytes.fromhex(sys.argv[2]))
print(s.recv(2000).hex())
`;

function said({ command, code, stdout, stderr }: RunOutcome): string {
	return `${command.join(" ")}\nexit ${code}\n${stderr}\n${stdout.slice(0, 2000)}`;
}

/** Resolves when the tool has printed something, rejects when it ends before. */
function ready(tool: RunningTool): Promise<RunningTool> {
	return new Promise((resolve, reject) => {
		tool.child.stdout?.once("data", () => resolve(tool));
		void tool.outcome.then((outcome) => reject(new Error(said(outcome))), reject);
	});
}

/** Packets that this machine dropped because it was too busy to take them off its virtual wires. */
function machineDrops(): number {
	const lines = readFileSync("/proc/net/softnet_stat", "utf8").trim().split("\n");
	return lines.reduce((sum, line) => sum + Number.parseInt(line.split(/\s+/)[1] ?? "0", 16), 0);
}

const STATUS = { congested: false, nodeCount: 0, upKbps: 0, downKbps: 0 } as const;
const OFFERING: readonly StunItem[] = [
	{ name: "username", value: "them:us" },
	{ name: "messageIntegrity", key: KEY },
	{ name: "networkStatus", value: STATUS },
	{ name: "fingerprint" },
];

function stun(kind: "request" | "success", attributes: readonly StunItem[]): Uint8Array {
	const transactionId = new Random(attributes.length).bytes(12);
	return encodeStun({ class: kind, method: "binding", transactionId, attributes });
}

describe.skipIf(obstacle !== null)(obstacle === null ? title : `${title} (skipped: ${obstacle})`, () => {
	let lab: Lab;
	let echo: RunningTool;
	let running: RunningTool[] = [];

	const client = () => lab.namespaceOf("client");
	const node = () => lab.namespaceOf(NODE);

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 7, router: { 1: { nat: { kind: "masquerade", outside: "r2" } } } }));
		insideNamespace(lab.namespaceOf("target"), () =>
			loadRules(
				`table inet sink { chain input { type filter hook input priority filter; udp dport ${SINK_PORT} drop; }; }`,
			),
		);
		const namespace = lab.namespaceOf("target");
		echo = await ready(startTool([PYTHON ?? "", "-c", ECHO], { namespace, timeoutMs: 300_000 }));
	});
	afterAll(async () => {
		echo?.child.kill("SIGKILL");
		await lab?.close();
	});
	afterEach(async () => {
		for (const { child, outcome } of running.splice(0)) {
			// Politely: one that is killed leaves its rules.
			child.kill("SIGTERM");
			await outcome;
		}
		running = [];
	});

	/** Starts the node; it can take packets when this resolves. */
	async function startRouter(flags: readonly string[] = []): Promise<RunningTool> {
		const options = { namespace: node(), timeoutMs: 120_000 };
		const tool = await ready(startWhither(["router", "--install", ...RATES, ...flags], options));
		running.push(tool);
		return tool;
	}

	async function end(tool: RunningTool, signal: NodeJS.Signals): Promise<RunOutcome> {
		tool.child.kill(signal);
		return tool.outcome;
	}

	/** Rules in PREROUTING beyond its policy, of both families. */
	async function rules(): Promise<string[]> {
		const lists = ["iptables", "ip6tables"].map((command) =>
			runTool([command, "-t", "mangle", "-S", "PREROUTING"], { namespace: node() }),
		);
		return (await Promise.all(lists)).flatMap(({ stdout }) =>
			stdout.split("\n").filter((line) => line.startsWith("-A")),
		);
	}

	async function trace(family: 4 | 6, flags: readonly string[] = [], user: "root" | "nobody" = "nobody") {
		const args = ["trace", "-M", "stun", "-n", "-q", "1", ...flags, lab.addressOf("target", family)];
		const outcome = await runWhither(args, { namespace: client(), user });
		expect(outcome.code, said(outcome)).toBe(0);
		return outcome.stdout;
	}

	async function traceResult(family: 4 | 6, flags?: readonly string[], user?: "root" | "nobody"): Promise<TraceResult> {
		return JSON.parse(await trace(family, ["--json", ...(flags ?? [])], user));
	}

	function packet(family: 4 | 6, ttl: number, payload: Uint8Array): Uint8Array {
		const [source, destination] = [lab.addressOf("client", family), lab.addressOf("target", family)];
		const ports = { sourcePort: 45_000, destinationPort: SINK_PORT };
		const datagram = encodeUdp({ family, source, destination, ...ports }, payload);
		return family === 4
			? encodeIpv4({ source, destination, ttl, protocol: 17 }, datagram)
			: encodeIpv6({ source, destination, hopLimit: ttl, protocol: 17 }, datagram);
	}

	/** How many of so many datagrams came back from the target. */
	async function stream(family: 4 | 6, count: number): Promise<number> {
		const command = [PYTHON ?? "", "-c", STREAM, lab.addressOf("target", family), String(count)];
		return Number((await runTool(command, { namespace: client(), user: "nobody" })).stdout);
	}

	const WAYS = FAMILIES.flatMap((family) => (["errorQueue", "raw"] as const).map((channel) => ({ family, channel })));

	test.each(WAYS)("tells a client behind a NAT of its links, IPv$family over $channel", async ({ family, channel }) => {
		await startRouter();
		const user = channel === "raw" ? "root" : "nobody";
		const result = await traceResult(family, ["--channel", channel], user);
		expect([result.reached, result.hops.length]).toEqual([true, 8]);
		for (const { ttl, probes } of result.hops) {
			const [stunObject, ...others] = probes.flatMap(({ extensions }) => extensions);
			if (ttl !== NODE_TTL) expect(stunObject).toBeUndefined();
			else {
				const networkStatus = { congested: false, nodeCount: 1, upKbps: 5_000, downKbps: 20_000 };
				expect(stunObject).toMatchObject({
					class: 0xf7,
					type: 1,
					stun: { class: "success", method: "binding", networkStatus, authenticated: false },
				});
				expect(others).toMatchObject([{ interface: { role: "incoming" } }, { interface: { role: "outgoing" } }]);
				expect(others[0]).toMatchObject({ interface: { address: probes[0]?.from, mtu: 1500 } });
			}
		}
	});

	test("measures what passes its interfaces: less is free, and a full link is congested until it is calm again", async () => {
		const tool = await startRouter(["--up", "1500"]);
		const said = async (): Promise<unknown> => {
			const [answer] = (await traceResult(4)).hops[NODE_TTL - 1]?.probes.flatMap(({ extensions }) => extensions) ?? [];
			return (answer as { stun?: { networkStatus?: unknown } } | undefined)?.stun?.networkStatus;
		};
		const calm = { congested: false, nodeCount: 1, upKbps: 1_500, downKbps: 20_000 };
		const full = { congested: true, nodeCount: 1, upKbps: 1, downKbps: 20_000 };
		await expect.poll(said, POLLING).toEqual(calm);
		// Two megabits a second, of packets that are no business of the node's.
		const packets = [packet(4, 64, new Uint8Array(972))];
		const storm = await startStorm(client(), { packets, perSecond: 250, seconds: 30 });
		await expect.poll(said, POLLING).toEqual(full);
		storm.stop();
		await expect.poll(said, POLLING).toEqual(calm);
		await end(tool, "SIGTERM");
	});

	test.each(FAMILIES)("is shown in text as a hint, IPv%i", async (family) => {
		await startRouter();
		const text = await trace(family);
		expect(text).toMatch(/^Hop 4, \S+: 1 node, up 5000 kbit\/s, down 20000 kbit\/s \(a hint, unauthenticated\)/m);
	});

	test.each(FAMILIES)("writes its word into messages that pass and offer a place for it, IPv%i", async (family) => {
		await startRouter();
		const hex = Buffer.from(stun("request", OFFERING)).toString("hex");
		const command = [PYTHON ?? "", "-c", ASK, lab.addressOf("target", family), hex];
		const outcome = await runTool(command, { namespace: client(), user: "nobody" });
		const message = decodeStun(Buffer.from(outcome.stdout.trim(), "hex"));
		if (isDecodeError(message)) throw new Error(said(outcome));
		// It passed the node twice, there and back, and each time "up" was the way it went.
		const status = { congested: false, nodeCount: 2, upKbps: 5_000, downKbps: 20_000 };
		expect(trailingAttributeOf(message, "networkStatus")).toEqual(status);
		expect([verifyIntegrity(message, KEY), verifyFingerprint(message)]).toEqual([true, true]);
		expect(attributeOf(message, "username")).toBe("them:us");
	});

	test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
		"takes its rules away on %s, and says what it did",
		async (signal) => {
			expect(await rules()).toEqual([]);
			const tool = await startRouter();
			expect(await rules()).toHaveLength(2);
			await traceResult(4);
			const outcome = await end(tool, signal);
			expect(outcome.code).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
			expect(outcome.stdout.trim().split("\n")).toHaveLength(1);
			expect(outcome.stderr).toMatch(/^\d+ STUN packets seen, [1-9] answered, 0 rewritten\n$/);
			expect(await rules()).toEqual([]);
		},
	);

	test("takes its rules away when a mistake of ours ends it", async () => {
		const crash = `process.on("SIGUSR2",()=>{throw new Error("asked for")})`;
		const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` };
		const tool = await ready(startWhither(["router", "--install"], { namespace: node(), env }));
		expect(await rules()).toHaveLength(2);
		const outcome = await end(tool, "SIGUSR2");
		expect([outcome.code, outcome.stderr]).toEqual([1, expect.stringContaining("asked for")]);
		expect(await rules()).toEqual([]);
	});

	test("killed, it leaves a way that packets go on by, and its rules to the next start", async () => {
		await end(await startRouter(["--interface", "link3"]), "SIGKILL");
		expect(await rules()).toHaveLength(2);
		for (const family of FAMILIES) {
			const { reached, hops } = await traceResult(family);
			expect([reached, hops[NODE_TTL - 1]?.probes[0]?.status]).toEqual([true, "reply"]);
		}
		const next = await startRouter(["--queue", "7"]);
		expect((await rules()).filter((rule) => !rule.includes("--queue-num 7"))).toEqual([]);
		const outcome = await end(next, "SIGTERM");
		expect(outcome.stderr).toMatch(/^Took away 2 rules that a killed router had left behind\n/);
		expect(await rules()).toEqual([]);
	});

	test("leaves the rules of a router that runs alone, and says whose the queue is", async () => {
		await startRouter();
		const second = await runWhither(["router", "--install"], { namespace: node() });
		expect([second.code, second.stdout]).toEqual([4, ""]);
		expect(second.stderr).toMatch(/Another program has queue 0/);
		const third = await startRouter(["--queue", "1"]);
		expect(await rules()).toHaveLength(4);
		await end(third, "SIGTERM");
		expect(await rules()).toHaveLength(2);
	});

	test("says which privileges it needs, with the code for it", async () => {
		const outcome = await runWhither(["router", "--install"], { namespace: node(), user: "nobody" });
		expect([outcome.code, outcome.stdout]).toEqual([3, ""]);
		expect(outcome.stderr).toMatch(/CAP_NET_ADMIN .*CAP_NET_RAW .*root/);
	});

	test("prints the rules where it is not to install them", async () => {
		const tool = await ready(startWhither(["router", "--queue", "3"], { namespace: node() }));
		expect(await rules()).toEqual([]);
		const { stderr, stdout } = await end(tool, "SIGTERM");
		expect(stderr).toContain("iptables -t mangle -A PREROUTING -p udp '!' -f -m u32 --u32 '0>>22&0x3C@12=0x2112a442'");
		expect(stderr).toContain("ip6tables -t mangle -A PREROUTING -p udp -m u32 --u32 '52=0x2112a442'");
		expect(stdout.split("\n")).toHaveLength(2);
	});

	test.each(FAMILIES)("under 20,000 matching packets a second other traffic loses nothing, IPv%i", async (family) => {
		const tool = await startRouter();
		const packets = [
			packet(family, NODE_TTL, stun("request", [])),
			packet(family, 64, stun("request", OFFERING)),
			packet(family, 64, stun("success", [])),
		];
		const before = machineDrops();
		const storm = await startStorm(client(), { packets, perSecond: 20_000, seconds: 4 });
		const back = await stream(family, 500);
		const lost = 500 - back;
		expect(lost).toBeLessThanOrEqual(machineDrops() - before);
		expect(await storm.over).toBeGreaterThan(60_000);
		const { stderr } = await end(tool, "SIGTERM");
		expect(Number(/^(\d+) STUN packets seen/.exec(stderr)?.[1])).toBeGreaterThan(10_000);
		expect(stderr).not.toMatch(/bug of ours/);
	});

	test("stopped in the middle of a storm it holds up no other traffic, and goes on where it was", async () => {
		const tool = await startRouter();
		const packets = [packet(4, 64, stun("request", OFFERING))];
		const storm = await startStorm(client(), { packets, perSecond: 10_000, seconds: 3 });
		tool.child.kill("SIGSTOP");
		const before = machineDrops();
		expect(300 - (await stream(4, 300))).toBeLessThanOrEqual(machineDrops() - before);
		tool.child.kill("SIGCONT");
		await storm.over;
		const [answer] = (await traceResult(4)).hops[NODE_TTL - 1]?.probes.flatMap(({ extensions }) => extensions) ?? [];
		expect(answer).toMatchObject({ stun: { authenticated: false } });
	});

	test("garbage that bears the cookie harms it no more than it is harmed by it", async () => {
		const tool = await startRouter();
		const random = new Random(4);
		const packets = FAMILIES.flatMap((family) =>
			Array.from({ length: 200 }, (_, index) => {
				const payload = index % 2 === 0 ? random.bytes(20 + (index % 80)) : stun("request", OFFERING);
				if (index % 2 === 1) payload.set(random.bytes(1), index % payload.length);
				payload.set([0x21, 0x12, 0xa4, 0x42], 4);
				return packet(family, index % 3 === 0 ? NODE_TTL : 64, payload);
			}),
		);
		const storm = await startStorm(client(), { packets, perSecond: 2_000, seconds: 2 });
		expect(await storm.over).toBeGreaterThan(3_000);
		const [answer] = (await traceResult(6)).hops[NODE_TTL - 1]?.probes.flatMap(({ extensions }) => extensions) ?? [];
		expect(answer).toMatchObject({ stun: { authenticated: false } });
		const { code, stderr } = await end(tool, "SIGTERM");
		expect([code, /bug of ours/.test(stderr)]).toEqual([143, false]);
	});
});
