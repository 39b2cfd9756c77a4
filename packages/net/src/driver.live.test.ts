import type { ChildProcess } from "node:child_process";
import type { TraceMessage, TraceResult } from "@whither/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import {
	bundleChild,
	type LiveChild,
	type LiveRun,
	orderJson,
	run,
	runChild,
	startResponder,
} from "./testing/live-run.ts";
import { buildChain, type Chain, isThere, liveObstacle } from "./testing/namespaces.ts";

const obstacle = liveObstacle();
const nftObstacle = isThere("nft") ? null : "it needs the command nft";
const prlimitObstacle = isThere("prlimit") ? null : "it needs the command prlimit";

const FLOOD_PORT = 7778;
const METHODS = ["udp", "udp-classic", "udp-port", "icmp", "tcpconnect", "tcp"];
const UNPRIVILEGED = ["udp", "udp-classic", "udp-port", "tcpconnect"];
const CASES = [
	...METHODS.map((method) => ({ method, user: "root" as const })),
	...UNPRIVILEGED.map((method) => ({ method, user: "nobody" as const })),
].flatMap((one) => ([4, 6] as const).map((family) => ({ ...one, family })));

/** Waits until a namespace's kernel has taken in more than so many ICMP messages of a kind, as its own counters call it. */
async function untilReceived(namespace: string, kind: "InMsgs" | "InTimeExcds", count: number): Promise<void> {
	const received = async (): Promise<number> => {
		const { stdout } = await run("ip", ["netns", "exec", namespace, "cat", "/proc/net/snmp"]);
		const [names = [], values = []] = stdout
			.split("\n")
			.filter((line) => line.startsWith("Icmp: "))
			.map((line) => line.split(" "));
		return Number(values[names.indexOf(kind)]);
	};
	const before = await received();
	await expect.poll(received, { timeout: 20_000 }).toBeGreaterThan(before + count);
}

describe.skipIf(obstacle !== null)(skippable("traces on a chain of three routers", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	let responder: ChildProcess;

	beforeAll(async () => {
		chain = buildChain("run", 3);
		child = await bundleChild();
		responder = await startResponder(chain.target, FLOOD_PORT, 5_000);
	});
	afterAll(() => {
		responder?.kill();
		child?.remove();
		chain?.destroy();
	});

	type Order = Parameters<typeof orderJson>[0];
	async function trace(
		order: Partial<Order>,
		how: Partial<LiveRun> & { readonly mode?: string; readonly thread?: string } = {},
	) {
		const target = { target: chain.hops[4][3] ?? "", family: 4 as const };
		const { thread = "worker", mode = "", ...rest } = how;
		const args = ["trace", orderJson({ ...target, ...order }), thread, mode];
		const outcome = await runChild({ namespace: chain.client, child, args, ...rest });
		expect(outcome.stderr).toBe("");
		return { code: outcome.code, message: outcome.value as TraceMessage | null };
	}

	function resultOf(message: TraceMessage | null): TraceResult {
		if (message?.type !== "result") throw new Error(`no result but ${JSON.stringify(message)}`);
		return message.result;
	}

	function hopsOf(result: TraceResult): (string | null)[] {
		return result.hops.map((hop) => hop.probes.find((probe) => probe.from !== null)?.from ?? null);
	}

	it.each(CASES)("finds every hop by $method, IPv$family, as $user", async ({ method, family, user }) => {
		const hops = chain.hops[family];
		const { code, message } = await trace({ method, family, target: hops[3] ?? "" }, { user });
		expect(code).toBe(0);
		const result = resultOf(message);
		expect(hopsOf(result)).toEqual(hops);
		expect(result.stopReason).toBe("reached");
		for (const hop of result.hops) for (const probe of hop.probes) expect(probe.rttNs).toBeGreaterThan(0);
	});

	it.each([4, 6] as const)("by Node's own sockets measures the target and its distance, IPv%i", async (family) => {
		const hops = chain.hops[family];
		const target = hops[3] ?? "";
		const prefix = ["env", "WHITHER_BACKEND=portable"];
		const { message } = await trace({ method: "udp-port", family, target }, { user: "nobody", prefix });
		const result = resultOf(message);
		expect(hopsOf(result)).toEqual([null, null, null, target]);
		expect(result).toMatchObject({ channel: "portable", stopReason: "reached", warnings: [{ code: "hopsUnseen" }] });
		const last = result.hops[3]?.probes[0];
		expect(last).toMatchObject({ stamps: "user", reply: { kind: "portUnreachable" } });
	});

	it("has every round trip by the kernel's clock while the main thread is blocked 15 ms in every 100", async () => {
		const { message } = await trace({ sendWaitNs: 10_000_000 }, { mode: "busy" });
		const probes = resultOf(message).hops.flatMap((hop) => hop.probes);
		for (const probe of probes) expect(probe).toMatchObject({ status: "reply", stamps: "kernel" });
		expect(probes.length).toBeGreaterThanOrEqual(chain.hops[4].length);
	});

	it("runs in this thread as well", async () => {
		const { message } = await trace({}, { thread: "here" });
		expect(hopsOf(resultOf(message))).toEqual(chain.hops[4]);
	});

	it("gives what is known when stopped", async () => {
		const { message } = await trace({ sendWaitNs: 200_000_000 }, { mode: "stop" });
		const result = resultOf(message);
		expect(result.stopReason).toBe("interrupted");
		expect(result.hops[0]?.probes[0]?.from).toBe(chain.hops[4][0]);
	});

	it("leaves with the exit code asked for when the process exits in the middle of a trace", async () => {
		const { code } = await trace({ sendWaitNs: 200_000_000 }, { mode: "exit" });
		expect(code).toBe(7);
	});

	it("fails, and never hangs, when the worker dies", async () => {
		const { message } = await trace({ sendWaitNs: 200_000_000 }, { mode: "crash" });
		expect(message).toMatchObject({ type: "failed", error: { code: "internal", where: "worker" } });
	});

	it.each([
		["a method that nobody wrote", { method: "carrierPigeon" }, "unknownMethod"],
		["an interface that is not there", { interface: "nosuch0" }, "noSuchDevice"],
		["a source address that is not ours", { source: "192.0.2.1" }, "addressNotAvailable"],
		[
			"a source address of another family's kind of network",
			{ source: "203.0.113.1", method: "tcpconnect" },
			"addressNotAvailable",
		],
	])("says what is wrong with %s", async (_, order, code) => {
		const { message } = await trace(order);
		expect(message).toMatchObject({ type: "failed", error: { code } });
	});

	it("says that there is no route where there is none", async () => {
		await run("ip", ["-n", chain.client, "route", "del", "default"]);
		try {
			const failed = await trace({});
			expect(failed.message).toMatchObject({ type: "failed", error: { code: "noRoute", errnoName: "ENETUNREACH" } });
		} finally {
			await run("ip", ["-n", chain.client, "route", "add", "default", "via", chain.hops[4][0] ?? ""]);
		}
	});

	it.skipIf(nftObstacle !== null)(skippable("calls a local firewall by its name", nftObstacle), async () => {
		const nft = (...rule: string[]) => run("ip", ["netns", "exec", chain.client, "nft", ...rule]);
		await nft(
			"add table inet wn; add chain inet wn out { type filter hook output priority 0; }; add rule inet wn out udp dport 33434 drop",
		);
		try {
			for (const channels of [["errorQueue"], ["raw"]] as const) {
				const { message } = await trace({ channels, waitMaxNs: 500_000_000 });
				const probe = resultOf(message).hops[0]?.probes[0];
				expect(probe).toMatchObject({ status: "sendError", error: { code: "filteredLocally", errnoName: "EPERM" } });
			}
		} finally {
			await nft("delete table inet wn");
		}
	});

	it.each(["198.51.100.7", "target"])("finds its end in a storm of ICMP that quotes %s", async (quoted) => {
		const target = chain.hops[4][3] ?? "";
		const storm = {
			to: chain.source[4],
			quotedTarget: quoted === "target" ? target : quoted,
			perSecond: 50_000,
			seconds: 2,
		};
		const raging = runChild({ namespace: chain.names[1] ?? "", child, args: ["storm", JSON.stringify(storm)] });
		await untilReceived(chain.client, "InMsgs", 1_000);
		const { message } = await trace({ channels: ["raw"], timeoutNs: 1_000_000_000, sendWaitNs: 20_000_000 });
		const result = resultOf(message);
		// A tracer that never caught up with the storm would neither reach the end nor find its own time limit.
		expect(["reached", "timeout"]).toContain(result.stopReason);
		expect(hopsOf(result)[0]).toBe(chain.hops[4][0]);
		if (quoted !== "target") expect(hopsOf(result)).toEqual(chain.hops[4]);
		else expect(result.counters.foreign + result.counters.dropped).toBeGreaterThan(1_000);
		await raging;
	});

	it.skipIf(prlimitObstacle !== null)(
		skippable("says so when there are no descriptors left for more probes", prlimitObstacle),
		async () => {
			const { message } = await trace({ method: "udp-port" }, { prefix: ["prlimit", "--nofile=40:40"] });
			const result = resultOf(message);
			expect(result.hops[0]?.probes[0]?.from).toBe(chain.hops[4][0]);
			const error = expect.objectContaining({ code: "tooManyFiles", call: "socket", errnoName: "EMFILE" });
			expect(result.warnings).toContainEqual({ code: "channelFault", error });
		},
	);

	it("reaches a link-local address over the interface it is given", async () => {
		const { stdout } = await run("ip", [
			"-n",
			chain.names[1] ?? "",
			"-6",
			"-o",
			"addr",
			"show",
			"dev",
			"w0",
			"scope",
			"link",
		]);
		const target = /inet6 (fe80[^/]+)/.exec(stdout)?.[1] ?? "";
		for (const method of ["udp", "icmp", "tcpconnect", "tcp"]) {
			const { message } = await trace({ method, family: 6, target, interface: "v0" });
			expect(hopsOf(resultOf(message))).toEqual([target]);
		}
	});

	it("survives a target that answers each probe with a flood", async () => {
		const { message } = await trace({ method: "udp-port", port: FLOOD_PORT, timeoutNs: 20_000_000_000 });
		const result = resultOf(message);
		expect(result.stopReason).toBe("reached");
		expect(result.counters.duplicates + result.counters.dropped).toBeGreaterThan(1_000);
		expect(hopsOf(result)).toEqual(chain.hops[4]);
	});

	it("ends with an honest result when the interface vanishes in the middle", async () => {
		const own = buildChain("gone", 1);
		try {
			const target = own.hops[4][1] ?? "";
			const running = trace({ target, sendWaitNs: 400_000_000, waitMaxNs: 500_000_000 }, { namespace: own.client });
			await untilReceived(own.client, "InTimeExcds", 0);
			await run("ip", ["-n", own.client, "link", "del", "v0"]);
			const { message } = await running;
			const result = resultOf(message);
			expect(result.hops[0]?.probes[0]?.from).toBe(own.hops[4][0]);
			const last = result.hops.flatMap((hop) => hop.probes).find((probe) => probe.status === "sendError");
			expect(last?.error?.call).toBe("sendmmsg");
			expect(result.warnings.map((warning) => warning.code)).toContain("channelFault");
		} finally {
			own.destroy();
		}
	});
});
