/** What tests of the enriched-ICMP node share: seven routers behind a NAT, the node in the middle, and senders in python3. */
import { existsSync, readFileSync } from "node:fs";
import type { ExtensionJson, TraceResult } from "@whither/core";
import { Random } from "@whither/sim";
import {
	encodeIpv4,
	encodeIpv6,
	encodeStun,
	encodeUdp,
	NO_NETWORK_STATUS,
	type StunItem,
	shortTermKey,
} from "@whither/wire";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules } from "./namespaces.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import {
	commandObstacle,
	describeOutcome,
	type RunningTool,
	type RunOutcome,
	runTool,
	runWhither,
	startTool,
	startWhither,
} from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

/** The system's own first: one in somebody's home is not everybody's to run. */
const PYTHON = (existsSync("/usr/bin/python3") ? "/usr/bin/python3" : findProgram("python3")) ?? "";
/** The node is the fourth of seven routers, and the client is behind a NAT. */
const NODE = "r4";
export const NODE_TTL = 4;
/** Every test runs over both. */
export const FAMILIES = [4, 6] as const;
/** What OFFERING is protected by. */
export const KEY = shortTermKey("password");
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

/** As an ICE check that asks path nodes for their word. */
export const OFFERING: readonly StunItem[] = [
	{ name: "username", value: "them:us" },
	{ name: "messageIntegrity", key: KEY },
	{ name: "networkStatus", value: NO_NETWORK_STATUS },
	{ name: "fingerprint" },
];

/** A Binding message. */
export function stunBytes(kind: "request" | "success", attributes: readonly StunItem[]): Uint8Array {
	const transactionId = new Random(attributes.length).bytes(12);
	return encodeStun({ class: kind, method: "binding", transactionId, attributes });
}

/** What is missing here, beyond what any lab wants. */
export function routerObstacle(): string | null {
	const lacking = labObstacle() ?? commandObstacle();
	if (lacking !== null) return lacking;
	for (const program of ["iptables", "ip6tables"]) {
		if (findProgram(program) === null) return `it needs ${program} (Debian package iptables)`;
	}
	return PYTHON === "" ? "the senders are python3's" : null;
}

/** Resolves when the tool has printed something, rejects when it ends before. */
export function ready(tool: RunningTool): Promise<RunningTool> {
	return new Promise((resolve, reject) => {
		tool.child.stdout?.once("data", () => resolve(tool));
		void tool.outcome.then((outcome) => reject(new Error(describeOutcome(outcome))), reject);
	});
}

/** Sends a signal and waits for the end. */
export async function end(tool: RunningTool, signal: NodeJS.Signals): Promise<RunOutcome> {
	tool.child.kill(signal);
	return tool.outcome;
}

/** Packets that this machine dropped because it was too busy to take them off its virtual wires. */
export function machineDrops(): number {
	const lines = readFileSync("/proc/net/softnet_stat", "utf8").trim().split("\n");
	return lines.reduce((sum, line) => sum + Number.parseInt(line.split(/\s+/)[1] ?? "0", 16), 0);
}

/** The path, and what tests do on it. */
export class RouterLab {
	readonly #lab: Lab;
	readonly #echo: RunningTool;
	readonly #routers: RunningTool[] = [];

	private constructor(lab: Lab, echo: RunningTool) {
		this.#lab = lab;
		this.#echo = echo;
	}

	static async open(): Promise<RouterLab> {
		const nat = { kind: "masquerade", outside: "r2" } as const;
		const lab = await openLab(chainScenario({ routers: 7, router: { 1: { nat } } }));
		const namespace = lab.namespaceOf("target");
		const sink = `type filter hook input priority filter; udp dport ${SINK_PORT} drop;`;
		insideNamespace(namespace, () => loadRules(`table inet sink { chain input { ${sink} }; }`));
		return new RouterLab(lab, await ready(startTool([PYTHON, "-c", ECHO], { namespace, timeoutMs: 300_000 })));
	}

	async close(): Promise<void> {
		await end(this.#echo, "SIGKILL");
		await this.#lab.close();
	}

	get client(): string {
		return this.#lab.namespaceOf("client");
	}

	get node(): string {
		return this.#lab.namespaceOf(NODE);
	}

	addressOf(node: string, family: 4 | 6): string {
		return this.#lab.addressOf(node, family);
	}

	/** Starts the node, 5 Mbit/s up and 20 down; it can take packets when this resolves. */
	async startRouter(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<RunningTool> {
		const args = ["router", "--install", "--up", "5000", "--down", "20000", ...flags];
		const tool = await ready(startWhither(args, { namespace: this.node, timeoutMs: 120_000, env }));
		this.#routers.push(tool);
		return tool;
	}

	/** Ends all that were started, politely: one that is killed leaves its rules. */
	async endRouters(): Promise<void> {
		for (const tool of this.#routers.splice(0)) await end(tool, "SIGTERM");
	}

	/** Rules in the node's PREROUTING beyond its policy, of both families. */
	async rules(): Promise<string[]> {
		const lists = ["iptables", "ip6tables"].map((command) =>
			runTool([command, "-t", "mangle", "-S", "PREROUTING"], { namespace: this.node }),
		);
		return (await Promise.all(lists)).flatMap(({ stdout }) =>
			stdout.split("\n").filter((line) => line.startsWith("-A")),
		);
	}

	/** What a trace by STUN prints, as nobody unless said otherwise; throws where it fails. */
	async trace(family: 4 | 6, flags: readonly string[] = [], user: "root" | "nobody" = "nobody"): Promise<string> {
		const args = ["trace", "-M", "stun", "-n", "-q", "1", ...flags, this.addressOf("target", family)];
		const outcome = await runWhither(args, { namespace: this.client, user });
		if (outcome.code !== 0) throw new Error(describeOutcome(outcome));
		return outcome.stdout;
	}

	async traceResult(family: 4 | 6, flags: readonly string[] = [], user?: "root" | "nobody"): Promise<TraceResult> {
		return JSON.parse(await this.trace(family, ["--json", ...flags], user));
	}

	/** The objects that the node's answer to a trace carried. */
	async nodeObjects(family: 4 | 6): Promise<readonly ExtensionJson[]> {
		const { hops } = await this.traceResult(family);
		return hops[NODE_TTL - 1]?.probes.flatMap(({ extensions }) => extensions) ?? [];
	}

	/** A datagram from the client to the target's sink, as storms send it. */
	packet(family: 4 | 6, ttl: number, payload: Uint8Array): Uint8Array {
		const [source, destination] = [this.addressOf("client", family), this.addressOf("target", family)];
		const ports = { sourcePort: 45_000, destinationPort: SINK_PORT };
		const datagram = encodeUdp({ family, source, destination, ...ports }, payload);
		return family === 4
			? encodeIpv4({ source, destination, ttl, protocol: 17 }, datagram)
			: encodeIpv6({ source, destination, hopLimit: ttl, protocol: 17 }, datagram);
	}

	/** What the target's echo sends back to a datagram. */
	async ask(family: 4 | 6, payload: Uint8Array): Promise<Uint8Array> {
		const hex = Buffer.from(payload).toString("hex");
		const outcome = await this.#python(ASK, [this.addressOf("target", family), hex]);
		if (outcome.code !== 0) throw new Error(describeOutcome(outcome));
		return Buffer.from(outcome.stdout.trim(), "hex");
	}

	/** How many of so many datagrams did not come back from the target's echo. */
	async lostOf(count: number, family: 4 | 6): Promise<number> {
		const { stdout } = await this.#python(STREAM, [this.addressOf("target", family), String(count)]);
		return count - Number(stdout);
	}

	#python(script: string, words: readonly string[]): Promise<RunOutcome> {
		return runTool([PYTHON, "-c", script, ...words], { namespace: this.client, user: "nobody" });
	}
}
