import { NAT_KINDS, natKind, natWorld } from "@whither/sim";
import { afterEach, describe, expect, it } from "vitest";
import type { StunEvent } from "./run.ts";
import { simulatedStun } from "./simulated.ts";
import { stun } from "./stun.ts";

const world = (kind: string) => simulatedStun(natWorld({ a: natKind(kind), delayMs: 5 }));

describe("a server is asked", () => {
	it("over both families, and both are told", async () => {
		const run = stun("srv", { world: world("address-restricted") });
		const result = await run.result;
		expect(result.families.map(({ family }) => family)).toEqual([4, 6]);
		expect(result.family).toBe(4);
		expect(result.summary).toBe(
			"Endpoint-independent mapping, address-dependent filtering: direct calls work with most peers (IPv4 and IPv6).",
		);
		expect(result.server).toMatchObject({ name: "srv", host: "srv", port: 3478 });
		expect(result.mappedAddress?.address).not.toBe(result.localAddress?.address);
		expect(result.unknowns).toEqual([]);
	});

	it("and what it finds is told as it is found", async () => {
		const run = stun("srv", { family: 4, world: world("full cone that hairpins") });
		const events: StunEvent[] = [];
		for await (const event of run) events.push(event);
		expect(events[0]).toMatchObject({ family: 4, kind: "mapped" });
		expect(events.map(({ kind }) => kind).sort()).toEqual(["filtering", "hairpin", "mapped", "mapping"]);
	});

	it("for the lifetime of a binding, where there is one", async () => {
		const short = { family: 4, lifetime: 20 } as const;
		const some = await stun("srv", { ...short, world: world("port-restricted with a short lifetime") }).result;
		expect(some).toMatchObject({ lifetimeSeconds: 2, goneAfterSeconds: 3, unknowns: [] });
		const none = await stun("srv", { ...short, world: world("no NAT") }).result;
		expect(none).toMatchObject({ lifetimeSeconds: null, unknowns: [{ what: "lifetime", why: "notTranslated" }] });
	});

	it("by RFC 3489", async () => {
		const result = await stun("srv", { family: 4, classic: true, world: world("symmetric") }).result;
		expect(result).toMatchObject({ tests: "rfc3489", classic: "symmetric" });
	});
});

describe("no answer is a result", () => {
	it.each([4, 6] as const)("that says what it may mean, IPv%i", async (family) => {
		const kind = NAT_KINDS.find(({ seen }) => seen.classic === "UDP blocked");
		const result = await stun("srv", { family, world: world(kind?.name ?? "") }).result;
		expect(result).toMatchObject({ mappedAddress: null, classic: "UDP blocked", tcp: "refuses" });
		expect(result.noAnswer).toMatchObject({ code: "timeout" });
		expect(result.summary).toContain("over UDP, and TCP is refused");
	});

	it("a closed port shows at once", async () => {
		const result = await stun("srv:9", { family: 4, world: world("no NAT") }).result;
		expect(result.noAnswer).toMatchObject({ code: "unreachable" });
		expect(result.summary).toMatch(/^203\.0\.113\.\d+:9 cannot be reached over UDP\.$/);
	});

	it("nor is there one when the time is up, or when it is stopped", async () => {
		const blocked = NAT_KINDS.find(({ seen }) => seen.classic === "UDP blocked")?.name ?? "";
		const late = await stun("srv", { family: 4, timeoutMs: 100, world: world(blocked) }).result;
		expect(late).toMatchObject({ stopReason: "timeout", noAnswer: { code: "outOfTime" } });
		const run = stun("srv", { family: 4, world: world(blocked) });
		setImmediate(() => run.stop());
		await expect(run.result).resolves.toMatchObject({ stopReason: "interrupted", noAnswer: { code: "stopped" } });
	});
});

describe("what cannot be asked is refused", () => {
	afterEach(() => {
		delete process.env.WHITHER_STUN;
	});

	it("without a server, unless the environment names one", async () => {
		await expect(stun(undefined, { world: world("no NAT") }).result).rejects.toMatchObject({ code: "usage" });
		process.env.WHITHER_STUN = "stun:srv:3478";
		await expect(stun(undefined, { world: world("no NAT") }).result).resolves.toMatchObject({ mapping: "none" });
	});

	it.each([
		["a lifetime of no time", { lifetime: 1 }],
		["a lifetime over TCP", { lifetime: true, transport: "tcp" as const }],
		["no time at all", { timeoutMs: 0 }],
		["a source that is no address", { source: "eth0" }],
		["a source of the other family", { source: "192.0.2.1", family: 6 as const }],
	])("%s", async (_, options) => {
		await expect(stun("srv", { ...options, world: world("no NAT") }).result).rejects.toMatchObject({
			code: "badOption",
		});
	});

	it("a URI and options that say otherwise", async () => {
		const run = stun("stuns:srv", { transport: "tcp", world: world("no NAT") });
		await expect(run.result).rejects.toThrow("asks for TLS, the options for TCP");
	});

	it("a name that is none", async () => {
		await expect(stun("nobody", { world: world("no NAT") }).result).rejects.toMatchObject({ code: "nameNotFound" });
	});
});
