import type { Dependence } from "@whither/core";
import { callWorld, FIRST_DRAFT_CASES, NAT_KINDS, type NaptSpec, natKind, natWorld } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { kernelObstacle, planLab } from "./plan.ts";

const DEPENDENCES: readonly Dependence[] = ["endpointIndependent", "addressDependent", "addressAndPortDependent"];
const [EI, AD, APD] = DEPENDENCES as [Dependence, Dependence, Dependence];

function worldOf(settings: Partial<NaptSpec>) {
	const rules = { mapping: EI, filtering: APD, ...settings } as const;
	return natWorld({
		a: { ...natKind("symmetric"), router: ({ outside }) => ({ nat: { kind: "napt", outside, ...rules } }) },
	});
}

function planOf(kind: string, node = "natA") {
	const found = planLab(natWorld({ a: natKind(kind) }), "kernel").nodes.find((plan) => plan.node === node);
	if (found === undefined) throw new Error(`no ${node}`);
	return found;
}

/** The rules as lines without indentation. */
const linesOf = (kind: string) => (planOf(kind).rules ?? "").split("\n").map((line) => line.trim());

describe("a NAT on a real kernel", () => {
	test("is each kind of the table", () => {
		for (const kind of NAT_KINDS) expect([kind.name, kernelObstacle(natWorld({ a: kind }))]).toEqual([kind.name, null]);
	});

	test("is each of the first draft's calls, with the draft's addresses", () => {
		for (const call of FIRST_DRAFT_CASES) {
			const scenario = callWorld(call, { seed: 1 });
			expect([call.section, kernelObstacle(scenario)]).toEqual([call.section, null]);
			const a = planLab(scenario, "kernel").nodes.find(({ node }) => node === call.a.node);
			expect(a?.addressing).toContainEqual(
				expect.stringMatching(/^address add (10\.0\.1\.1|192\.168\.1\.1)\/32 dev lo$/),
			);
		}
	});

	test.each([
		[{ preservesParity: true }, "parity"],
		[{ ports: "sequential" }, "one after the other"],
		[{ mapping: AD }, "keeps ports"],
		[{ mapping: APD, ports: "preserving" }, "keeps ports"],
		[{ mapping: APD, ports: "random", filtering: AD }, "strangers"],
		[{ ports: "random", filtering: EI }, "strangers"],
		[{ mapping: APD, ports: "random", hairpin: "externalSource" }, "strangers"],
	] as const)("is not one with %j", (settings, why) => {
		expect(kernelObstacle(worldOf(settings))).toContain(why);
	});

	test("has the inside seen by a public address of its own, in both families", () => {
		const lines = linesOf("port-restricted");
		expect(lines).toContain('oifname "link2" meta nfproto ipv4 snat ip to 203.0.113.3');
		expect(lines).toContain('oifname "link2" meta nfproto ipv6 snat ip6 to 2001:db8:113::3');
		expect(planOf("port-restricted").addressing).toContain("address add 203.0.113.3/32 dev lo");
		expect(planOf("port-restricted", "wan").addressing.some((line) => line.includes("203.0.113.3/32 via"))).toBe(true);
	});

	test("drops what nobody asked for before the kernel remembers it, and packets to inside addresses", () => {
		const lines = linesOf("port-restricted");
		expect(lines).toContain('iifname "link2" meta nfproto ipv4 meta l4proto udp drop');
		expect(lines).toContain('iifname "link2" meta nfproto ipv4 ct state new ct status & dnat == 0 drop');
	});

	test("lets strangers in by a map that every packet out refreshes", () => {
		const lines = linesOf("full cone");
		expect(lines).toContain(
			'oifname "link2" meta nfproto ipv4 meta l4proto udp update @inside4 { udp sport timeout 120s : ip saddr }',
		);
		expect(lines).toContain('iifname "link2" ip daddr 203.0.113.3 meta l4proto udp dnat ip to udp dport map @inside4');
		expect(linesOf("address-restricted").join("\n")).toContain("udp dport . ip saddr @peers4 dnat");
	});

	test("forwards ports to a host inside, in both families", () => {
		const world = worldOf({ forwards: [{ ports: [49_152, 49_199], to: "lanA2" }] });
		const rules = planLab(world, "kernel").nodes.find(({ node }) => node === "natA")?.rules ?? "";
		const arriving = 'iifname "link2" ip daddr 203.0.113.3 meta l4proto udp';
		expect(rules).toContain(`${arriving} udp dport 49152-49199 dnat ip to 10.16.4.1`);
		expect(rules).toContain("udp dport 49152-49199 dnat ip6 to fd00:16:0:1::1");
	});

	test("remembers flows as long as it is told to", () => {
		const seconds = (kind: string) => planOf(kind).sysctls.filter(([name]) => name.includes("conntrack_udp"));
		expect(seconds("port-restricted with a short lifetime").map(([, value]) => value)).toEqual(["3", "3"]);
		expect(seconds("full cone").map(([, value]) => value)).toEqual(["120", "120"]);
		expect(seconds("no NAT")).toEqual([]);
	});

	test("sends packets to nobody's addresses out of the home and into silence", () => {
		const defaults = (node: string) =>
			planOf("symmetric", node).addressing.filter((line) => line.includes("0.0.0.0/0"));
		expect(defaults("lanA")).toEqual(["route replace 0.0.0.0/0 via 10.16.0.2 dev link0"]);
		expect(defaults("natA")).toEqual(["route replace 0.0.0.0/0 via 10.16.8.2 dev link2"]);
		expect(defaults("wan")).toEqual(["route replace blackhole 0.0.0.0/0"]);
		expect(planOf("no NAT", "lanA").addressing.some((line) => line.includes("0.0.0.0/0"))).toBe(false);
	});
});

describe("a firewall on a real kernel", () => {
	test("lets in what was asked for, and blocks UDP and TCP ports where it is told to", () => {
		expect(linesOf("stateful firewall")).toEqual(
			expect.arrayContaining([
				'iifname "link2" meta nfproto ipv6 ct state established,related accept',
				'iifname "link2" meta nfproto ipv6 drop',
			]),
		);
		expect(linesOf("UDP blocked")).toEqual(
			expect.arrayContaining([
				'oifname "link2" meta nfproto ipv4 meta l4proto udp drop',
				'oifname "link2" meta nfproto ipv4 meta l4proto tcp tcp dport != { 443 } reject with tcp reset',
			]),
		);
	});
});
