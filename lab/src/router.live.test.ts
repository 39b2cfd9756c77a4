/** The enriched-ICMP node on a real kernel: what its answers tell, and that its rules come and go with it. */
import {
	attributeOf,
	decodeStun,
	isDecodeError,
	trailingAttributeOf,
	verifyFingerprint,
	verifyIntegrity,
} from "@whither/wire";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../scripts/skippable.ts";
import {
	end,
	FAMILIES,
	KEY,
	NODE_TTL,
	OFFERING,
	RouterLab,
	ready,
	routerObstacle,
	stunBytes,
} from "./router-lab.fixture.ts";
import { runWhither, startWhither } from "./run.ts";
import { startStorm } from "./storm.ts";

const obstacle = routerObstacle();
const title = "the router";
/** Figures are of the last two seconds. */
const POLLING = { timeout: 20_000, interval: 300 } as const;

describe.skipIf(obstacle !== null)(skippable(title, obstacle), () => {
	let lab: RouterLab;

	beforeAll(async () => {
		lab = await RouterLab.open();
	});
	afterEach(() => lab?.endRouters());
	afterAll(() => lab?.close());

	const WAYS = FAMILIES.flatMap((family) => (["errorQueue", "raw"] as const).map((channel) => ({ family, channel })));

	test.each(WAYS)("tells a client behind a NAT of its links, IPv$family over $channel", async ({ family, channel }) => {
		await lab.startRouter();
		const user = channel === "raw" ? "root" : "nobody";
		const result = await lab.traceResult(family, ["--channel", channel], user);
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
		const tool = await lab.startRouter(["--up", "1500"]);
		const said = async (): Promise<unknown> => {
			const [answer] = await lab.nodeObjects(4);
			return (answer as { stun?: { networkStatus?: unknown } } | undefined)?.stun?.networkStatus;
		};
		const calm = { congested: false, nodeCount: 1, upKbps: 1_500, downKbps: 20_000 };
		const full = { congested: true, nodeCount: 1, upKbps: 1, downKbps: 20_000 };
		await expect.poll(said, POLLING).toEqual(calm);
		// Two megabits a second, of packets that are no business of the node's.
		const packets = [lab.packet(4, 64, new Uint8Array(972))];
		const storm = await startStorm(lab.client, { packets, perSecond: 250, seconds: 30 });
		await expect.poll(said, POLLING).toEqual(full);
		storm.stop();
		await expect.poll(said, POLLING).toEqual(calm);
		await end(tool, "SIGTERM");
	});

	test.each(FAMILIES)("is shown in text as a hint, IPv%i", async (family) => {
		await lab.startRouter();
		const text = await lab.trace(family);
		expect(text).toMatch(/^ *Hop 4, \S+: 1 node, up 5000 kbit\/s, down 20000 kbit\/s \(a hint, unauthenticated\)/m);
	});

	test.each(FAMILIES)("writes its word into messages that pass and offer a place for it, IPv%i", async (family) => {
		await lab.startRouter();
		const message = decodeStun(await lab.ask(family, stunBytes("request", OFFERING)));
		if (isDecodeError(message)) throw new Error(message.error);
		// It passed the node twice, there and back, and each time "up" was the way it went.
		const status = { congested: false, nodeCount: 2, upKbps: 5_000, downKbps: 20_000 };
		expect(trailingAttributeOf(message, "networkStatus")).toEqual(status);
		expect([verifyIntegrity(message, KEY), verifyFingerprint(message)]).toEqual([true, true]);
		expect(attributeOf(message, "username")).toBe("them:us");
	});

	test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
		"takes its rules away on %s, and says what it did",
		async (signal) => {
			expect(await lab.rules()).toEqual([]);
			const tool = await lab.startRouter();
			expect(await lab.rules()).toHaveLength(2);
			await lab.traceResult(4);
			const outcome = await end(tool, signal);
			expect(outcome.code).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
			expect(outcome.stdout.trim().split("\n")).toHaveLength(1);
			expect(outcome.stderr).toMatch(/^\d+ STUN packets seen, [1-9] answered, 0 rewritten\n$/);
			expect(await lab.rules()).toEqual([]);
		},
	);

	test("takes its rules away when a mistake of ours ends it", async () => {
		const crash = `process.on("SIGUSR2",()=>{throw new Error("asked for")})`;
		const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` };
		const tool = await lab.startRouter([], env);
		expect(await lab.rules()).toHaveLength(2);
		const outcome = await end(tool, "SIGUSR2");
		expect([outcome.code, outcome.stderr]).toEqual([70, expect.stringContaining("asked for")]);
		expect(await lab.rules()).toEqual([]);
	});

	test("killed, it leaves a way that packets go on by, and its rules to the next start", async () => {
		await end(await lab.startRouter(["--interface", "link3"]), "SIGKILL");
		expect(await lab.rules()).toHaveLength(2);
		for (const family of FAMILIES) {
			const { reached, hops } = await lab.traceResult(family);
			expect([reached, hops[NODE_TTL - 1]?.probes[0]?.status]).toEqual([true, "reply"]);
		}
		const next = await lab.startRouter(["--queue", "7"]);
		expect((await lab.rules()).filter((rule) => !rule.includes("--queue-num 7"))).toEqual([]);
		const outcome = await end(next, "SIGTERM");
		expect(outcome.stderr).toMatch(/^Took away 2 rules that a killed router had left behind\n/);
		expect(await lab.rules()).toEqual([]);
	});

	test("leaves the rules of a router that runs alone, and says whose the queue is", async () => {
		await lab.startRouter();
		const second = await runWhither(["router", "--install"], { namespace: lab.node });
		expect([second.code, second.stdout]).toEqual([4, ""]);
		expect(second.stderr).toMatch(/Another program has queue 0/);
		const third = await lab.startRouter(["--queue", "1"]);
		expect(await lab.rules()).toHaveLength(4);
		await end(third, "SIGTERM");
		expect(await lab.rules()).toHaveLength(2);
	});

	test("says which privileges it needs, with the code for it", async () => {
		const outcome = await runWhither(["router", "--install"], { namespace: lab.node, user: "nobody" });
		expect([outcome.code, outcome.stdout]).toEqual([3, ""]);
		expect(outcome.stderr).toMatch(/CAP_NET_ADMIN .*CAP_NET_RAW .*root/);
	});

	test("prints the rules where it is not to install them", async () => {
		const tool = await ready(startWhither(["router", "--queue", "3"], { namespace: lab.node }));
		expect(await lab.rules()).toEqual([]);
		const { stderr, stdout } = await end(tool, "SIGTERM");
		expect(stderr).toContain("iptables -t mangle -A PREROUTING -p udp '!' -f -m u32 --u32 '0>>22&0x3C@12=0x2112a442'");
		expect(stderr).toContain("ip6tables -t mangle -A PREROUTING -p udp -m u32 --u32 '52=0x2112a442'");
		expect(stdout.split("\n")).toHaveLength(2);
	});
});
