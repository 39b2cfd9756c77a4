import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippable } from "../../../../scripts/skippable.ts";
import { bundleChild, type LiveChild, type LiveOutcome, run, runChild, startPeer } from "../testing/live-run.ts";
import type { FlowOrder, FlowReport } from "../testing/media-flow.ts";
import { buildChain, type Chain, liveObstacle } from "../testing/namespaces.ts";

const obstacle = liveObstacle();
const title = "media flows over three routers while its path is traced";

const PORT = 9000;
const CLOSED_PORT = 9001;
const SECONDS = 1;
/** What packets arrive with that left with 64 and passed three routers. */
const ARRIVING_TTL = 61;

const FAMILIES = [4, 6] as const;
const SOCKETS = ["own", "dgram"] as const;
const CASES = SOCKETS.flatMap((socket) =>
	FAMILIES.flatMap((family) =>
		([50, 5_000] as const).flatMap((perSecond) =>
			// Probes that nobody answers, and such as the other end does.
			(["udp", "stun"] as const).map((method) => ({ socket, family, perSecond, method })),
		),
	),
);
const ENDS = SOCKETS.flatMap((socket) => FAMILIES.map((family) => ({ socket, family })));

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let chain: Chain;
	let child: LiveChild;

	beforeAll(async () => {
		chain = buildChain("flow", 3);
		child = await bundleChild();
	});
	afterAll(() => {
		child?.remove();
		chain?.destroy();
	});

	type Order = Omit<FlowOrder, "remote"> & { readonly port?: number };
	/** Nobody's receive buffer is too small for a machine that is busy with other things while 5,000 come in a second. */
	async function flow({ port = PORT, ...order }: Order): Promise<FlowReport> {
		const remote = { address: chain.hops[order.family][3] ?? "", port };
		const flowOrder: FlowOrder = { remote, ...order };
		const args = ["flow", JSON.stringify(flowOrder)];
		const outcome: LiveOutcome = await runChild({
			namespace: chain.client,
			child,
			user: order.perSecond < 5_000 ? "nobody" : "root",
			args,
		});
		expect({ ...outcome, value: null }).toEqual({ code: 0, stderr: "", value: null });
		return outcome.value as FlowReport;
	}

	async function call(order: Order) {
		const { family, perSecond, seconds } = order;
		const peer = await startPeer(chain.target, child, { family, port: PORT, perSecond, seconds });
		const here = await flow(order);
		return { here, there: await peer.finish() };
	}

	it.each(CASES)(
		"$perSecond packets a second on a socket of kind $socket, IPv$family, traced by $method",
		async (one) => {
			const { family, perSecond, method, socket } = one;
			const { here, there } = await call({ ...one, seconds: SECONDS });
			const sent = perSecond * SECONDS;
			const whole = { received: sent, duplicated: 0, overtaken: 0 };
			expect(here.errors).toEqual([]);
			expect(there).toMatchObject({ sent, heard: { ...whole, ttls: [ARRIVING_TTL] }, dropped: 0 });
			// Node tells nobody the TTL.
			const ttls = socket === "own" ? [ARRIVING_TTL] : [null];
			expect(here).toMatchObject({ sent, heard: { ...whole, ttls, others: {} }, refused: 0, dropped: 0 });
			const hops = chain.hops[family];
			const path = method === "stun" ? hops : [...hops.slice(0, 3), null, null, null, null];
			expect(here.traces).toBeGreaterThan(1);
			for (const found of here.paths) expect(found).toEqual(path);
			// A probe that arrives begins with a byte that a receiver of media is to drop, or is STUN.
			expect(Object.keys(there.heard.others)).toEqual([method === "stun" ? "stun" : "unknown"]);
		},
	);

	it.each(ENDS)("answers that come when the trace is over are no media, $socket, IPv$family", async (one) => {
		const setting = { method: "stun", perSecond: 500, seconds: 1, stopsEarly: true };
		const { here, there } = await call({ ...one, ...setting });
		expect(here.errors).toEqual([]);
		expect(here.traces).toBeGreaterThan(10);
		expect(there.heard.others.stun).toBeGreaterThan(10);
		expect(here).toMatchObject({ heard: { received: 500, duplicated: 0, overtaken: 0, others: {} }, refused: 0 });
		expect(there.heard).toMatchObject({ received: 500, duplicated: 0, overtaken: 0, ttls: [ARRIVING_TTL] });
	});

	/** Datagrams that came to the target's kernel for a port that nobody has. */
	async function refusedThere(family: 4 | 6): Promise<number> {
		const { stdout } = await run("ip", ["netns", "exec", chain.target, "cat", "/proc/net/snmp", "/proc/net/snmp6"]);
		if (family === 6) return Number(/^Udp6NoPorts\s+(\d+)/m.exec(stdout)?.[1]);
		const [names = [], values = []] = stdout
			.split("\n")
			.filter((line) => line.startsWith("Udp:"))
			.map((line) => line.split(" "));
		return Number(values[names.indexOf("NoPorts")]);
	}

	it.each(ENDS)(
		"a far end that refuses every packet costs none of them, $socket, IPv$family",
		async ({ socket, family }) => {
			const before = await refusedThere(family);
			const here = await flow({ socket, family, method: "udp", perSecond: 2_000, seconds: 1, port: CLOSED_PORT });
			expect(here).toMatchObject({ sent: 2_000, errors: [], heard: { received: 0, others: {} } });
			// All media, and besides it some of the probes.
			expect((await refusedThere(family)) - before).toBeGreaterThanOrEqual(2_000);
			if (socket === "own") {
				expect(here.refused).toBe(2_000);
				expect(here.sentAgain).toBeGreaterThan(0);
			}
			expect(here.paths.length).toBeGreaterThan(1);
			for (const path of here.paths) expect(path).toEqual(chain.hops[family]);
		},
	);
});
