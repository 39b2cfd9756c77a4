/** Addresses and routes of a scenario: the same in the simulated internet and in the lab. */
import type { Family } from "@whither/core";
import { addressFamily, formatAddress, isDecodeError, parseAddress } from "@whither/wire";
import { concerns } from "./nat-spec.ts";
import type { LinkSpec, NodeSpec, Scenario } from "./scenario.ts";

/** One end of a link. */
export interface Interface {
	readonly node: string;
	readonly neighbour: string;
	/** Index in the scenario's list of links. */
	readonly link: number;
	readonly side: 0 | 1;
}

/** For each node, for each destination node: the indexes of the links that equally good next hops lie on. */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

type Topology = Pick<Scenario, "nodes" | "links">;

/** The address of one end of a link: IPv4 in a /30 of 10.16.0.0/12, IPv6 in a /64 of fd00:16::/48; canonical text. */
export function linkAddress(link: number, side: 0 | 1, family: Family): string {
	const text =
		family === 4
			? `10.${(link >> 6) + 16}.${(link & 63) * 4}.${side + 1}`
			: `fd00:16:0:${link.toString(16)}::${side + 1}`;
	const bytes = parseAddress(text);
	if (isDecodeError(bytes)) throw new RangeError(`link ${link} has no address`);
	return formatAddress(bytes);
}

/** Networks for documentation (RFC 5737, RFC 3849) that public addresses are taken from, the first of a node from the first. */
const PUBLIC_NETWORKS: readonly Readonly<Record<Family, string>>[] = [
	{ 4: "203.0.113.", 6: "2001:db8:113::" },
	{ 4: "198.51.100.", 6: "2001:db8:100::" },
	{ 4: "192.0.2.", 6: "2001:db8:2::" },
];

/** The first, second or third public address that a node has or would have; canonical text. */
export function publicAddress({ nodes }: Topology, node: string, which: number, family: Family): string {
	const number = Object.keys(nodes).indexOf(node) + 1;
	const bytes = parseAddress(`${PUBLIC_NETWORKS[which]?.[family]}${number.toString(family === 4 ? 10 : 16)}`);
	if (number === 0 || isDecodeError(bytes)) throw new RangeError(`${node} has no public address ${which}`);
	return formatAddress(bytes);
}

/** Addresses that the scenario itself names for a node. */
function namedAddresses(spec: NodeSpec | undefined, family: Family): readonly string[] {
	if (spec?.kind === "host") return (spec.addresses ?? []).filter((address) => addressFamily(address) === family);
	const address = spec?.nat?.kind === "napt" ? spec.nat.address : undefined;
	return address === undefined || family !== 4 ? [] : [address];
}

/** The addresses that are a node's own but on none of its links: those that it names, then public ones. */
export function publicAddresses(topology: Topology, node: string, family: Family): readonly string[] {
	const spec = topology.nodes[node];
	const named = namedAddresses(spec, family);
	if (spec?.kind === "router" && named.length > 0) return named;
	const count = spec?.kind === "host" ? (spec.publicAddresses ?? 0) : hasPublicAddress(spec, family) ? 1 : 0;
	return [...named, ...Array.from({ length: count }, (_, which) => publicAddress(topology, node, which, family))];
}

/** A router of NAPT has the address that its inside is seen by. */
function hasPublicAddress(spec: NodeSpec | undefined, family: Family): boolean {
	return spec?.kind === "router" && spec.nat?.kind === "napt" && concerns(spec.nat, family);
}

/** Bits of a link's prefix. */
export function linkPrefixLength(family: Family): number {
	return family === 4 ? 30 : 64;
}

/** Name of an interface, the same on both worlds: at most 15 bytes, as Linux wants. */
export function interfaceName(link: number): string {
	return `link${link}`;
}

/** A node's interfaces in the order of the links. */
export function interfacesOf(topology: Topology, node: string): readonly Interface[] {
	const found: Interface[] = [];
	topology.links.forEach(({ between: [first, second] }, link) => {
		if (first === node) found.push({ node, neighbour: second, link, side: 0 });
		if (second === node) found.push({ node, neighbour: first, link, side: 1 });
	});
	return found;
}

/** A node's own address: the first that a host names, else the one on its first link. Throws when it has no link. */
export function nodeAddress(topology: Topology, node: string, family: Family): string {
	const spec = topology.nodes[node];
	const [named] = spec?.kind === "host" ? namedAddresses(spec, family) : [];
	if (named !== undefined) return named;
	const first = interfacesOf(topology, node)[0];
	if (first === undefined) throw new RangeError(`node ${node} has no link`);
	return linkAddress(first.link, first.side, family);
}

/** Every address of a node, its own first: one a link, in the order of the links, then those on no link. */
export function nodeAddresses(topology: Topology, node: string, family: Family): readonly string[] {
	const onLinks = interfacesOf(topology, node).map(({ link, side }) => linkAddress(link, side, family));
	const all = [...onLinks, ...publicAddresses(topology, node, family)];
	return all.length === 0 ? [] : [...new Set([nodeAddress(topology, node, family), ...all])];
}

/** The node that each address of a scenario belongs to, by the address's text; both families unless one is asked for. */
export function nodeNames(topology: Topology, family?: Family): ReadonlyMap<string, string> {
	const families: readonly Family[] = family === undefined ? [4, 6] : [family];
	const nodes = Object.keys(topology.nodes);
	return new Map(
		families.flatMap((wanted) =>
			nodes.flatMap((node) => nodeAddresses(topology, node, wanted).map((address) => [address, node] as const)),
		),
	);
}

/** The address of `node` on its link with `neighbour`. Throws when they are not neighbours. */
export function addressTowards(topology: Topology, node: string, neighbour: string, family: Family): string {
	const found = interfacesOf(topology, node).find((place) => place.neighbour === neighbour);
	if (found === undefined) throw new RangeError(`${node} and ${neighbour} are not neighbours`);
	return linkAddress(found.link, found.side, family);
}

/** The addresses that a node's own packets to `towards` can leave from: one for each equally good way there. */
export function facingAddresses(scenario: Scenario, routes: Routes, node: string, towards: string, family: Family) {
	const links = routes.get(node)?.get(towards) ?? [];
	return interfacesOf(scenario, node)
		.filter((place) => links.includes(place.link))
		.map((place) => linkAddress(place.link, place.side, family));
}

/** Shortest paths by link cost between all nodes, equal costs kept as sets; hosts carry nothing through. */
export function computeRoutes(topology: Topology): Routes {
	const routes = new Map<string, Map<string, readonly number[]>>();
	for (const node of Object.keys(topology.nodes)) routes.set(node, new Map());
	for (const destination of Object.keys(topology.nodes)) {
		const costs = costsTo(topology, destination);
		for (const [node, table] of routes) {
			if (node === destination) continue;
			const links = bestLinks(topology, costs, node, destination);
			if (links.length > 0) table.set(destination, links);
		}
	}
	return withStaticRoutes(topology, routes);
}

/** Dijkstra's algorithm from the destination outwards; without a heap, since scenarios are small. */
function costsTo(topology: Topology, destination: string): Map<string, number> {
	const costs = new Map([[destination, 0]]);
	const open = new Set([destination]);
	while (open.size > 0) {
		const node = [...open].reduce((best, other) => (costOf(costs, other) < costOf(costs, best) ? other : best));
		open.delete(node);
		if (node !== destination && topology.nodes[node]?.kind !== "router") continue;
		for (const { neighbour, link } of interfacesOf(topology, node)) {
			const cost = costOf(costs, node) + linkCost(topology.links[link]);
			if (cost >= costOf(costs, neighbour)) continue;
			costs.set(neighbour, cost);
			open.add(neighbour);
		}
	}
	return costs;
}

function costOf(costs: ReadonlyMap<string, number>, node: string): number {
	return costs.get(node) ?? Number.POSITIVE_INFINITY;
}

function linkCost(link: LinkSpec | undefined): number {
	return link?.cost ?? 1;
}

function bestLinks(topology: Topology, costs: ReadonlyMap<string, number>, node: string, destination: string) {
	const cost = costs.get(node);
	if (cost === undefined) return [];
	return interfacesOf(topology, node)
		.filter(({ neighbour }) => neighbour === destination || topology.nodes[neighbour]?.kind === "router")
		.filter(({ neighbour, link }) => costOf(costs, neighbour) + linkCost(topology.links[link]) === cost)
		.map(({ link }) => link);
}

function withStaticRoutes(topology: Topology, routes: Map<string, Map<string, readonly number[]>>): Routes {
	for (const [node, spec] of Object.entries(topology.nodes)) {
		if (spec.kind !== "router") continue;
		for (const [destination, neighbours] of Object.entries(spec.routes ?? {})) {
			const links = interfacesOf(topology, node).filter((place) => neighbours.includes(place.neighbour));
			routes.get(node)?.set(
				destination,
				links.map((place) => place.link),
			);
		}
	}
	return routes;
}
