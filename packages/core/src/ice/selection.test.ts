import { describe, expect, test } from "vitest";
import { MILLISECOND } from "../machine.ts";
import { IceWorld, type Packet, PORT_RESTRICTED, type SideSettings, SYMMETRIC } from "./ice-world.fixture.ts";

const FAST = { config: { pacingMs: 5 } };
const cell = (more: object) => ({ ...FAST, relay: true, ...more });

describe("a selection", () => {
	test("comes within the grace where a better pair is silent, and says so", () => {
		const world = new IceWorld({
			...{ delayMs: 10, stun: false, a: { ...FAST, bases: [{ cost: 5 }, { address: "198.51.100.77" }] }, b: FAST },
			drops: ({ base, side }) => side === "a" && base === 1,
		});
		world.passUntil("completed", 5);
		expect(world.now / MILLISECOND).toBeLessThanOrEqual(150);
		expect(world.a.selected.base).toBe(0);
	});

	test("changes from a relay to a way of its own that opens later, where the peer can", () => {
		const world = new IceWorld({ delayMs: 10, a: cell({ nat: PORT_RESTRICTED }), b: cell({ nat: PORT_RESTRICTED }) });
		world.drops = ({ side, base }) => side === "b" && base === 0;
		world.passUntil("completed", 10);
		expect([world.a.selected.local.type, world.a.selected.remote.type]).toContain("relay");
		world.drops = () => false;
		world.pass(20_000);
		const ways = [world.a, world.b].flatMap(({ selected }) => [selected.local.type, selected.remote.type]);
		expect(ways).not.toContain("relay");
		expect(world.a.told("selected").at(-1)?.why).toBe("better");
	});

	test("has in reserve a pair that shares no interface with the selected one, on either side", () => {
		const bases = (network: number) => [{ address: `198.51.${network}.71` }, { address: `198.51.${network}.72` }];
		const sides = { a: { ...FAST, bases: bases(100) }, b: { ...FAST, bases: bases(101) } };
		const world = new IceWorld({ delayMs: 10, stun: false, ...sides });
		world.passUntil("completed", 5);
		world.pass(1000);
		const { base, remote } = world.a.selected;
		const reserve = world.a.agent.pairs.find(({ backup }) => backup);
		expect(reserve?.base).not.toBe(base);
		expect(reserve?.remote.address).not.toBe(remote.address);
		// Both sides lose the same network.
		const lost = world.b.selected.base;
		world.drops = ({ side, base: by }) => side === "b" && by === lost;
		world.step("a", { type: "baseGone", base });
		world.pass(200);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world.a.selected.id).toBe(reserve?.id);
	});

	test("has in reserve a pair of another interface, not another address of the same one", () => {
		const at = (device: string, network: number): NonNullable<SideSettings["bases"]> =>
			[`fd00:${network}::7`, `198.51.${network}.7`, `2001:db8:${network}::7`, `198.51.${network}.8`].map((address) => ({
				address,
				interface: device,
			}));
		const bases = [...at("eth0", 100), ...at("wlan0", 101)];
		const world = new IceWorld({
			delayMs: 10,
			stun: false,
			a: { ...FAST, bases },
			b: { ...FAST, bases: at("eth0", 102) },
		});
		world.passUntil("completed", 5);
		world.pass(1000);
		const half = bases.length / 2;
		const reserve = world.a.agent.pairs.find(({ backup }) => backup);
		expect((reserve?.base ?? -1) >= half).toBe(world.a.selected.base < half);
	});

	test.each([
		["is silent as well", 2500, false],
		["brings an ICMP error", 400, true],
	])("does not stay with a pair that it goes to, where there are others and that one %s", (_, ms, hasIcmp) => {
		const bases = ["71", "72", "73"].map((host) => ({ address: `198.51.100.${host}` }));
		const world = new IceWorld({ delayMs: 10, stun: false, a: { ...FAST, bases }, b: FAST });
		world.passUntil("completed", 5);
		world.addBase("a", { address: "198.51.100.74" });
		world.pass(500);
		const lost = world.a.selected.base;
		const usable = world.a.agent.pairs.filter(({ base, writable }) => writable && base !== lost);
		expect(usable.length).toBeGreaterThan(1);
		const next = usable.find(({ backup }) => backup);
		world.drops = ({ side, base, to }) =>
			(side === "a" && base === next?.base) || to.address === world.a.bases.get(next?.base ?? -1)?.address;
		world.step("a", { type: "baseGone", base: lost });
		world.pass(50);
		const { address = "", port = 0 } = next?.remote ?? {};
		const to = { address, port };
		if (hasIcmp) world.step("a", { type: "unreachable", base: next?.base ?? -1, to, code: "ENETUNREACH" });
		world.pass(ms - 50);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world.a.selected.base).not.toBe(next?.base);
	});

	test("of what turns out to be a relay of the peer's gives way to what needs none", () => {
		const bases = [{}, { address: "198.51.100.77" }];
		const config = { pacingMs: 5, nominationGraceMs: 0 };
		const world: IceWorld = new IceWorld({
			...{ delayMs: 10, stun: false, signallingMs: 400, a: { config }, b: { ...FAST, relay: true, bases } },
			// Until the peer's candidates are known nothing but its relay comes through.
			drops: ({ side, base }) => side === "b" && base < 2 && world.now < 900 * MILLISECOND,
		});
		world.passUntil("completed", 5);
		world.pass(20_000);
		const ways = [world.a, world.b].flatMap(({ selected }) => [selected.local.type, selected.remote.type]);
		expect(ways).not.toContain("relay");
	});

	test("tells the driver which sockets and relays nobody needs any more", () => {
		const config = { pacingMs: 5, deadPeerMs: 0 };
		const world = new IceWorld({ delayMs: 10, a: cell({ nat: PORT_RESTRICTED, config }), b: cell({ config }) });
		world.passUntil("completed", 5);
		world.pass(12_000);
		expect(world.a.told("unneeded")).toEqual([{ kind: "unneeded", bases: [1] }]);
	});

	test("keeps for the peer what that has in reserve", () => {
		const bases = [{ address: "198.51.100.71" }, { address: "198.51.100.72" }];
		const world = new IceWorld({ delayMs: 10, stun: false, a: { ...FAST, bases }, b: FAST });
		world.passUntil("completed", 5);
		world.pass(60_000);
		const used = world.b.agent.pairs
			.filter(({ selected, backup }) => selected || backup)
			.map(({ remote }) => remote.address);
		expect(used.toSorted()).toEqual(bases.map(({ address }) => address));
		expect(world.a.told("unneeded")).toEqual([]);
	});

	test("needs every component: RTP and RTCP, on sockets of their own", () => {
		const config = { pacingMs: 5, streams: [2] };
		const bases = [{ component: 1 }, { component: 2 }];
		const world = new IceWorld({
			delayMs: 10,
			a: { config, bases, nat: PORT_RESTRICTED },
			b: { config, bases, nat: PORT_RESTRICTED },
		});
		world.passUntil("completed", 5);
		const components = world.a.told("selected").map(({ pair }) => pair.component);
		expect(components.toSorted()).toEqual([1, 2]);
		world.step("a", { type: "send", component: 2, bytes: Uint8Array.of(0x80, 200) });
		world.pass(50);
		expect(world.b.data).toHaveLength(1);
	});
});

describe("a machine with both families", () => {
	const bases = (name: string) => [{ address: `198.51.100.${name}` }, { address: `2001:db8::${name}` }];
	const both = (drops: (packet: Packet) => boolean) =>
		new IceWorld({
			delayMs: 10,
			stun: false,
			drops,
			a: { ...FAST, bases: bases("71") },
			b: { ...FAST, bases: bases("72") },
		});

	test("prefers IPv6 where both work as well", () => {
		const world = both(() => false);
		world.passUntil("completed", 5);
		expect(world.a.selected.remote.address).toBe("2001:db8::72");
	});

	test("waits for a broken IPv6 no longer than the grace", () => {
		const world = both(({ to }) => to.address.includes(":"));
		world.passUntil("completed", 5);
		expect(world.a.selected.remote.address).toBe("198.51.100.72");
		expect(world.now / MILLISECOND).toBeLessThanOrEqual(160);
	});
});

describe("TCP", () => {
	const side = (tcpType: "active" | "passive", address: string) => ({
		...FAST,
		bases: [{ address }, { address, transport: "tcp" as const, tcpType, port: tcpType === "active" ? 9 : 7000 }],
	});
	const world = (drops: (packet: Packet) => boolean) =>
		new IceWorld({
			delayMs: 10,
			stun: false,
			drops,
			a: side("active", "198.51.100.71"),
			b: side("passive", "198.51.100.72"),
		});

	test("is taken where UDP is dead, from the end that opens to the one that waits", () => {
		const dead = world(({ base }) => base === 0);
		dead.passUntil("completed", 5);
		expect(dead.a.selected).toMatchObject({
			local: { transport: "tcp", tcpType: "active" },
			remote: { tcpType: "passive" },
		});
		expect(dead.b.selected.remote).toMatchObject({ transport: "tcp", tcpType: "active" });
	});

	test("is not taken where UDP works", () => {
		const open = world(() => false);
		open.passUntil("completed", 5);
		expect([open.a.selected.local.transport, open.b.selected.local.transport]).toEqual(["udp", "udp"]);
	});
});

test("where relays alone are allowed, nothing else is told, sent from or answered on", () => {
	const config = { pacingMs: 5, policy: "relay" as const };
	const world = new IceWorld({ delayMs: 10, a: { config, relay: true }, b: { ...FAST, relay: true } });
	world.passUntil("completed", 5);
	expect(world.a.selected.local.type).toBe("relay");
	expect(world.a.told("candidate").map(({ line }) => line.type)).toEqual(["relay"]);
	expect(world.sent.filter(({ side, base }) => side === "a" && base === 0)).toEqual([]);
	const shown = JSON.stringify(world.a.events) + JSON.stringify(world.a.agent.pairs);
	expect(shown).not.toContain(world.a.bases.get(0)?.address);
});

test("of a relay waits until the peer has had its turns on the ways without one", () => {
	const world = new IceWorld({ a: cell({ nat: SYMMETRIC }), b: cell({ nat: SYMMETRIC }) });
	world.passUntil("connected", 5);
	const connectedAt = world.now;
	world.passUntil("completed", 5);
	// Two ways without a relay, two turns of Ta on each, and 20 ms for the way.
	expect((world.now - connectedAt) / MILLISECOND).toBeGreaterThanOrEqual(40);
});

/** From the first socket to the agreement, at no distance, with Ta of 5 ms on both sides. */
describe("at no distance it takes", () => {
	test.each([
		["one network", {}, 10],
		["two port-restricted NATs", { nat: PORT_RESTRICTED }, 38],
		["two symmetric NATs", { nat: SYMMETRIC }, 110],
	] as const)("no more than some slots of Ta: %s", (_, nat, mostMs) => {
		const world = new IceWorld({ a: cell(nat), b: cell(nat) });
		world.passUntil("completed", 5);
		expect(world.now / MILLISECOND).toBeLessThanOrEqual(mostMs);
	});
});
