/** Turns a scenario into what has to be built for it: devices, addresses, routes, rules and servers, as plain data. */
import {
	computeRoutes,
	type HostSpec,
	type ImpairmentSpec,
	impairmentFrom,
	interfaceName,
	interfacesOf,
	type NodeSpec,
	type RouterSpec,
	type Scenario,
} from "@whither/sim";
import { firewallObstacle, natObstacle } from "./nat-rules.ts";
import { type NodePlan, planNode } from "./node-plan.ts";
import { findProgram, kernelSpeaksUdpLite } from "./requirements.ts";

/** A link the kernel makes itself. */
export interface VethPlan {
	readonly link: number;
	/** Name of the device, the same at both ends. */
	readonly device: string;
	readonly between: readonly [string, string];
}

/** A link of two TUN devices with a process of ours in the middle. */
export interface WirePlan extends VethPlan {
	/** What happens to packets sent by the first and by the second end. */
	readonly impairments: readonly [ImpairmentSpec, ImpairmentSpec];
}

/** A TUN device behind which all nodes but one are simulated. */
export interface SimulatedPlan {
	readonly host: string;
	readonly device: string;
}

/** Everything that is made for a scenario: namespaces, the links between them, and what is simulated. */
export interface LabPlan {
	readonly nodes: readonly NodePlan[];
	readonly veths: readonly VethPlan[];
	readonly wires: readonly WirePlan[];
	readonly simulated: SimulatedPlan | null;
}

/** `kernel`: every node a namespace. `tun`: only the tracing host is real, the rest is simulated behind a TUN device. */
export type World = "kernel" | "tun";

const FAULTS = ["delayMs", "jitterMs", "loss", "duplicate", "reorder", "corrupt"] as const;

function isImpaired(impairment: ImpairmentSpec): boolean {
	return FAULTS.some((key) => (impairment[key] ?? 0) > 0);
}

/** Why a Linux kernel cannot play this node as the scenario wants it; null when it can. */
function nodeObstacle(name: string, spec: NodeSpec): string | null {
	const wanted = wantedBeyondKernel(spec);
	return wanted === null ? null : `${name}: a Linux ${spec.kind} has no ${wanted}`;
}

function wantedBeyondKernel(spec: NodeSpec): string | null {
	if ((spec.copies ?? 1) > 1) return "copies";
	return spec.kind === "host" ? wantedOfHost(spec) : wantedOfRouter(spec);
}

/** Protocols whose answers take a program or a module that few machines have. */
const SPEAKS = ["udplite", "dccp", "sctp", "otherProtocols"] as const;

function wantedOfHost(spec: HostSpec): string | null {
	if (spec.udpLongest !== undefined) return "application that ignores long datagrams";
	if (spec.udp === "dns" || spec.udp === "quic" || spec.udp === "stun") return `${spec.udp.toUpperCase()} server`;
	if (spec.answersFrom !== undefined) return "answersFrom";
	const tcp = (["mss", "resetsAfterMs", "initialSequence"] as const).find((key) => spec.tcp?.[key] !== undefined);
	if (tcp === undefined && (spec.udplite === "echo" || spec.udplite === "closed")) return wantedOfUdpLite(spec.udplite);
	return tcp ?? SPEAKS.find((key) => !["silent", "unreachable", undefined].includes(spec[key])) ?? null;
}

function wantedOfUdpLite(behaviour: "echo" | "closed"): string | null {
	if (!kernelSpeaksUdpLite()) return "UDP-Lite";
	return behaviour === "echo" && findProgram("python3") === null ? "UDP-Lite server without python3" : null;
}

function wantedOfRouter(spec: RouterSpec): string | null {
	if (typeof spec.tooLong === "number") return "MTU but its link's to tell";
	if (spec.strips?.by === "cut") return "way to shorten a TCP header";
	const translation = spec.nat === undefined ? null : natObstacle(spec.nat);
	const filter = spec.firewall === undefined ? null : firewallObstacle(spec.firewall);
	if (translation !== null || filter !== null) return translation ?? filter;
	if (spec.quoteBytes !== undefined && spec.quoteBytes !== "all") return "quoteBytes";
	const keys = ["mpls", "interfaceInfo", "nodeName", "icmpDelayMs", "icmpJitterMs", "enriched"] as const;
	return keys.find((key) => spec[key] !== undefined) ?? null;
}

/** Why the scenario cannot be built of namespaces alone; null when it can. */
export function kernelObstacle(scenario: Scenario): string | null {
	if (typeof scenario.lab === "string") return scenario.lab;
	if ((scenario.noise ?? []).length > 0) return "nobody in the lab makes the scenario's noise";
	for (const [name, spec] of Object.entries(scenario.nodes)) {
		const obstacle = nodeObstacle(name, spec);
		if (obstacle !== null) return obstacle;
	}
	return null;
}

function kernelPlan(scenario: Scenario): LabPlan {
	const veths: VethPlan[] = [];
	const wires: WirePlan[] = [];
	scenario.links.forEach((spec, link) => {
		const [first, second] = spec.between;
		const impairments = [impairmentFrom(spec, first), impairmentFrom(spec, second)] as const;
		const plan = { link, device: interfaceName(link), between: spec.between };
		if (impairments.some(isImpaired)) wires.push({ ...plan, impairments });
		else veths.push(plan);
	});
	const facts = { routes: computeRoutes(scenario), veths: new Set(veths.map(({ link }) => link)) };
	const nodes = Object.keys(scenario.nodes).map((node) => planNode(scenario, node, facts));
	return { nodes, veths, wires, simulated: null };
}

function tunPlan(scenario: Scenario): LabPlan {
	const host = scenario.trace.from;
	const [place, another] = interfacesOf(scenario, host);
	if (place === undefined || another !== undefined) {
		throw new Error(`${host} must have exactly one link to a simulated internet`);
	}
	const facts = { routes: computeRoutes(scenario), veths: new Set<number>() };
	return {
		nodes: [planNode(scenario, host, facts)],
		veths: [],
		wires: [],
		simulated: { host, device: interfaceName(place.link) },
	};
}

/** Everything to build for a scenario, for both families at once. */
export function planLab(scenario: Scenario, world: World): LabPlan {
	return world === "kernel" ? kernelPlan(scenario) : tunPlan(scenario);
}
