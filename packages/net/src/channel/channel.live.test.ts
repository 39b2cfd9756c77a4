import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import type { ConformanceCase } from "../testing/conformance-channel.ts";
import { bundleChild, type LiveChild, runChild, startResponder } from "../testing/live-run.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";

const obstacle = liveObstacle();

const OPEN_PORT = 7777;

interface Case extends Pick<ConformanceCase, "method" | "channel" | "family"> {
	readonly user: "root" | "nobody";
}

const METHODS: readonly (readonly [
	method: string,
	channel: ConformanceCase["channel"],
	users: readonly Case["user"][],
])[] = [
	["udp", "errorQueue", ["root", "nobody"]],
	["udp-classic", "errorQueue", ["root"]],
	["udp-port", "errorQueue", ["root", "nobody"]],
	["icmp", "errorQueue", ["root", "nobody"]],
	["tcpconnect", "errorQueue", ["root", "nobody"]],
	["udp", "raw", ["root"]],
	["udp-port", "raw", ["root"]],
	["icmp", "raw", ["root"]],
	["tcp", "raw", ["root"]],
	["udplite", "raw", ["root"]],
	["dccp", "raw", ["root"]],
	["sctp", "raw", ["root"]],
	["raw", "raw", ["root"]],
	["udp", "borrowed", ["root", "nobody"]],
];
const PORTABLE: typeof METHODS = [
	["udp", "portable", ["nobody"]],
	["udp-port", "portable", ["nobody"]],
];
const UDP_LITE: typeof METHODS = [["udplite", "errorQueue", ["root", "nobody"]]];
/** By WHITHER_BACKEND=portable there is one channel. */
const nativeObstacle =
	process.env.WHITHER_BACKEND === "portable" ? "WHITHER_BACKEND=portable, so no channel but that one" : null;
/** Newer kernels have none. */
const udpLiteObstacle = nativeObstacle ?? (hasUdpLite() ? null : "this kernel has no UDP-Lite sockets");

function hasUdpLite(): boolean {
	return readFileSync("/proc/net/protocols", "utf8").includes("UDP-Lite");
}

function casesOf(methods: typeof METHODS): readonly Case[] {
	return methods.flatMap(([method, channel, users]) =>
		users.flatMap((user) => ([4, 6] as const).map((family) => ({ method, channel, user, family }))),
	);
}

describe.skipIf(obstacle !== null)(skippable("every channel on a chain of three routers", obstacle), () => {
	let chain: Chain;
	let child: LiveChild;
	let responder: ChildProcess;

	beforeAll(async () => {
		chain = buildChain("conf", 3);
		child = await bundleChild();
		responder = await startResponder(chain.target, OPEN_PORT);
	});
	afterAll(() => {
		responder?.kill();
		child?.remove();
		chain?.destroy();
	});

	const title = "conforms: $method over $channel, IPv$family, as $user";
	it.each(casesOf(PORTABLE))(title, conforms);
	it.skipIf(nativeObstacle !== null).each(casesOf(METHODS))(skippable(title, nativeObstacle), conforms);
	it.skipIf(udpLiteObstacle !== null).each(casesOf(UDP_LITE))(skippable(title, udpLiteObstacle), conforms);

	async function conforms({ method, channel, user, family }: Case): Promise<void> {
		const about: ConformanceCase = {
			method,
			channel,
			family,
			hops: chain.hops[family],
			source: chain.source[family],
			closedPort: 33434,
			openPort: OPEN_PORT,
		};
		const outcome = await runChild({
			namespace: chain.client,
			child,
			user,
			prefix: channel === "portable" ? ["env", "WHITHER_BACKEND=portable"] : [],
			args: ["conformance", JSON.stringify(about)],
		});
		expect(outcome).toEqual({ code: 0, stderr: "", value: [] });
	}

	const privilege = "says permissionDenied for raw and session channels without CAP_NET_RAW, and only for those";
	it.skipIf(nativeObstacle !== null)(skippable(privilege, nativeObstacle), async () => {
		const { value } = await runChild({ namespace: chain.client, child, user: "nobody", args: ["support"] });
		const rows = value as { channel: string; error: { code: string } | null }[];
		expect(rows.length).toBeGreaterThan(10);
		for (const row of rows) {
			const needsPrivilege = row.channel === "raw" || row.channel === "session";
			expect(row.error?.code ?? null).toBe(needsPrivilege ? "permissionDenied" : null);
		}
	});
});
