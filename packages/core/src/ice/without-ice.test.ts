import { classifyPacket, decodeStun } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { SECOND } from "../machine.ts";
import { IceAgent } from "./agent.ts";
import { hostLine } from "./hand-peer.fixture.ts";
import type { IceAgentConfig, IceAgentInput, IceAgentOutput, IceEvent } from "./ice-io.ts";
import { IceWorld, PORT_RESTRICTED } from "./ice-world.fixture.ts";

const HOST = { address: "10.0.1.2", port: 5000 };
const SERVER = { address: "203.0.113.1", port: 3478 };
const RELAYED = { address: "203.0.113.9", port: 50_000 };
const PEER = { address: "198.51.100.9", port: 7000 };
const MEDIA = Uint8Array.of(0x80, 0);

/** An agent by itself: what it puts out, and time that passes. */
class Alone {
	readonly agent: IceAgent;
	readonly out: IceAgentOutput[] = [];
	now = 0;

	constructor(config: Partial<IceAgentConfig> = {}) {
		this.agent = new IceAgent({ secret: new Uint8Array(32).fill(1), role: "controlling", ...config });
	}

	step(...inputs: readonly IceAgentInput[]): this {
		for (const input of inputs) this.out.push(...this.agent.step(input, this.now));
		return this;
	}

	pass(seconds: number): void {
		const until = this.now + seconds * SECOND;
		for (let at = this.agent.deadline?.at; at !== undefined && at <= until; at = this.agent.deadline?.at) {
			this.now = Math.max(at, this.now);
			this.step({ type: "timer" });
		}
		this.now = until;
	}

	events<Kind extends IceEvent["kind"]>(kind: Kind) {
		type Wanted = Extract<IceEvent, { readonly kind: Kind }>;
		return this.out.flatMap((one) => (one.type === "event" && one.event.kind === kind ? [one.event as Wanted] : []));
	}

	get sent() {
		return this.out.filter((one) => one.type === "send");
	}

	/** What its owner sent. */
	get media() {
		return this.sent.filter(({ bytes }) => bytes[0] === MEDIA[0]);
	}

	get data() {
		return this.out.filter((one) => one.type === "data");
	}
}

const host = { type: "base", base: 0, at: HOST } as const;
const relayed = { ...RELAYED, relay: { server: SERVER, leg: "udp", mapped: null } } as const;
const relay = { type: "base", base: 1, at: relayed } as const;
const complete = { type: "basesComplete" } as const;
const withoutIce = { type: "withoutIce", to: PEER } as const;
const received = (base: number, from: typeof PEER, bytes = MEDIA) => ({ type: "received", base, from, bytes }) as const;

describe("an agent whose peer speaks no ICE", () => {
	test("sends to where the description says, by the candidate that most could reach: the relay", () => {
		const alone = new Alone().step(host, relay, complete, withoutIce, { type: "send", bytes: MEDIA });
		expect(alone.events("selected")).toMatchObject([
			{ why: "noIce", pair: { base: 1, local: { type: "relay" }, remote: PEER, writable: true, readable: false } },
		]);
		expect(alone.media).toMatchObject([{ base: 1, to: PEER, bytes: MEDIA }]);
		expect(alone.out).toContainEqual({ type: "permit", base: 1, address: PEER.address });
		expect(alone.agent.state).toBe("completed");
	});

	test("sends from what its own description named, whatever the default would be now", () => {
		const alone = new Alone().step(host, relay, { ...withoutIce, named: HOST });
		expect(alone.events("selected")).toMatchObject([{ pair: { base: 0, local: HOST } }]);
	});

	test("waits until all its candidates are there, for its description waits for them as well", () => {
		const alone = new Alone().step(host, withoutIce);
		expect([alone.events("selected"), alone.agent.state]).toEqual([[], "checking"]);
		alone.step(relay, complete);
		expect(alone.events("selected")).toMatchObject([{ pair: { base: 1 } }]);
		expect(alone.agent.state).toBe("completed");
	});

	test("sends no checks and asks for no consent: the pair lives as long as its socket", () => {
		const alone = new Alone().step(host, complete, withoutIce);
		alone.pass(300);
		expect(alone.agent.state).toBe("completed");
		const requests = alone.sent.filter(({ bytes }) => (bytes[0] ?? 0) === 0 && (bytes[1] ?? 0) === 1);
		expect(requests).toEqual([]);
		alone.step({ type: "baseGone", base: 0 });
		expect(alone.events("state").at(-1)).toMatchObject({ state: "failed", failure: "noBase" });
	});

	test("shows the NAT that it is there while it is silent, by indications that no receiver of RTP takes for one", () => {
		const alone = new Alone().step(host, complete, withoutIce);
		alone.pass(50);
		expect(alone.sent.length).toBeGreaterThanOrEqual(3);
		for (const { bytes, to } of alone.sent) {
			expect(decodeStun(bytes)).toMatchObject({ class: "indication", method: "binding" });
			expect([classifyPacket(bytes), to]).toEqual(["stun", PEER]);
		}
		expect(alone.sent.length).toBeLessThanOrEqual(4);
		const before = alone.sent.length;
		for (let seconds = 0; seconds < 40; seconds++) {
			alone.step({ type: "send", bytes: MEDIA });
			alone.pass(1);
		}
		expect(alone.sent.length - before).toBe(40);
	});

	test("takes data from anywhere at that candidate's socket, and at no other", () => {
		const alone = new Alone().step(host, relay, complete, { ...withoutIce, named: HOST });
		const elsewhere = { address: "192.0.2.77", port: 1234 };
		alone.step(received(0, PEER), received(0, elsewhere), received(1, elsewhere));
		expect(alone.data).toMatchObject([
			{ base: 0, from: PEER, stream: 0, component: 1 },
			{ base: 0, from: elsewhere },
		]);
		expect(alone.out).toContainEqual({ type: "ignored", reason: "unknownSource" });
	});

	test("ends checks that were under way", () => {
		const alone = new Alone().step(host, complete);
		const peer = { ufrag: "peer", pwd: "0123456789012345678901", options: ["ice2"] };
		alone.step({ type: "peer", peer, candidates: [{ line: hostLine("192.0.2.7", 2_130_706_431) }] });
		alone.pass(1);
		const checks = () => alone.sent.filter(({ to }) => to.address === "192.0.2.7").length;
		const before = checks();
		expect(before).toBeGreaterThan(0);
		alone.step(withoutIce);
		alone.pass(10);
		expect(checks()).toBe(before);
		expect(alone.agent.pairs).toMatchObject([{ remote: PEER, selected: true, state: "succeeded", nominated: false }]);
	});

	test("waits for no nomination any more, where one was to be chosen", () => {
		const side = { relay: true, nat: PORT_RESTRICTED, bases: [{}, { address: "10.7.7.7" }] };
		const world = new IceWorld({ seed: 1, delayMs: 5, a: side, b: side });
		world.pass(200);
		expect(world.a.agent.pairs.some(({ state }) => state === "succeeded")).toBe(true);
		world.step("a", withoutIce);
		// An agent that asks to be called in vain is a throw here.
		world.pass(500);
		expect(world.a.agent.pairs).toMatchObject([{ remote: PEER, selected: true }]);
	});

	test("sends elsewhere once the description says so", () => {
		const alone = new Alone().step(host, complete, withoutIce);
		const next = { address: "198.51.100.9", port: 7100 };
		alone.step({ ...withoutIce, to: next }, { type: "send", bytes: MEDIA });
		expect(alone.media).toMatchObject([{ to: next }]);
		expect(alone.agent.pairs).toMatchObject([{ remote: next, selected: true }]);
		alone.step(withoutIce, { type: "send", bytes: MEDIA });
		expect(alone.media.at(-1)).toMatchObject({ to: PEER });
		expect(alone.agent.state).toBe("completed");
	});

	test("speaks ICE after all where a later description does, and goes on in between", () => {
		const alone = new Alone().step(host, complete, withoutIce);
		const peer = { ufrag: "peer", pwd: "0123456789012345678901", options: ["ice2"] };
		alone.step({ type: "peer", peer, candidates: [{ line: hostLine("192.0.2.7", 2_130_706_431) }] });
		expect(alone.events("credentials")).toHaveLength(1);
		alone.step({ type: "send", bytes: MEDIA });
		expect(alone.sent).toContainEqual({ type: "send", base: 0, to: PEER, bytes: MEDIA });
		alone.pass(1);
		expect(alone.sent.some(({ to }) => to.address === "192.0.2.7")).toBe(true);
	});

	test("waits for each component's place", () => {
		const alone = new Alone({ streams: [2] });
		alone.step(host, { type: "base", base: 1, at: { ...HOST, port: 5001, component: 2 } }, complete, withoutIce);
		expect(alone.agent.state).toBe("checking");
		alone.step({ ...withoutIce, component: 2, to: { ...PEER, port: 7001 } });
		expect(alone.agent.state).toBe("completed");
		alone.step({ type: "send", component: 2, bytes: MEDIA });
		expect(alone.media.at(-1)).toMatchObject({ base: 1, to: { port: 7001 } });
	});

	test.each([
		["have come to a pair", false],
		["have failed", true],
	])("is as good long after checks %s", (_, hasFailed) => {
		const side = { bases: [{ component: 1 }, { component: 2 }], config: { streams: [2] } };
		const world = new IceWorld({ delayMs: 5, stun: false, a: side, b: side, ...(hasFailed && { drops: () => true }) });
		world.pass(60_000);
		expect(world.a.agent.state).toBe(hasFailed ? "failed" : "completed");
		world.step("a", withoutIce);
		world.step("a", { ...withoutIce, component: 2, to: { ...PEER, port: 7001 } });
		world.pass(60_000);
		expect(world.a.agent.state).toBe("completed");
		expect(world.a.agent.pairs.map(({ remote, selected }) => [remote.port, selected])).toEqual([
			[7000, true],
			[7001, true],
		]);
	});

	test.each([
		["nowhere", { address: "0.0.0.0", port: 9 }],
		["a group", { address: "224.0.0.1", port: 7000 }],
		["port 0", { ...PEER, port: 0 }],
		["a name", { address: "phone.example", port: 7000 }],
	])("sends nothing to %s", (_, to) => {
		const alone = new Alone().step(host, complete, { type: "withoutIce", to }, { type: "send", bytes: MEDIA });
		expect([alone.sent, alone.out.filter(({ type }) => type === "ignored")]).toMatchObject([
			[],
			[{ reason: "badCandidate" }, { reason: "noPair" }],
		]);
	});

	test("fails at once where it has no candidate of the other end's family", () => {
		const alone = new Alone().step(host, complete, { type: "withoutIce", to: { address: "2001:db8::9", port: 7000 } });
		expect(alone.events("state").at(-1)).toMatchObject({ state: "failed", failure: "noLocalCandidates" });
	});
});
