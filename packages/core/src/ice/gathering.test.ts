import type { IceCandidateLine } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import type { IceAgentConfig, IceAgentOutput } from "./ice-io.ts";
import { IceWorld, PORT_RESTRICTED, SERVER, SYMMETRIC } from "./ice-world.fixture.ts";

const PRIVATE = { address: "10.0.0.1", port: 5000 };
const agentWith = (config: Partial<IceAgentConfig> = {}) =>
	new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlling", ...config });
const lines = (outputs: readonly IceAgentOutput[]) =>
	outputs.flatMap((output) =>
		output.type === "event" && output.event.kind === "candidate" ? [output.event.line] : [],
	);

describe("candidates", () => {
	test("are told as they are found, each with its foundation, then that they are all", () => {
		const world = new IceWorld({ delayMs: 10, a: { nat: PORT_RESTRICTED, relay: true } });
		world.pass(200);
		const told = world.a.told("candidate").map(({ line }) => line);
		expect(told.map(({ type }) => type)).toEqual(["host", "srflx", "relay"]);
		expect(new Set(told.map(({ foundation }) => foundation))).toHaveProperty("size", 3);
		expect(told[1]?.related).toEqual(world.a.bases.get(0));
		expect(world.a.told("gathered")).toHaveLength(1);
	});

	test("are all again once those have come that a driver says are on their way", () => {
		const agent = agentWith();
		const gathered = (outputs: readonly IceAgentOutput[]) =>
			outputs.filter((output) => output.type === "event" && output.event.kind === "gathered").length;
		agent.step({ type: "base", base: 0, at: PRIVATE }, 0);
		expect(gathered(agent.step({ type: "basesComplete" }, 0))).toBe(1);
		expect(gathered(agent.step({ type: "basesPending" }, 0))).toBe(0);
		expect(gathered(agent.step({ type: "restart" }, 0))).toBe(0);
		expect(gathered(agent.step({ type: "base", base: 1, at: { ...PRIVATE, port: 5001 } }, 0))).toBe(0);
		expect(gathered(agent.step({ type: "basesComplete" }, 0))).toBe(1);
	});

	test("of two components of one socket pair have one foundation, and of two addresses two", () => {
		const agent = agentWith({ streams: [2] });
		const at = (address: string, component: number) => ({ address, port: 5000 + component, component });
		const told = [
			...lines(agent.step({ type: "base", base: 0, at: at("10.0.0.1", 1) }, 0)),
			...lines(agent.step({ type: "base", base: 1, at: at("10.0.0.1", 2) }, 0)),
			...lines(agent.step({ type: "base", base: 2, at: at("10.0.0.2", 1) }, 0)),
		];
		expect(told.map(({ foundation, component }) => [foundation, component])).toEqual([
			["1", 1],
			["1", 2],
			["2", 1],
		]);
	});

	test("that two servers tell of one socket have two foundations (RFC 8445 §5.1.1.3)", () => {
		const agent = agentWith({});
		agent.step({ type: "base", base: 0, at: PRIVATE }, 0);
		const mapped = (server: string, port: number) =>
			lines(
				agent.step(
					{
						type: "mapped",
						base: 0,
						server: { address: server, port: 3478 },
						mapped: { address: "203.0.113.5", port },
					},
					0,
				),
			).map(({ foundation }) => foundation);
		const told = [mapped("203.0.113.1", 1), mapped("203.0.113.1", 2), mapped("203.0.113.2", 3)].flat();
		expect(told).toEqual([told[0], told[0], expect.not.stringMatching(`^${told[0]}$`)]);
	});

	test("that are the same are told once", () => {
		const world = new IceWorld({ delayMs: 10 });
		world.pass(200);
		expect(world.a.told("candidate").map(({ line }) => line.type)).toEqual(["host"]);
		expect(world.a.ignored).toContain("redundant");
	});

	test("give way to a name where the driver publishes one, and hide what they come from", () => {
		const agent = agentWith();
		const [host] = lines(agent.step({ type: "base", base: 0, at: { ...PRIVATE, name: "x.local" } }, 0));
		expect(host?.address).toBe("x.local");
		const mapped = { address: "198.51.100.1", port: 40_000 };
		const [srflx] = lines(agent.step({ type: "mapped", base: 0, server: SERVER[4], mapped }, 0));
		expect(srflx).toMatchObject({ ...mapped, related: { address: "0.0.0.0", port: 9 } });
	});

	test("are relays alone where the policy says so, without a word on where they come from", () => {
		const agent = agentWith({ policy: "relay", stunServers: [SERVER[4]] });
		const host = agent.step({ type: "base", base: 0, at: PRIVATE }, 0);
		expect([lines(host), host.some(({ type }) => type === "send")]).toEqual([[], false]);
		const relay = { server: SERVER[4], leg: "udp", mapped: { address: "198.51.100.1", port: 1 } } as const;
		const at = { address: "203.0.113.9", port: 50_000, relay };
		expect(lines(agent.step({ type: "base", base: 1, at }, 0))).toMatchObject([
			{ type: "relay", related: { address: "0.0.0.0", port: 9 } },
		]);
	});

	test("are translated as a cloud's rules say", () => {
		const external = "203.0.113.5";
		const host = (mode: "replace" | "append") =>
			lines(agentWith({ rewrites: [{ external, mode }] }).step({ type: "base", base: 0, at: PRIVATE }, 0));
		expect(host("replace").map(({ type, address }) => [type, address])).toEqual([["host", external]]);
		expect(host("append").map(({ type, address }) => [type, address])).toEqual([
			["host", PRIVATE.address],
			["srflx", external],
		]);
		const other = agentWith({ rewrites: [{ external, mode: "replace", interface: "eth1" }] });
		expect(lines(other.step({ type: "base", base: 0, at: { ...PRIVATE, interface: "eth0" } }, 0))[0]?.address).toBe(
			PRIVATE.address,
		);
		const all = agentWith({ rewrites: [{ external, mode: "replace" }] });
		const ipv6 = { address: "2001:db8::1", port: 5000 };
		expect(lines(all.step({ type: "base", base: 0, at: ipv6 }, 0))[0]?.address).toBe(ipv6.address);
	});

	test("are those that the filters let pass", () => {
		const agent = agentWith({ allowLocal: ({ interface: name }) => name !== "docker0" });
		expect(lines(agent.step({ type: "base", base: 0, at: { ...PRIVATE, interface: "docker0" } }, 0))).toEqual([]);
		expect(lines(agent.step({ type: "base", base: 1, at: { ...PRIVATE, interface: "eth0" } }, 0))).toHaveLength(1);
	});
});

describe("a STUN server", () => {
	const DEAD = { address: "203.0.113.66", port: 3478 };

	test("takes turns with checks, however many there are", () => {
		const stunServers = Array.from({ length: 40 }, (_, index) => ({ ...DEAD, port: 1000 + index }));
		const world = new IceWorld({ delayMs: 10, stun: false, a: { config: { stunServers } }, b: {} });
		world.passUntil("completed", 10);
		expect([world.a.agent.state, world.now / MILLISECOND < 1000]).toEqual(["completed", true]);
	});

	test("that is silent holds up the rest for no longer than the grace", () => {
		const config = { stunServers: [SERVER[4], DEAD] };
		const world = new IceWorld({ delayMs: 10, a: { nat: PORT_RESTRICTED, config } });
		world.pass(6000);
		expect(world.a.when("gathered") / MILLISECOND).toBeLessThanOrEqual(1200);
		expect(world.a.told("candidateError").map(({ error }) => [error.server, error.why])).toEqual([[DEAD, "timeout"]]);
	});

	test("that is the only one is waited for until its time is over", () => {
		const world = new IceWorld({ a: { nat: PORT_RESTRICTED, config: { stunServers: [DEAD], gatherTimeoutMs: 3000 } } });
		world.pass(6000);
		expect(world.a.when("gathered") / MILLISECOND).toBe(3000);
	});

	test("that cannot be reached is given up at once", () => {
		const world = new IceWorld({ a: { nat: PORT_RESTRICTED, config: { stunServers: [DEAD] } } });
		world.step("a", { type: "unreachable", base: 0, to: DEAD, code: "ECONNREFUSED" });
		expect(world.a.told("gathered")).toHaveLength(1);
		expect(world.a.told("candidateError").map(({ error }) => error.why)).toEqual(["portUnreachable"]);
	});

	test("is asked between checks, two for each where there are any", () => {
		const agent = agentWith({ stunServers: [SERVER[4]], pacingMs: 5 });
		const steps: string[] = [];
		const hear = (outputs: readonly IceAgentOutput[]) => {
			for (const output of outputs)
				if (output.type === "send") steps.push(output.to.port === SERVER[4].port ? "server" : "peer");
		};
		for (const base of [0, 1, 2])
			hear(agent.step({ type: "base", base, at: { ...PRIVATE, address: `10.0.0.${base + 1}` } }, 0));
		hear(agent.step({ type: "peer", peer: { ufrag: "abcd", pwd: "a".repeat(22) }, candidates: [] }, 0));
		const line = (port: number): IceCandidateLine => ({
			...{ foundation: String(port), component: 1, transport: "udp", priority: port, address: "10.0.0.9", port },
			...{ type: "host", related: null, tcpType: null, extensions: [] },
		});
		hear(agent.step({ type: "remoteCandidates", candidates: [{ line: line(1) }, { line: line(2) }] }, 0));
		while (steps.length < 7) hear(agent.step({ type: "timer" }, agent.deadline?.at ?? 0));
		expect(steps).toEqual(["server", "peer", "peer", "server", "peer", "peer", "server"]);
	});

	test("is asked from the sockets that media use, one mapping for both where the NAT allows", () => {
		const world = new IceWorld({ delayMs: 10, a: { nat: PORT_RESTRICTED }, b: { nat: PORT_RESTRICTED } });
		world.passUntil("completed");
		expect(world.a.selected.local.port).toBe(
			world.a.told("candidate").find(({ line }) => line.type === "srflx")?.line.port,
		);
	});

	test("is asked from a socket that comes later as from the first", () => {
		const world = new IceWorld({ delayMs: 10, a: { nat: SYMMETRIC }, signallingMs: 1e9 });
		world.pass(20_000);
		world.addBase("a");
		world.pass(200);
		const mapped = world.a.told("candidate").filter(({ line }) => line.type === "srflx");
		expect(mapped.map(({ base }) => base)).toEqual([0, 1]);
		expect(world.a.told("candidateError")).toEqual([]);
	});

	test("shows by its answers when the NAT has mapped anew, which is one more candidate", () => {
		const world = new IceWorld({ a: { nat: SYMMETRIC }, signallingMs: 100_000 });
		world.pass(10_000);
		world.a.nat?.forget();
		world.pass(10_000);
		const mapped = world.a.told("candidate").flatMap(({ line }) => (line.type === "srflx" ? [line.port] : []));
		expect(new Set(mapped)).toHaveProperty("size", 2);
		expect(world.a.told("gathered")).toHaveLength(1);
	});

	test("is not remembered by all the addresses that it has ever told", () => {
		const world = new IceWorld({ a: { nat: SYMMETRIC }, signallingMs: 1e9 });
		for (let times = 0; times < 40; times++) {
			world.pass(15_000);
			world.a.nat?.forget();
		}
		expect(world.a.told("candidate").length).toBeGreaterThan(30);
		expect(world.a.agent.pending).toBeLessThanOrEqual(1);
	});

	test("keeps the mapping alive until a pair is selected", () => {
		const world = new IceWorld({ a: { nat: SYMMETRIC }, signallingMs: 100_000 });
		world.pass(50_000);
		const asked = world.sent.filter(({ side, to }) => side === "a" && to.port === SERVER[4].port);
		expect(asked.map(({ at }) => at / MILLISECOND)).toEqual([0, 15_000, 30_000, 45_000]);
	});
});
