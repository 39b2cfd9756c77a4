import { type Family, pathNat, type TraceResult } from "@whither/core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import { chainScenario } from "./chain.ts";
import { insideNamespace, loadRules, writeSysctls } from "./namespaces.ts";
import { findProgram, labObstacle } from "./requirements.ts";
import { commandObstacle, describeOutcome, type RunningTool, runWhither, startTool, type User } from "./run.ts";
import { type Lab, openLab } from "./topology.ts";

const PYTHON = findProgram("python3");

function obstacleHere(): string | null {
	const lacking = labObstacle();
	if (lacking !== null) return lacking;
	const unbuilt = commandObstacle();
	if (unbuilt !== null) return unbuilt;
	return PYTHON === null ? "the server is python3's" : null;
}

const obstacle = obstacleHere();
const title = "tcp against a real server behind three routers";

const OPEN_PORT = 8080;
const CLOSED_PORT = 8081;
const FAMILIES: readonly Family[] = [4, 6];
/** Both families on one socket; says `serving` when it listens. */
const SERVER = [
	"import http.server, socketserver, socket",
	"class Server(http.server.ThreadingHTTPServer): address_family = socket.AF_INET6",
	`server = Server(('::', ${OPEN_PORT}), http.server.SimpleHTTPRequestHandler)`,
	"print('serving', flush=True)",
	"server.serve_forever()",
].join("\n");

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: Lab;
	let server: RunningTool;

	beforeAll(async () => {
		lab = await openLab(chainScenario({ routers: 3 }));
		server = startTool([PYTHON ?? "python3", "-c", SERVER], {
			namespace: lab.namespaceOf("target"),
			timeoutMs: 120_000,
		});
		await new Promise<void>((resolve, reject) => {
			server.child.stdout?.on("data", (text: string) => text.includes("serving") && resolve());
			server.outcome.then((outcome) => reject(new Error(describeOutcome(outcome))), reject);
		});
	});

	afterEach(() => secondRouter([]));

	afterAll(async () => {
		server?.child.kill("SIGTERM");
		await server?.outcome;
		await lab?.close();
	});

	/** What the second router does to packets: so many chains, in place of those before. */
	function secondRouter(chains: readonly string[]): void {
		const rules = ["table inet t {", "}", "delete table inet t", "table inet t {", ...chains, "}", ""].join("\n");
		insideNamespace(lab.namespaceOf("r2"), () => loadRules(rules));
	}

	function chain(name: string, hook: string, rule: string): string {
		return [`chain ${name} {`, `type filter hook ${hook};`, rule, "}"].join("\n");
	}

	/** What it does to what it forwards: the router behind it is the first to quote that. */
	function onTheWay(rule: string): void {
		secondRouter([chain("way", "forward priority 0", rule)]);
	}

	/** A 1:1 NAT that leaves quotes as they are. */
	function addressTranslation(): string {
		const [client, outside] = [lab.addressOf("client", 4), lab.addressOf("r2", 4)];
		secondRouter([
			chain("out", "postrouting priority 100", `ip saddr ${client} ip saddr set ${outside}`),
			chain("back", "prerouting priority -300", `ip daddr ${outside} ip daddr set ${client}`),
		]);
		return outside;
	}

	async function trace(family: Family, args: readonly string[], user: User = "root"): Promise<TraceResult> {
		const all = ["trace", "--json", "-n", "-w", "0.4", ...args, lab.addressOf("target", family)];
		const outcome = await runWhither(all, { namespace: lab.namespaceOf("client"), user });
		expect(outcome.code, describeOutcome(outcome)).toBe(0);
		return JSON.parse(outcome.stdout) as TraceResult;
	}

	const tcpTrace = (family: Family, options: string, args: readonly string[] = []) =>
		trace(family, ["-M", "tcp", "-p", String(OPEN_PORT), ...(options === "" ? [] : ["-O", options]), ...args]);

	function expectWholePath(result: TraceResult, family: Family): void {
		const nodes = ["r1", "r2", "r3", "target"].map((node) => lab.addressOf(node, family));
		const shown = JSON.stringify(result.hops);
		expect(result, shown).toMatchObject({ reached: true, stopReason: "reached" });
		expect(
			result.hops.map(({ probes }) => [...new Set(probes.map(({ from }) => from))].join(" ")),
			shown,
		).toEqual(nodes);
	}

	const lastReply = (result: TraceResult) => result.hops.at(-1)?.probes[0]?.reply;
	const changesAt = (result: TraceResult, ttl: number) =>
		result.hops.find((hop) => hop.ttl === ttl)?.probes.flatMap(({ quoted }) => quoted?.changes ?? []) ?? [];

	for (const family of FAMILIES) {
		test.each([
			["", "synAck", { flags: ["syn", "ack"] }],
			["ack", "rst", { flags: ["rst"] }],
			["syn,ack", "rst", { flags: ["rst"] }],
			["fin,ack", "rst", { flags: ["rst"] }],
			["syn,psh,urg", "synAck", {}],
		])(`reaches the open port with -O %j, IPv${family}`, async (options, kind, detail) => {
			const result = await tcpTrace(family, options);
			expectWholePath(result, family);
			expect(lastReply(result)).toMatchObject({ kind, detail });
			for (const ttl of [1, 2, 3]) expect(changesAt(result, ttl)).toEqual([]);
		});

		test.each(["", "fin", "flags=0", "fin,psh,urg", "ack", "flags=0x1c2"])(
			`is reset by the closed port with -O %j, IPv${family}`,
			async (options) => {
				const result = await tcpTrace(family, options, ["-p", String(CLOSED_PORT)]);
				expectWholePath(result, family);
				expect(lastReply(result)).toMatchObject({ kind: "rst" });
			},
		);

		test(`tells what ECN the server agrees to, as its sysctl has it, IPv${family}`, async () => {
			const serverEcn = (value: string) =>
				insideNamespace(lab.namespaceOf("target"), () => writeSysctls([["net/ipv4/tcp_ecn", value]]));
			const clientEcn = (value: string) =>
				insideNamespace(lab.namespaceOf("client"), () => writeSysctls([["net/ipv4/tcp_ecn", value]]));
			serverEcn("1");
			expect(lastReply(await tcpTrace(family, "ecn"))).toMatchObject({ kind: "synAck", detail: { ecn: "ecn" } });
			const accurate = lastReply(await tcpTrace(family, "acc-ecn"))?.detail.ecn;
			expect(["ecn", "accEcn"]).toContain(accurate);
			clientEcn("1");
			expect(lastReply(await tcpTrace(family, "sysctl"))).toMatchObject({ detail: { ecn: "ecn" } });
			clientEcn("0");
			expect(lastReply(await tcpTrace(family, "sysctl"))?.detail).not.toHaveProperty("ecn");
			serverEcn("0");
			expect(lastReply(await tcpTrace(family, "ecn"))).toMatchObject({ detail: { ecn: "none" } });
			serverEcn("2");
			clientEcn("2");
		});

		test(`tells dropped ECN-marked SYNs from a dead host, IPv${family}`, async () => {
			const dropped = family === 4 ? "ip ecn != not-ect" : "ip6 ecn != not-ect";
			onTheWay(`${dropped} tcp flags syn drop`);
			const args = ["--ecn", "1", "-m", "6"];
			const result = await tcpTrace(family, "ecn", args);
			expect(result.reached).toBe(false);
			expect(result.warnings).toContainEqual({ code: "ecnDropped" });
			expect(result.companions).toMatchObject([{ name: "unmarked", ttl: 255 }]);
			const unmarked = result.companions?.[0]?.probes ?? [];
			expect(unmarked.map(({ from, reply }) => [from, reply?.kind])).toEqual(
				Array.from({ length: 3 }, () => [lab.addressOf("target", family), "synAck"]),
			);
			expect((await tcpTrace(family, "ecn,no-extra-ping", args)).companions).toBeUndefined();
			onTheWay("tcp flags syn drop");
			expect((await tcpTrace(family, "ecn", args)).warnings).not.toContainEqual({ code: "ecnDropped" });
		});

		test(`shows the hop behind which the MSS is clamped, IPv${family}`, async () => {
			onTheWay("tcp flags syn tcp option maxseg size set 1300");
			const result = await tcpTrace(family, "");
			expectWholePath(result, family);
			expect(changesAt(result, 2)).toEqual([]);
			expect(changesAt(result, 3)).toContain(`mss ${family === 4 ? 1460 : 1440} -> 1300`);
			expect(lastReply(result)?.detail.mss).toBe(1300);
			expect(result.hops.some(({ nat }) => nat !== undefined)).toBe(false);
		});

		test(`shows the hop behind which an option is stripped, IPv${family}`, async () => {
			onTheWay("reset tcp option sack-perm");
			const result = await tcpTrace(family, "");
			expect(changesAt(result, 2)).toEqual([]);
			expect(changesAt(result, 3)).toContain("option sackPermitted removed");
		});

		test.each(["udp", "udp-classic", "udp-port", "icmp", "tcp", "dns"])(
			`shows the TOS of %s at every hop, and where its DSCP is bleached, IPv${family}`,
			async (method) => {
				onTheWay(family === 4 ? "ip dscp set 0" : "ip6 dscp set 0");
				const result = await trace(family, ["-M", method, "--tos", "0xb8"]);
				expectWholePath(result, family);
				expect(result.channel).toBe("raw");
				const seen = result.hops.slice(0, 3).map(({ probes }) => probes[0]?.quoted?.tos);
				expect(seen).toEqual([0xb8, 0xb8, 0]);
				expect(changesAt(result, 3)).toContain("dscp 46 -> 0");
				for (const { stamps } of result.hops.flatMap(({ probes }) => probes)) expect(stamps).toBe("kernel");
			},
		);
	}

	test.each(["udp", "udp-classic", "udp-port", "icmp", "tcp", "dns"])(
		"%s sees through a 1:1 NAT that leaves quotes as they are, and where it is",
		async (method) => {
			const outside = addressTranslation();
			for (const flags of [[], ["--loose-match"]]) {
				const result = await trace(4, ["-M", method, ...flags]);
				expectWholePath(result, 4);
				expect(result.source.publicAddress).toBe(outside);
				expect(result.warnings).toContainEqual({ code: "publicAddress", address: outside });
				expect(pathNat(result).first).toEqual({ nat: "source", behindTtl: 2, seenAtTtl: 3 });
				expect(result.hops.slice(0, 3).map(({ nat }) => nat)).toEqual([undefined, undefined, "source"]);
			}
		},
	);

	test("unprivileged traces go on over the error queue, but not with --loose-match", async () => {
		const result = await trace(4, [], "nobody");
		expectWholePath(result, 4);
		expect(result.channel).toBe("errorQueue");
		const args = ["trace", "--json", "-n", "--loose-match", lab.addressOf("target", 4)];
		const outcome = await runWhither(args, { namespace: lab.namespaceOf("client"), user: "nobody" });
		expect(outcome.code, describeOutcome(outcome)).toBe(3);
	});
});
