import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import type { TraceMessage, TraceResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild, orderJson, run, runChild } from "../testing/live-run.ts";
import { buildChain, type Chain, isThere, liveObstacle } from "../testing/namespaces.ts";

const obstacle = liveObstacle() ?? (isThere("tcpdump") ? null : "live tests of sessions need the command tcpdump");
const nftObstacle = isThere("nft") ? null : "it needs the command nft";
/** Takes the option out of every SYN that comes by. */
const STRIP_SACK =
	"add table inet wn; add chain inet wn way { type filter hook prerouting priority -150; }; add rule inet wn way tcp flags syn reset tcp option sack-perm";
const stripObstacle = obstacle ?? nftObstacle ?? (await whyNoStripping());

/** Tried in a network of its own, which is gone with the command: older ones cannot. */
async function whyNoStripping(): Promise<string | null> {
	const { code } = await run("unshare", ["--net", "nft", STRIP_SACK]);
	return code === 0 ? null : "nft cannot take options out of packets here";
}

/** A port that waits for the client, and one whose server speaks first. */
const QUIET_PORT = 8080;
const BANNER_PORT = 8022;
const CLOSED_PORT = 8081;
const FILTERED_PORT = 8082;
const REJECTED_PORT = 8083;
/** Servers that accept and then end the connection at once, reset it, or talk without a pause. */
const ENDING_PORT = 8084;
const RESETTING_PORT = 8085;
const TALKING_PORT = 8086;
/** The kernel hands tcpdump packets in blocks; two of them are enough for the last. */
const CAPTURE_FLUSH_MS = 400;

/** One connection as the server's application saw it. */
interface Served {
	readonly port: number;
	readonly bytes: number;
	readonly how: string;
}

const title = "traces inside a TCP connection on a chain of three routers";

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	let server: ChildProcess;
	const served: Served[] = [];

	beforeAll(async () => {
		chain = buildChain("sess", 3);
		child = await bundleChild();
		server = await startServer(chain.target, (line) => served.push(JSON.parse(line)));
	});
	afterAll(() => {
		server?.kill();
		child?.remove();
		chain?.destroy();
	});

	async function trace(order: Partial<Parameters<typeof orderJson>[0]>, mode = "") {
		served.length = 0;
		const family = order.family ?? 4;
		const target = chain.hops[family][3] ?? "";
		const capture = await startCapture(chain.target);
		const all = { method: "tcpinsession", port: QUIET_PORT, family, target, ...order };
		const args = ["trace", orderJson(all), "worker", mode];
		const outcome = await runChild({ namespace: chain.client, child, args });
		await wait(CAPTURE_FLUSH_MS);
		const lines = await capture.stop();
		expect(outcome.stderr).toBe("");
		return { result: resultOf(outcome.value as TraceMessage | null), flags: lines };
	}

	function resultOf(message: TraceMessage | null): TraceResult {
		if (message?.type !== "result") throw new Error(`no result but ${JSON.stringify(message)}`);
		return message.result;
	}

	function hopsOf(result: TraceResult): (string | null)[] {
		return result.hops.map((hop) => hop.probes.find((probe) => probe.from !== null)?.from ?? null);
	}

	/** What every trace must leave behind: so many connections, opened and ended in order, with not one byte delivered. */
	function expectClean(flags: readonly string[], connections = 1): void {
		expect(flags.filter((one) => one === "S")).toHaveLength(connections);
		expect(flags.filter((one) => one.includes("R"))).toEqual([]);
		expect(flags.filter((one) => one.includes("F")).length).toBeGreaterThanOrEqual(2 * connections);
		expect(served.map(({ bytes, how }) => ({ bytes, how }))).toEqual(
			Array.from({ length: connections }, () => ({ bytes: 0, how: "end" })),
		);
	}

	it.each([4, 6] as const)("finds every hop and the target by SACK, IPv%d", async (family) => {
		const { result, flags } = await trace({ family });
		expect(hopsOf(result)).toEqual(chain.hops[family]);
		expect(result).toMatchObject({ stopReason: "reached", warnings: [], channel: "session" });
		expect(result.handshake).toMatchObject({ sackPermitted: true, timestamps: true, connections: 1 });
		expect(result.handshake?.rttNs).toBeGreaterThan(0);
		for (const probe of result.hops.flatMap(({ probes }) => probes)) {
			expect(probe).toMatchObject({ status: "reply", stamps: "kernel" });
		}
		expect(result.hops[3]?.probes.map(({ reply }) => reply?.kind)).toEqual(["ack", "ack", "ack"]);
		expectClean(flags);
	});

	it.each([4, 6] as const)("opens a connection a column with ecmp=3, IPv%d", async (family) => {
		const { result, flags } = await trace({ family, methodOptions: { ecmp: "3" } });
		expect(hopsOf(result)).toEqual(chain.hops[family]);
		expect(result.hops[1]?.probes.map(({ flow }) => flow)).toEqual([0, 1, 2]);
		expectClean(flags, 3);
	});

	it("reads away what the server says first, and still ends in order", async () => {
		const { result, flags } = await trace({ port: BANNER_PORT, sendWaitNs: 20_000_000 });
		expect(hopsOf(result)).toEqual(chain.hops[4]);
		expect(result.hops[3]?.probes.map(({ status }) => status)).toEqual(["reply", "reply", "reply"]);
		expectClean(flags);
	});

	it.each([4, 6] as const)(
		"counts acknowledgments where the server knows no SACK, and says so, IPv%d",
		async (family) => {
			await sysctl(chain.target, "net.ipv4.tcp_sack=0");
			try {
				const { result, flags } = await trace({ family });
				expect(hopsOf(result)).toEqual(chain.hops[family]);
				expect(result.handshake?.sackPermitted).toBe(false);
				expect(result.warnings).toEqual([{ code: "noSack", lostAt: "beyond", ttl: 3 }]);
				expect(result.hops[3]?.probes.some(({ reply }) => reply?.kind === "ack")).toBe(true);
				expectClean(flags);
			} finally {
				await sysctl(chain.target, "net.ipv4.tcp_sack=1");
			}
		},
	);

	const strips = "says behind which hop the SACK option is taken out of SYNs";
	it.skipIf(stripObstacle !== null)(skippable(strips, stripObstacle), async () => {
		expect(await nftIn(chain.names[2] ?? "", STRIP_SACK)).toBe("");
		try {
			const { result } = await trace({});
			expect(hopsOf(result)).toEqual(chain.hops[4]);
			expect(result.warnings).toContainEqual({ code: "noSack", lostAt: "hop", ttl: 1, goneAtTtl: 2 });
		} finally {
			await nftIn(chain.names[2] ?? "", "delete table inet wn");
		}
	});

	it.each([4, 6] as const)("says that a closed port refused, IPv%d", async (family) => {
		const { result } = await trace({ family, port: CLOSED_PORT });
		const failure = { why: "refused", from: chain.hops[family][3] };
		expect(result.warnings).toContainEqual({ code: "sessionFailed", port: CLOSED_PORT, failure });
		expect(result).toMatchObject({ stopReason: "error", counters: { sent: 0 } });
	});

	it.each([4, 6] as const)(
		"traces on where the server ends the connection as soon as it stands, IPv%d",
		async (family) => {
			const { result, flags } = await trace({ family, port: ENDING_PORT });
			expect(hopsOf(result).slice(0, 3)).toEqual(chain.hops[family].slice(0, 3));
			expect(result.handshake?.connections).toBe(1);
			expect(flags.filter((one) => one === "S")).toHaveLength(1);
		},
	);

	it.each([4, 6] as const)("says that a port was open that resets what it accepts, IPv%d", async (family) => {
		const { result } = await trace({ family, port: RESETTING_PORT });
		const from = chain.hops[family][3];
		// Whether the reset comes before the first look or after it is for the two machines to settle.
		const reset = { code: "sessionFailed", port: RESETTING_PORT, failure: { why: "reset", from } };
		expect([[reset], [{ code: "sessionReset", from }]]).toContainEqual(result.warnings);
	});

	it.each([4, 6] as const)("hears a server out that is still talking at the end, IPv%d", async (family) => {
		const { result, flags } = await trace({ family, port: TALKING_PORT });
		expect(hopsOf(result)).toEqual(chain.hops[family]);
		expect(flags.filter((one) => one === "S")).toHaveLength(1);
		expect(flags.filter((one) => one.includes("R"))).toEqual([]);
		// The server's own FIN may come when the capture is over.
		expect(flags.filter((one) => one.includes("F")).length).toBeGreaterThanOrEqual(1);
	});

	it.each([4, 6] as const)("knows when this machine itself offers no SACK, IPv%d", async (family) => {
		await sysctl(chain.client, "net.ipv4.tcp_sack=0");
		try {
			const { result, flags } = await trace({ family });
			expect(hopsOf(result)).toEqual(chain.hops[family]);
			expect(result.warnings).toEqual([{ code: "noSack", lostAt: "here", ttl: null }]);
			expect(result.companions ?? []).toEqual([]);
			expectClean(flags);
		} finally {
			await sysctl(chain.client, "net.ipv4.tcp_sack=1");
		}
	});

	it.skipIf(nftObstacle !== null)(
		skippable("says who rejects, and that a filtered port never answered", nftObstacle),
		async () => {
			const table = "add table inet wn; add chain inet wn way { type filter hook forward priority 0; }";
			const rules = `add rule inet wn way tcp dport ${FILTERED_PORT} drop; add rule inet wn way tcp dport ${REJECTED_PORT} reject with icmpx admin-prohibited`;
			expect(await nftIn(chain.names[2] ?? "", `${table}; ${rules}`)).toBe("");
			try {
				const dropped = await trace({ port: FILTERED_PORT, waitMaxNs: 600_000_000 });
				expect(dropped.result.warnings).toMatchObject([{ code: "sessionFailed", failure: { why: "timeout" } }]);
				expect(dropped.result.durationNs).toBeLessThan(900_000_000);
				const rejected = await trace({ port: REJECTED_PORT });
				const icmp = { type: 3, code: 13 };
				const failure = { why: "unreachable", from: chain.hops[4][1], icmp };
				expect(rejected.result.warnings).toEqual([{ code: "sessionFailed", port: REJECTED_PORT, failure }]);
			} finally {
				await nftIn(chain.names[2] ?? "", "delete table inet wn");
			}
		},
	);

	it("ends the connection in order when it is stopped in the middle", async () => {
		const { result, flags } = await trace({ sendWaitNs: 200_000_000 }, "stop");
		expect(result.stopReason).toBe("interrupted");
		expectClean(flags);
	});

	it("ends the connection in order when its process is gone", async () => {
		served.length = 0;
		const capture = await startCapture(chain.target);
		const target = chain.hops[4][3] ?? "";
		const order = orderJson({ method: "tcpinsession", port: QUIET_PORT, family: 4, target, sendWaitNs: 200_000_000 });
		const { code } = await runChild({
			namespace: chain.client,
			child,
			args: ["trace", order, "worker", "exit"],
		});
		expect(code).toBe(7);
		await wait(CAPTURE_FLUSH_MS);
		expectClean(await capture.stop());
	});

	it("asks once, and has every answer, where the target is asked ten times", async () => {
		const { result, flags } = await trace({ queries: 10, sendWaitNs: 5_000_000 });
		expect(result.hops[3]?.probes.filter(({ status }) => status === "reply")).toHaveLength(10);
		expectClean(flags);
	});

	it.each([4, 6] as const)("sends longer packets as well, IPv%d", async (family) => {
		const { result, flags } = await trace({ family, length: 1_400 });
		expect(hopsOf(result)).toEqual(chain.hops[family]);
		expect(result.hops.flatMap(({ probes }) => probes).map(({ status }) => status)).toEqual(Array(12).fill("reply"));
		expectClean(flags);
	});

	it("marks its probes as asked for, and leaves by the port asked for, again and again", async () => {
		for (let round = 0; round < 2; round++) {
			const { result, flags } = await trace({ tos: 0xb9, sourcePort: 23_450, interface: "v0" });
			expect(result.source.port).toBe(23_450);
			expect(result.hops[1]?.probes.map(({ quoted }) => quoted?.tos)).toEqual([0xb9, 0xb9, 0xb9]);
			expectClean(flags);
			await run("ip", ["netns", "exec", chain.client, "ss", "-K", "state", "time-wait"]);
		}
	});
});

async function nftIn(namespace: string, rules: string): Promise<string> {
	const { stderr } = await run("ip", ["netns", "exec", namespace, "nft", rules]);
	return stderr;
}

async function sysctl(namespace: string, setting: string): Promise<void> {
	await run("ip", ["netns", "exec", namespace, "sysctl", "-qw", setting]);
}

/** Listens on the open ports and prints a line of JSON for each connection that is served; resolves when all listen. */
function startServer(namespace: string, onLine: (line: string) => void): Promise<ChildProcess> {
	const script = `
		const net = require("node:net");
		const serve = (port, banner) => new Promise((ready) => net.createServer({ allowHalfOpen: false }, (socket) => {
			let bytes = 0;
			let how = "end";
			socket.on("data", (data) => { bytes += data.length; });
			socket.on("error", (error) => { how = error.code; });
			socket.on("close", () => console.log(JSON.stringify({ port, bytes, how })));
			if (banner !== null) socket.write(banner);
		}).listen(port, "::", ready));
		const accept = (port, then) => new Promise((ready) => net.createServer((socket) => {
			socket.on("error", () => {});
			then(socket);
		}).listen(port, "::", ready));
		const talk = (port) => new Promise((ready) => net.createServer((socket) => {
			let bytes = 0;
			let how = "end";
			const more = () => { while (socket.writable && socket.write("x".repeat(4096))); };
			socket.on("drain", () => setTimeout(more, 1));
			socket.on("data", (data) => { bytes += data.length; });
			socket.on("error", (error) => { how = error.code; });
			socket.on("close", () => console.log(JSON.stringify({ port, bytes, how })));
			more();
		}).listen(port, "::", ready));
		Promise.all([talk(${TALKING_PORT}), accept(${ENDING_PORT}, (socket) => socket.end()),
			accept(${RESETTING_PORT}, (socket) => socket.resetAndDestroy()),
			serve(${QUIET_PORT}, null), serve(${BANNER_PORT}, "SSH-2.0-test\\r\\n")]).then(() => console.log("ready"));
	`;
	const server = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", script], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.stdout.setEncoding("utf8");
		server.stdout.on("data", (text: string) => {
			for (const line of text.split("\n").filter((one) => one !== "")) {
				if (line === "ready") resolve(server);
				else onLine(line);
			}
		});
	});
}

/** Captures TCP in a namespace; `stop` gives the flags of each segment as tcpdump writes them (`S`, `S.`, `P.`, `F.`, `R`). */
async function startCapture(namespace: string): Promise<{ stop(): Promise<readonly string[]> }> {
	const dump = spawn("ip", ["netns", "exec", namespace, "tcpdump", "-n", "-l", "--immediate-mode", "-i", "w3", "tcp"], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let text = "";
	dump.stdout.setEncoding("utf8");
	dump.stdout.on("data", (more: string) => {
		text += more;
	});
	await new Promise<void>((resolve, reject) => {
		dump.once("error", reject);
		dump.once("close", () => reject(new Error("tcpdump ended")));
		dump.stderr.once("data", () => resolve());
	});
	await wait(100);
	return {
		stop: () =>
			new Promise((resolve) => {
				dump.once("close", () => resolve([...text.matchAll(/Flags \[([^\]]*)\]/g)].map((found) => found[1] ?? "")));
				dump.kill("SIGINT");
			}),
	};
}
