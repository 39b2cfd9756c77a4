import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConformanceCase } from "../testing/conformance-channel.ts";
import { bundleChild, type LiveChild, runChild, startResponder } from "../testing/live-run.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";

const obstacle = liveObstacle();
if (obstacle !== null) console.warn(`skipped: ${obstacle}`);

const OPEN_PORT = 7777;
const METHODS: readonly (readonly [
	method: string,
	channel: ConformanceCase["channel"],
	users: readonly ("root" | "nobody")[],
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
	["udp", "portable", ["nobody"]],
	["udp-port", "portable", ["nobody"]],
];
/** Newer kernels have no UDP-Lite sockets. */
const UDP_LITE: (typeof METHODS)[number] = ["udplite", "errorQueue", ["root", "nobody"]];
const CASES = [...METHODS, ...(hasUdpLite() ? [UDP_LITE] : [])].flatMap(([method, channel, users]) =>
	users.flatMap((user) => ([4, 6] as const).map((family) => ({ method, channel, user, family }))),
);

function hasUdpLite(): boolean {
	const has = readFileSync("/proc/net/protocols", "utf8").includes("UDP-Lite");
	if (!has) console.warn("skipped: UDP-Lite sockets, which this kernel does not have");
	return has;
}

describe.skipIf(obstacle !== null)("every channel on a chain of three routers", () => {
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

	it.each(CASES)("conforms: $method over $channel, IPv$family, as $user", async ({ method, channel, user, family }) => {
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
	});

	it("says permissionDenied for raw and session channels without CAP_NET_RAW, and only for those", async () => {
		const { value } = await runChild({ namespace: chain.client, child, user: "nobody", args: ["support"] });
		const rows = value as { channel: string; error: { code: string } | null }[];
		expect(rows.length).toBeGreaterThan(10);
		for (const row of rows) {
			const needsPrivilege = row.channel === "raw" || row.channel === "session";
			expect(row.error?.code ?? null).toBe(needsPrivilege ? "permissionDenied" : null);
		}
	});
});
