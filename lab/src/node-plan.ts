/** One node of a scenario as a network namespace: what to set, assign, route, filter and serve in it. */
import { DEFAULT_TRACE_OPTIONS, findMethod } from "@whither/core";
import {
	interfaceName,
	interfacesOf,
	linkAddress,
	linkPrefixLength,
	natAddress,
	nodeAddresses,
	publicAddresses,
	type Routes,
	type Scenario,
} from "@whither/sim";
import { ECHO_PORT, ECMP_MARK, ECMP_TABLE, type NodeAddresses, nodeRules } from "./rules.ts";
import { nodeSysctls } from "./sysctls.ts";

/** One node as a network namespace. */
export interface NodePlan {
	readonly node: string;
	readonly sysctls: readonly (readonly [name: string, value: string])[];
	/** Lines for `ip -batch` once the devices are there. */
	readonly addressing: readonly string[];
	/** Lines for `ip -batch` of one family at a time: policy rules, whose family cannot be seen from their text. */
	readonly policies: readonly string[];
	readonly rules: string | null;
	readonly tcpPorts: readonly number[];
	/** What its TCP servers say to whoever connects; null: nothing. */
	readonly greeting: string | null;
	readonly udpEchoPort: number | null;
	readonly udpLiteEchoPort: number | null;
}

/** What is known of the whole plan: the routes, and which links are of veth devices. */
export interface PlanFacts {
	readonly routes: Routes;
	readonly veths: ReadonlySet<number>;
}

type Side = 0 | 1;

const FAMILIES = [4, 6] as const;

/** Hardware address of one end of a link: locally administered, and known beforehand so that nobody asks for it. */
export function hardwareAddress(link: number, side: Side): string {
	const hex = (value: number): string => value.toString(16).padStart(2, "0");
	return `02:77:00:${hex(link >> 8)}:${hex(link & 255)}:${hex(side + 1)}`;
}

const opposite = (side: Side): Side => (side === 0 ? 1 : 0);

function addressesOf(scenario: Scenario, node: string): NodeAddresses {
	return { v4: nodeAddresses(scenario, node, 4), v6: nodeAddresses(scenario, node, 6) };
}

function natSeenAs(scenario: Scenario, node: string): Readonly<Record<4 | 6, string>> {
	const spec = scenario.nodes[node];
	const nat = spec?.kind === "router" ? spec.nat : undefined;
	const seen = (family: 4 | 6): string => (nat === undefined ? "" : natAddress(scenario, node, nat, family));
	return { 4: seen(4), 6: seen(6) };
}

/** One end of a link; a TUN device has no hardware addresses, so no neighbours. */
interface LinkEnd {
	readonly link: number;
	readonly side: Side;
	readonly made: "veth" | "tun";
}

function deviceLines(scenario: Scenario, { link, side, made }: LinkEnd): string[] {
	const device = interfaceName(link);
	const far = opposite(side);
	const addresses = FAMILIES.map((family) => {
		const flags = family === 6 ? " nodad" : "";
		return `address add ${linkAddress(link, side, family)}/${linkPrefixLength(family)} dev ${device}${flags}`;
	});
	const neighbours = FAMILIES.map(
		(family) => `neigh replace ${linkAddress(link, far, family)} lladdr ${hardwareAddress(link, far)} dev ${device}`,
	);
	return [
		`link set ${device} mtu ${scenario.links[link]?.mtu ?? 1500} up`,
		...addresses,
		...(made === "veth" ? neighbours.map((line) => `${line} nud permanent`) : []),
	];
}

function publicLines(scenario: Scenario, node: string): string[] {
	return FAMILIES.flatMap((family) =>
		publicAddresses(scenario, node, family).map(
			(address) => `address add ${address}/${family === 4 ? "32" : "128 nodad"} dev lo`,
		),
	);
}

/**
 * Where packets to nobody's addresses go in a world with NATs: out of the home and into silence, as on the real internet.
 * Programs that cannot send at all, for want of a route, behave otherwise than they do there.
 */
function elsewhereLines(scenario: Scenario, node: string): string[] {
	const specs = Object.values(scenario.nodes);
	if (!specs.some((spec) => spec.kind === "router" && (spec.nat?.kind === "napt" || spec.firewall !== undefined)))
		return [];
	const spec = scenario.nodes[node];
	const outside = spec?.kind === "router" ? (spec.nat?.outside ?? spec.firewall?.outside) : undefined;
	const places = interfacesOf(scenario, node);
	const place = spec?.kind === "host" ? places[0] : places.find(({ neighbour }) => neighbour === outside);
	return FAMILIES.map((family) => {
		const everything = family === 4 ? "0.0.0.0/0" : "::/0";
		if (place === undefined) return `route replace blackhole ${everything}`;
		const { via, device } = nextHop(scenario, node, place.link);
		return `route replace ${everything} via ${via[family]} dev ${device}`;
	});
}

interface NextHop {
	readonly device: string;
	readonly via: Readonly<Record<4 | 6, string>>;
}

function nextHop(scenario: Scenario, node: string, link: number): NextHop {
	const far: Side = scenario.links[link]?.between[0] === node ? 1 : 0;
	return { device: interfaceName(link), via: { 4: linkAddress(link, far, 4), 6: linkAddress(link, far, 6) } };
}

function routeLine(family: 4 | 6, address: string, hops: readonly NextHop[], table: number | null): string {
	const where = table === null ? "" : ` table ${table}`;
	const route = `route replace ${address}/${family === 4 ? 32 : 128}${where}`;
	const ways = hops.map(({ device, via }) => `via ${via[family]} dev ${device}`);
	return ways.length === 1 ? `${route} ${ways[0]}` : `${route} nexthop ${ways.join(" nexthop ")}`;
}

/** The ways from a node to one address of another node. */
interface RoutePlan {
	readonly family: 4 | 6;
	readonly address: string;
	readonly hops: readonly NextHop[];
}

function planRoutes(scenario: Scenario, node: string, routes: Routes): RoutePlan[] {
	// An address on a shared link is reached over that link, as any kernel's connected route has it.
	const shared = new Set(interfacesOf(scenario, node).map(({ link }) => link));
	return [...(routes.get(node) ?? [])].flatMap(([destination, links]) => {
		if (links.length === 0) return [];
		const hops = links.map((link) => nextHop(scenario, node, link));
		const places = interfacesOf(scenario, destination).filter(({ link }) => !shared.has(link));
		return FAMILIES.flatMap((family) => {
			const onLinks = places.map(({ link, side }) => linkAddress(link, side, family));
			return [...onLinks, ...publicAddresses(scenario, destination, family)].map((address) => ({
				family,
				address,
				hops,
			}));
		});
	});
}

/** Tables with one next hop each, for packets marked in turn: Linux itself only spreads by flow. */
function perPacketLines(routes: readonly RoutePlan[], width: number): { tables: string[]; policies: string[] } {
	const tables: string[] = [];
	const policies: string[] = [];
	for (let k = 0; k < width; k++) {
		policies.push(`rule add fwmark ${ECMP_MARK + k} table ${ECMP_TABLE + k}`);
		for (const { family, address, hops } of routes) {
			const hop = hops[k % hops.length];
			if (hops.length > 1 && hop !== undefined) tables.push(routeLine(family, address, [hop], ECMP_TABLE + k));
		}
	}
	return { tables, policies };
}

/** The port that the scenario's probes go to; 0 where its method has none. */
function tracedPort({ trace: { options = {} } }: Scenario): number {
	return options.port ?? findMethod(options.method ?? DEFAULT_TRACE_OPTIONS.method)?.defaultPort ?? 0;
}

/** Plans one node; both families at once. Throws when the scenario has no such node. */
export function planNode(scenario: Scenario, node: string, facts: PlanFacts): NodePlan {
	const spec = scenario.nodes[node];
	if (spec === undefined) throw new Error(`no node ${node}`);
	const routes = planRoutes(scenario, node, facts.routes);
	const width = Math.max(1, ...routes.map(({ hops }) => hops.length));
	const perPacket = spec.kind === "router" && spec.ecmp === "perPacket" && width > 1;
	const spread = perPacket ? perPacketLines(routes, width) : { tables: [], policies: [] };
	const devices = interfacesOf(scenario, node);
	return {
		node,
		sysctls: nodeSysctls(spec, { traces: node === scenario.trace.from }),
		addressing: [
			"link set lo up",
			...publicLines(scenario, node),
			...devices.flatMap(({ link, side }) =>
				deviceLines(scenario, { link, side, made: facts.veths.has(link) ? "veth" : "tun" }),
			),
			...routes.map(({ family, address, hops }) => routeLine(family, address, hops, null)),
			...elsewhereLines(scenario, node),
			...spread.tables,
		],
		policies: spread.policies,
		rules: nodeRules(spec, {
			nextHops: width,
			target: scenario.trace.to,
			addressesOf: (name) => addressesOf(scenario, name),
			natSeenAs: natSeenAs(scenario, node),
			devicesTowards: (name) =>
				devices.filter(({ neighbour }) => neighbour === name).map(({ link }) => interfaceName(link)),
		}),
		tcpPorts: spec.kind === "host" ? (spec.tcpPorts?.open ?? []) : [],
		greeting: spec.kind === "host" ? (spec.tcp?.speaksFirst ?? null) : null,
		udpLiteEchoPort: spec.kind === "host" && spec.udplite === "echo" ? tracedPort(scenario) : null,
		udpEchoPort: spec.kind === "host" && spec.udp === "echo" ? ECHO_PORT : null,
	};
}
