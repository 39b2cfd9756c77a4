import type { Family, PingResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules } from "./namespaces.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import {
	commandObstacle,
	describeOutcome,
	type RunningTool,
	runWhither,
	startTool,
	startWhither,
	type User,
} from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const PYTHON = findProgram("python3");
const obstacle = labObstacle() ?? commandObstacle() ?? (PYTHON === null ? "the server is python3's" : null);
const title = "ping mode on a real kernel";

const PORT = 8080;
/** Both families on one socket; says `serving` when it listens, and counts the bytes that it is sent. */
const SERVER = [
	"import socket, threading",
	`server = socket.create_server(('::', ${PORT}), family=socket.AF_INET6, dualstack_ipv6=True)`,
	"server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 40000)",
	"print('serving', flush=True)",
	"def serve(peer):",
	"    while peer.recv(1): print('byte', flush=True)",
	"while True: threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()",
].join("\n");

const WAYS: readonly (readonly [method: string, user: User])[] = [
	["udp", "root"],
	["udp", "nobody"],
	["udp-port", "nobody"],
	["icmp", "root"],
	["tcpinsession", "root"],
];
const CASES = WAYS.flatMap(([method, user]) => ([4, 6] as const).map((family) => ({ method, user, family })));

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;
	let server: RunningTool;
	let heard = "";

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 2 }));
		const namespace = lab.namespaceOf("target");
		server = startTool([PYTHON ?? "python3", "-c", SERVER], { namespace, timeoutMs: 120_000 });
		await new Promise<void>((resolve, reject) => {
			server.child.stdout?.on("data", (text: string) => {
				heard += text;
				if (heard.includes("serving")) resolve();
			});
			server.outcome.then((outcome) => reject(new Error(describeOutcome(outcome))), reject);
		});
	});
	afterAll(async () => {
		server?.child.kill("SIGTERM");
		await server?.outcome;
		await lab?.close();
	});

	function flagsOf(method: string, ttl: number): readonly string[] {
		const port = method === "tcpinsession" ? ["-p", String(PORT)] : [];
		return ["-n", "-M", method, ...port, "-x", String(ttl), "-z", "50"];
	}

	async function ping(flags: readonly string[], user: User = "root"): Promise<PingResult> {
		const outcome = await runWhither([...flags, "--json"], { namespace: lab.namespaceOf("client"), user });
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		return JSON.parse(outcome.stdout);
	}

	test.each(CASES)("five probes of $method as $user, IPv$family, to a hop and to the target", async (way) => {
		const { method, user, family } = way;
		const target = lab.addressOf("target", family);
		for (const ttl of [2, 3]) {
			const result = await ping([...flagsOf(method, ttl), "-q", "5", target], user);
			expect(result).toMatchObject({ method, ttl, stopReason: "count", totals: { sent: 5, received: 5, lost: 0 } });
			expect(result.answerers).toHaveLength(1);
			expect(result.answerers[0]?.from === target).toBe(ttl === 3);
			const times = result.probes.map(({ sentAtNs }) => sentAtNs);
			const steps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
			for (const step of steps) expect(Math.abs(step - 50e6)).toBeLessThan(30e6);
			expect(result.probes.every(({ stamps }) => stamps === "kernel")).toBe(true);
		}
		expect(heard).not.toContain("byte");
	});

	test("in a connection the target answers for longer than its receive buffer has room", async () => {
		const flags = ["-n", "--tcpinsession", "-p", String(PORT), "-x", "3", "-z", "0.005", "-q", "400"];
		const { totals } = await ping([...flags, lab.addressOf("target", 4)]);
		expect(totals).toMatchObject({ sent: 400, received: 400 });
		expect(heard).not.toContain("byte");
	});

	test.each([4, 6] as const)("Ctrl-C is 130 after the result, IPv%i", async (family: Family) => {
		const flags = [...flagsOf("udp", 2), "--json", lab.addressOf("target", family)];
		const running = startWhither(flags, { namespace: lab.namespaceOf("client") });
		setTimeout(() => running.child.kill("SIGINT"), 700);
		const outcome = await running.outcome;
		expect(outcome.code, describeOutcome(outcome)).toBe(130);
		const { stopReason, totals }: PingResult = JSON.parse(outcome.stdout);
		expect(stopReason).toBe("interrupted");
		expect(totals.received).toBeGreaterThan(2);
	});

	test("a hop that falls silent ends it with 1", async () => {
		const namespace = lab.namespaceOf("client");
		const flags = [
			...flagsOf("udp", 2),
			"-w",
			"0.2",
			"--packet-loss-threshold",
			"80",
			"--packet-loss-window-size",
			"5",
		];
		const running = startWhither([...flags, lab.addressOf("target", 4)], { namespace });
		await new Promise<void>((resolve) => running.child.stdout?.once("data", () => resolve()));
		const rules = ["table inet t {", "chain way {", "type filter hook forward priority 0", "drop", "}", "}", ""].join(
			"\n",
		);
		insideNamespace(lab.namespaceOf("r1"), () => loadRules(rules));
		const outcome = await running.outcome;
		insideNamespace(lab.namespaceOf("r1"), () => loadRules("delete table inet t\n"));
		expect(outcome.code, describeOutcome(outcome)).toBe(1);
		expect(outcome.stdout).toMatch(/^seq \d+ {2}\*$/m);
		expect(outcome.stderr).toContain("80 % or more of the last 5 probes were lost");
	});
});
