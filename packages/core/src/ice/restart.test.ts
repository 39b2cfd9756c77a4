import { isDecodeError, parseIceCandidate } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { HandPeer, hostLine } from "./hand-peer.fixture.ts";
import { IceWorld, PORT_RESTRICTED, type WorldSettings } from "./ice-world.fixture.ts";

const DATA = { type: "send", bytes: Uint8Array.of(0x80, 1) } as const;

function completed(settings: WorldSettings = {}): IceWorld {
	const world = new IceWorld({ delayMs: 10, ...settings });
	world.passUntil("completed");
	world.pass(4000);
	return world;
}

/** One restarts and tells the other, which tells its own new credentials. */
function restart(world: IceWorld): void {
	world.step("a", { type: "restart" });
	world.describe("a");
	world.after(1, () => world.describe("b"));
}

describe("a restart", () => {
	test("has new credentials and ends with both selecting anew, in the same roles", () => {
		const world = completed({ a: { nat: PORT_RESTRICTED }, b: { nat: PORT_RESTRICTED } });
		const before = [world.a.agent.own.ufrag, world.b.agent.own.ufrag];
		const selections = world.a.told("selected").length;
		restart(world);
		world.pass(2000);
		expect(world.a.agent.own.ufrag).not.toBe(before[0]);
		expect(world.b.agent.own.ufrag).not.toBe(before[1]);
		expect(world.a.told("selected").length).toBe(selections + 1);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect([world.a.agent.role, world.b.agent.role]).toEqual(["controlling", "controlled"]);
	});

	test("keeps the pair in use until another is selected", () => {
		const world = completed();
		world.step("a", { type: "restart" });
		world.pass(20_000);
		world.step("a", DATA);
		world.step("b", DATA);
		world.pass(20);
		expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		expect(world.a.agent.state).toBe("connected");
		world.describe("a");
		world.after(1, () => world.describe("b"));
		world.pass(1000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});

	test("goes on hearing data on the pair in use when both know the same pair anew", () => {
		const world = completed();
		restart(world);
		world.pass(2);
		world.step("a", DATA);
		world.step("b", DATA);
		world.pass(20);
		expect([world.a.data.length, world.b.data.length]).toEqual([1, 1]);
		world.pass(1000);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});

	test("finds the way again after an address has changed", () => {
		const world = completed();
		world.step("a", { type: "baseGone", base: 0 });
		world.addBase("a", { address: "198.51.100.99" });
		restart(world);
		world.pass(1500);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
		expect(world.b.selected.remote.address).toBe("198.51.100.99");
	});

	test("brings back what had failed", () => {
		const world = completed();
		world.drops = () => true;
		world.passUntil("failed");
		world.drops = () => false;
		restart(world);
		world.pass(1500);
		expect([world.a.agent.state, world.b.agent.state]).toEqual(["completed", "completed"]);
	});
});

describe("restarts that cross", () => {
	const agree = ({ a, b }: IceWorld) => {
		expect([a.agent.state, b.agent.state]).toEqual(["completed", "completed"]);
		expect(a.selected.remote.port).toBe(b.selected.local.port);
	};
	const own = ({ a, b }: IceWorld) => [a.agent.own.ufrag, b.agent.own.ufrag];

	test.each([
		["one while another is under way", (world: IceWorld) => ["a", "a"].map((name) => restartOf(world, name as "a"))],
		["one from each side", (world: IceWorld) => ["a", "b"].map((name) => restartOf(world, name as "a"))],
		["two from each side", (world: IceWorld) => ["a", "b", "a", "b"].map((name) => restartOf(world, name as "a"))],
	] as const)("end in one agreement: %s", (_, happen) => {
		for (const signallingMs of [0, 30, 200]) {
			const world = completed({ redescribes: true, signallingMs });
			const before = own(world);
			happen(world);
			world.pass(5000);
			agree(world);
			const after = own(world);
			expect(after.every((ufrag) => !before.includes(ufrag))).toBe(true);
			world.pass(20_000);
			expect(own(world)).toEqual(after);
		}
	});

	function restartOf(world: IceWorld, name: "a" | "b"): void {
		world.step(name, { type: "restart" });
		world.pass(5);
	}

	test("are not disturbed by a description of a generation that is over", () => {
		const world = completed({ redescribes: true });
		const { ufrag, pwd, options } = world.a.agent.own;
		world.step("a", { type: "restart" });
		world.pass(3000);
		const after = own(world);
		world.step("b", { type: "peer", peer: { ufrag, pwd, options } });
		expect(world.b.ignored.at(-1)).toBe("otherGeneration");
		world.pass(3000);
		expect(own(world)).toEqual(after);
		agree(world);
	});

	test("take no candidate that names a generation that is over (RFC 8838 §4.2)", () => {
		const world = completed({ redescribes: true });
		const { ufrag } = world.a.agent.own;
		world.step("a", { type: "restart" });
		world.pass(3000);
		for (const [named, isTaken] of [
			[ufrag, false],
			[world.a.agent.own.ufrag, true],
		] as const) {
			const line = parseIceCandidate(`candidate:9 1 UDP 99 203.0.113.9 9999 typ host ufrag ${named}`);
			if (isDecodeError(line)) throw new Error("it is a candidate");
			world.step("b", { type: "remoteCandidates", candidates: [{ line }] });
			const known = world.b.told("remoteCandidate").filter(({ line: { port } }) => port === 9999);
			expect(known).toHaveLength(isTaken ? 1 : 0);
		}
	});

	test("take a late description of before for the answer until that comes", () => {
		const world = completed({ redescribes: true });
		const { ufrag, pwd, options } = world.b.agent.own;
		world.drops = () => true;
		world.step("a", { type: "restart" });
		world.step("a", { type: "peer", peer: { ufrag, pwd, options } });
		world.drops = () => false;
		world.pass(3000);
		agree(world);
	});
});

describe("after a restart", () => {
	test("answers to checks of before have no effect", () => {
		const peer = new HandPeer({ role: "controlling" }, ["ice2"]);
		peer.step({ type: "remoteCandidates", candidates: [{ line: hostLine("192.0.2.7", 1000) }] });
		const [asked] = peer.asked.splice(0);
		if (asked === undefined) throw new Error("it has asked");
		peer.step({ type: "restart" });
		peer.answer(asked, "success");
		expect([peer.ignored.at(-1), peer.agent.pairs, peer.agent.state]).toEqual(["unknownAnswer", [], "new"]);
	});

	test("what is sent on though it is not selected goes on as well", () => {
		const bases = [{}, { address: "198.51.100.77" }];
		const world = new IceWorld({ delayMs: 10, stun: false, a: { bases }, redescribes: false });
		world.passUntil("completed");
		world.pass(5000);
		world.step("a", { type: "baseGone", base: world.a.selected.base });
		world.step("a", { type: "restart" });
		world.step("a", DATA);
		world.pass(20);
		expect(world.b.data).toHaveLength(1);
		expect(world.a.agent.state).toBe("connected");
	});
});

test("a peer that changes its password alone has restarted as well", () => {
	const world = completed();
	const { ufrag, options } = world.b.agent.own;
	const before = world.a.agent.own.ufrag;
	world.step("a", { type: "peer", peer: { ufrag, pwd: "9999999999999999999999", options } });
	expect(world.a.agent.own.ufrag).not.toBe(before);
});

test.each([
	["no user", { ufrag: "" }],
	["a user that no message can name", { ufrag: "x".repeat(600) }],
	["a user with what separates users", { ufrag: "a:b" }],
	["no password", { pwd: "" }],
	["a pace that is none", { pacingMs: Number.NaN }],
	["a pace that never ends", { pacingMs: 1e9 }],
])("a description with %s is refused", (_, wrong) => {
	const world = completed();
	world.step("a", { type: "restart" });
	const peer = { ufrag: "abcd", pwd: "0123456789012345678901", ...wrong };
	world.step("a", { type: "peer", peer });
	expect(world.a.ignored.at(-1)).toBe("badDescription");
	expect(world.a.agent.state).toBe("connected");
});
