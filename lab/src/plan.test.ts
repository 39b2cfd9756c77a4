import type { LinkSpec, NodeSpec, Scenario } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { hardwareAddress } from "./node-plan.ts";
import { kernelObstacle, planLab } from "./plan.ts";

interface Parts {
	readonly nodes?: Readonly<Record<string, NodeSpec>>;
	readonly links?: readonly LinkSpec[];
	readonly lab?: true | string;
}

/** client - r1 - r2 - target, with parts of it replaced. */
function scenario({ nodes, links, lab = true }: Parts = {}): Scenario {
	return {
		name: "a chain",
		about: "Two routers.",
		nodes: {
			client: { kind: "host" },
			r1: { kind: "router" },
			r2: { kind: "router" },
			target: { kind: "host" },
			...nodes,
		},
		links: links ?? [{ between: ["client", "r1"] }, { between: ["r1", "r2"] }, { between: ["r2", "target"] }],
		trace: { from: "client", to: "target" },
		lab,
		expect: { reached: true, stopReason: "reached", hops: [] },
	};
}

const diamond: readonly LinkSpec[] = [
	{ between: ["client", "r1"] },
	{ between: ["r1", "a"] },
	{ between: ["r1", "b"] },
	{ between: ["a", "r2"] },
	{ between: ["b", "r2"] },
	{ between: ["r2", "target"] },
];

const nodeOf = (plan: ReturnType<typeof planLab>, name: string) => plan.nodes.find(({ node }) => node === name)!;

describe("a scenario in the kernel", () => {
	test("every node becomes a namespace and every faultless link a veth pair", () => {
		const plan = planLab(scenario(), "kernel");
		expect(plan.nodes.map(({ node }) => node)).toEqual(["client", "r1", "r2", "target"]);
		expect(plan.veths).toHaveLength(3);
		expect(plan.wires).toEqual([]);
		expect(plan.simulated).toBeNull();
	});

	test("a node's devices carry the addresses of the scenario in both families, neighbours known beforehand", () => {
		const { addressing } = nodeOf(planLab(scenario(), "kernel"), "client");
		const device = planLab(scenario(), "kernel").veths[0]!.device;
		expect(addressing).toContain(`link set ${device} mtu 1500 up`);
		expect(addressing).toContain(`address add 10.16.0.1/30 dev ${device}`);
		expect(addressing).toContain(`address add fd00:16::1/64 dev ${device} nodad`);
		expect(addressing).toContain(`neigh replace 10.16.0.2 lladdr ${hardwareAddress(0, 1)} dev ${device} nud permanent`);
	});

	test("routes follow the shortest path and leave addresses on a shared link to that link", () => {
		const { addressing } = nodeOf(planLab(scenario(), "kernel"), "r1");
		const routes = addressing.filter((line) => line.startsWith("route"));
		expect(routes.some((line) => line.startsWith("route replace 10.16.8.2/32 via 10.16.4.2"))).toBe(true);
		expect(routes.some((line) => line.startsWith("route replace fd00:16:0:2::2/128 via fd00:16:0:1::2"))).toBe(true);
		expect(routes.some((line) => line.includes("10.16.0.1/32"))).toBe(false);
	});

	test("equally good ways become one multipath route, spread by flow", () => {
		const nodes = { a: { kind: "router" }, b: { kind: "router" } } as const;
		const plan = nodeOf(planLab(scenario({ nodes, links: diamond }), "kernel"), "r1");
		const route = plan.addressing.find((line) => line.startsWith("route replace 10.16.20.2/32"));
		expect(route).toMatch(/nexthop via 10\.16\.4\.2 dev \S+ nexthop via 10\.16\.8\.2 dev \S+$/);
		expect(plan.sysctls).toContainEqual(["net.ipv4.fib_multipath_hash_policy", "1"]);
		expect(plan.policies).toEqual([]);
	});

	test("spreading by packet marks packets in turn and gives each mark a table", () => {
		const nodes = { r1: { kind: "router", ecmp: "perPacket" }, a: { kind: "router" }, b: { kind: "router" } } as const;
		const plan = nodeOf(planLab(scenario({ nodes, links: diamond }), "kernel"), "r1");
		expect(plan.policies).toEqual(["rule add fwmark 256 table 200", "rule add fwmark 257 table 201"]);
		expect(plan.rules).toContain("meta mark set numgen inc mod 2 offset 256");
		expect(plan.addressing.filter((line) => line.includes("table 201")).length).toBeGreaterThan(0);
	});

	test("a link with faults becomes a wire, each direction with its own", () => {
		const links: LinkSpec[] = [
			{ between: ["client", "r1"] },
			{ between: ["r1", "r2"], delayMs: 5, oneWay: { r2: { loss: 0.5 } } },
			{ between: ["r2", "target"] },
		];
		const plan = planLab(scenario({ links }), "kernel");
		expect(plan.veths.map(({ link }) => link)).toEqual([0, 2]);
		expect(plan.wires).toHaveLength(1);
		expect(plan.wires[0]!.impairments[0]).toMatchObject({ delayMs: 5 });
		expect(plan.wires[0]!.impairments[1]).toMatchObject({ delayMs: 5, loss: 0.5 });
		const neighbours = nodeOf(plan, "r1").addressing.filter((line) => line.startsWith("neigh"));
		expect(neighbours.every((line) => line.includes("10.16.0.1") || line.includes("fd00:16::1"))).toBe(true);
	});

	test("routers forward, hosts do not, and only the tracing host opens its ping sockets", () => {
		const plan = planLab(scenario(), "kernel");
		const names = (node: string) => nodeOf(plan, node).sysctls.map(([name]) => name);
		expect(names("r1")).toContain("net.ipv4.ip_forward");
		expect(names("target")).not.toContain("net.ipv4.ip_forward");
		expect(names("client")).toContain("net.ipv4.ping_group_range");
		expect(names("r1")).not.toContain("net.ipv4.ping_group_range");
	});

	test("limits on ICMP are lifted unless the scenario wants Linux's own", () => {
		const plan = planLab(scenario({ nodes: { r2: { kind: "router", icmpLimit: "linux" } } }), "kernel");
		expect(nodeOf(plan, "r1").sysctls).toContainEqual(["net.ipv4.icmp_ratelimit", "0"]);
		expect(nodeOf(plan, "r2").sysctls).toContainEqual(["net.ipv4.icmp_ratelimit", "1000"]);
	});
});

describe("rules of nodes", () => {
	const rulesOf = (name: string, spec: NodeSpec) =>
		nodeOf(planLab(scenario({ nodes: { [name]: spec } }), "kernel"), name).rules;

	test("a plain router needs none", () => {
		expect(rulesOf("r1", { kind: "router" })).toBeNull();
	});

	test("a silent router's errors are dropped on the way out", () => {
		expect(rulesOf("r1", { kind: "router", silent: true })).toMatch(/hook output.*\n\t\ticmp type .* drop/);
	});

	test("a router that is silent about TCP looks at the quoted protocol", () => {
		expect(rulesOf("r1", { kind: "router", silent: "tcp" })).toContain("@th,136,8 6 drop");
	});

	test("a filter refuses forwarded packets, a route refuses all that arrive", () => {
		const refusing = (by: "route" | "filter") =>
			rulesOf("r1", { kind: "router", unreachable: [{ to: "target", code: "host", by }] });
		expect(refusing("filter")).toMatch(
			/hook forward.*\n\t\tip daddr \{ 10\.16\.8\.2 \} reject with icmp type host-unreachable/,
		);
		expect(refusing("route")).toMatch(
			/hook prerouting.*\n\t\tip daddr \{ 10\.16\.8\.2 \} reject with icmp type host-unreachable/,
		);
	});

	test("a host's filtered ports drop, its echo port is one server behind a redirection", () => {
		expect(rulesOf("target", { kind: "host", tcpPorts: { filtered: [443] } })).toContain("tcp dport { 443 } drop");
		expect(rulesOf("target", { kind: "host", tcpPorts: { open: [80] }, tcpDefault: "filtered" })).toContain(
			"tcp dport != { 80 } drop",
		);
		expect(rulesOf("target", { kind: "host", udp: "echo" })).toContain("meta l4proto udp redirect to :7");
	});

	test("a host drops packets of the protocols about which it is silent, and no others", () => {
		expect(rulesOf("target", { kind: "host", sctp: "silent" })).toContain("meta l4proto 132 drop");
		expect(rulesOf("target", { kind: "host", otherProtocols: "silent" })).toContain("meta l4proto 253 drop");
		expect(rulesOf("target", { kind: "host", dccp: "reset", udplite: "silent" })).not.toContain("l4proto 33 ");
	});

	test("options are taken out of SYNs alone, on the way out by the traced node's address", () => {
		const strips = { options: ["sackPermitted"], way: "out" } as const;
		const rules = rulesOf("r1", { kind: "router", strips });
		expect(rules).toMatch(
			/hook forward.*\n\t\tip daddr \{ 10\.16\.8\.2 \} tcp flags & syn == syn reset tcp option 4\n/,
		);
		expect(rules).toContain("ip6 daddr { fd00:16:0:2::2 } tcp flags & syn == syn reset tcp option 4");
		const both = rulesOf("r1", { kind: "router", strips: { options: ["timestamps"] } });
		expect(both).toContain("\t\ttcp flags & syn == syn reset tcp option 8");
	});

	test("the largest segment size is only ever made smaller", () => {
		expect(rulesOf("r1", { kind: "router", clampsMss: 1360 })).toContain(
			"tcp option maxseg size > 1360 tcp option maxseg size set 1360",
		);
	});

	test("the TOS byte is cleared in both families, in parts or as a whole", () => {
		const rules = rulesOf("r1", { kind: "router", bleaches: "tos" });
		for (const part of ["ip dscp set cs0", "ip6 dscp set cs0", "ip ecn set not-ect", "ip6 ecn set not-ect"]) {
			expect(rules).toContain(part);
		}
		expect(rulesOf("r1", { kind: "router", bleaches: "ecn" })).not.toContain("dscp");
	});

	test("ECN is dropped by its mark or by what a SYN offers", () => {
		expect(rulesOf("r1", { kind: "router", dropsEcn: "marked" })).toContain("ip6 ecn != not-ect drop");
		expect(rulesOf("r1", { kind: "router", dropsEcn: "negotiating" })).toContain("== syn | ecn | cwr drop");
	});

	test("a home router masquerades what leaves by its outer link", () => {
		const rules = rulesOf("r1", { kind: "router", nat: { kind: "masquerade", outside: "r2" } });
		expect(rules).toContain('oifname "link1" masquerade random');
	});

	test("a host's TCP is set by its kernel, and what it says first by its servers", () => {
		const tcp = { sack: false, timestamps: false, speaksFirst: "220\r\n" } as const;
		const target = nodeOf(planLab(scenario({ nodes: { target: { kind: "host", tcp } } }), "kernel"), "target");
		expect(target.sysctls).toContainEqual(["net.ipv4.tcp_sack", "0"]);
		expect(target.sysctls).toContainEqual(["net.ipv4.tcp_timestamps", "0"]);
		expect(target.greeting).toBe("220\r\n");
	});
});

describe("what a kernel cannot play", () => {
	test.each<[NodeSpec, string]>([
		[{ kind: "router", nat: { kind: "oneToOne", host: "client", outside: "r2" } }, "NAT that leaves quotes alone"],
		[{ kind: "router", strips: { options: ["timestamps"], by: "cut" } }, "way to shorten a TCP header"],
		[{ kind: "router", tooLong: 0 }, "MTU but its link's to tell"],
		[{ kind: "host", udp: "quic" }, "QUIC server"],
		[{ kind: "host", sctp: "open" }, "sctp"],
		[{ kind: "host", tcp: { initialSequence: 1 } }, "initialSequence"],
	])("%j", (spec, wanted) => {
		expect(kernelObstacle(scenario({ nodes: { r1: spec } }))).toBe(`r1: a Linux ${spec.kind} has no ${wanted}`);
	});

	test("is said with the node and the wish", () => {
		const nodes: Record<string, NodeSpec> = { r1: { kind: "router", quoteBytes: 8 } };
		expect(kernelObstacle(scenario({ nodes }))).toBe("r1: a Linux router has no quoteBytes");
		expect(kernelObstacle(scenario({ lab: "no such kernel" }))).toBe("no such kernel");
		expect(kernelObstacle(scenario())).toBeNull();
	});

	test("runs behind a TUN device: only the tracing host is real", () => {
		const plan = planLab(scenario(), "tun");
		expect(plan.nodes.map(({ node }) => node)).toEqual(["client"]);
		expect(plan.veths).toEqual([]);
		expect(plan.simulated).toEqual({ host: "client", device: expect.any(String) });
		expect(plan.nodes[0]!.addressing.some((line) => line.startsWith("neigh"))).toBe(false);
	});
});
