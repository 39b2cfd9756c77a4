/**
 * Where two ICE agents meet in the lab: homes behind routers of any kinds, and servers that relay between them.
 *
 * ```
 * lanA ---\                      /--- lanB
 *  |       natA --- [isp] --- wan --- natB
 * lanA2 --/                   |
 *                            srv   addresses 0 and 1, servers of STUN and TURN
 * ```
 *
 * `openIceLab()` builds it once, for both families; `become({ a, b })` then makes its routers others and forgets all
 * flows, which takes under 0.1 s instead of half a second. Open a server with `openServer(ICE_SERVERS[0])`, start programs in
 * `host("lanA").namespace`, tell them `servers(family)`, and close what was opened, the lab last. One session in each
 * family may run at the same time; sessions of one family share the routers' ports and their flows.
 *
 * Sites: NATs by `natKind`, `UDP_BLOCKED` (TCP to anywhere), `ONLY_443` (TCP to port 443 alone: a relay is reached over TLS
 * at address 0, and in the clear at address 1 once a server is open there), `DUAL_STACK_HOME`. Who is whose neighbour:
 * `lanA` and `lanA2` are behind one NAT, and on one LAN too where the lab is opened with `sharedLan`; `isp` is a carrier's NAT
 * outside of natA, or of both where it `serves` both.
 */
import { readFileSync } from "node:fs";
import type { Family } from "@whither/core";
import {
	interfaceName,
	interfacesOf,
	type NatKind,
	natAddress,
	natKind,
	natWorld,
	nodeAddress,
	publicAddresses,
	type Scenario,
} from "@whither/sim";
import { conntrackObstacle } from "../forget-flows.ts";
import { insideNamespace, loadRules, runIpBatch, writeSysctls } from "../namespaces.ts";
import { type Certificates, certificatesObstacle, makeCertificates } from "../peers/certificates.ts";
import type { RunningServer } from "../peers/running-server.ts";
import { planLab } from "../plan.ts";
import { labObstacle } from "../requirements.ts";
import { runTool } from "../run.ts";
import { type Lab, openLab } from "../topology.ts";
import { HTTPS_PORT, ICE_PORT, ICE_USER, type IceServerKind } from "./servers.ts";

const FAMILIES = [4, 6] as const;

/** Which routers. */
export interface IceSite {
	/** natA and natB; port-restricted at first. */
	readonly a?: NatKind;
	readonly b?: NatKind;
	/** Where the lab has one. */
	readonly isp?: NatKind;
}

/** What cannot be changed once it stands. */
export interface IceLabOptions extends IceSite {
	/** The homes that are behind `isp`, which is there by this; default: there is none. */
	readonly serves?: "a" | "both";
	/** `lanA` and `lanA2` share a link of their own. */
	readonly sharedLan?: true;
	/** Between the homes, and half as long from each to the server; default 0. */
	readonly roundTripMs?: number;
}

/** Whom agents run on. */
export type IceNode = "lanA" | "lanA2" | "lanB";

/** One of them. */
export interface IceHost {
	readonly namespace: string;
	/** Its own address; on the link towards its router. */
	address(family: Family): string;
	/** What servers see of it. */
	seenAs(family: Family): string;
}

/** A server's place: `relays` is address 0 with all ports, `tcp443` is address 1 with port 443 alone. */
export type IceServerPlace = "relays" | "tcp443";

/** How a relay is reached: at address 0 by `udp`, `tcp` or `tls`, or at address 1 by `tcp443`. */
export type IceLeg = "udp" | "tcp" | "tls" | "tcp443";

/** A relay server by one leg, as an order of a peer program has it. */
export interface IceRelayPlace {
	readonly address: string;
	readonly port: number;
	readonly leg: "udp" | "tcp" | "tls";
	readonly username: string;
	readonly password: string;
	/** PEM text of the authority that the server is certified by, where the leg is TLS. */
	readonly authority?: string;
}

/** It stands. */
export interface IceLab {
	readonly lab: Lab;
	readonly certificates: Certificates;
	/** As it is now. */
	readonly scenario: Scenario;
	host(node: IceNode): IceHost;
	/** Addresses of `srv`; 0 when absent. */
	server(family: Family, which?: number): string;
	/** What peer programs are ordered with: where STUN is, and a relay by each of the legs; by UDP when absent. */
	servers(
		family: Family,
		legs?: readonly IceLeg[],
	): {
		readonly stun: readonly { readonly address: string; readonly port: number }[];
		readonly turn: readonly IceRelayPlace[];
	};
	/** Makes routers others; those that are not named stay as they are. Flows are forgotten by all. */
	become(site: IceSite): Promise<void>;
	/** Forgets all flows of all routers. */
	forget(): Promise<void>;
	/** No packet between the homes arrives any more; those to the servers and from them do. */
	cutDirect(): void;
	/** Takes a host's cable out, by which its addresses and routes are gone. */
	unplug(node: IceNode): void;
	/** Puts it back; the host has a new IPv6 address where one is given, of its link's network. */
	plug(node: IceNode, newAddress6?: string): void;
	/** `relays` when absent; further options are those of its command line. */
	openServer(kind: IceServerKind, place?: IceServerPlace, options?: readonly string[]): Promise<RunningServer>;
	close(): Promise<void>;
}

/** Null where it can be built here, else one sentence that says what is missing. */
export function iceLabObstacle(): string | null {
	return labObstacle() ?? conntrackObstacle() ?? certificatesObstacle();
}

function iceWorld({ serves, sharedLan, roundTripMs = 0 }: IceLabOptions, site: Required<IceSite>): Scenario {
	const { isp, ...homes } = site;
	const scenario = natWorld({
		...homes,
		...(serves !== undefined && { isp, ispServes: serves }),
		...(sharedLan !== undefined && { sharedLan }),
	});
	// Both links that each packet between the homes passes, and one of which each packet to the server does.
	const isUplink = ({ between: [inner] }: Scenario["links"][number]) => inner === "natA" || inner === "natB";
	const delayMs = roundTripMs / 4;
	return { ...scenario, links: scenario.links.map((link) => (isUplink(link) ? { ...link, delayMs } : link)) };
}

const ROUTERS = ["natA", "natB", "isp"];

/** Of a kernel that nobody has told anything. */
const USUAL_LIFETIMES = ["nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"].map(
	(name) => [`net.netfilter.${name}`, "120"] as const,
);

/** Rules and lifetimes of the routers as the scenario has them; links, addresses and routes stay. */
function remake(lab: Lab, scenario: Scenario): void {
	for (const { node, rules, sysctls } of planLab(scenario, "kernel").nodes) {
		if (!ROUTERS.includes(node)) continue;
		insideNamespace(lab.namespaceOf(node), () => {
			loadRules(`flush ruleset\n${rules ?? ""}`);
			writeSysctls([...USUAL_LIFETIMES, ...sysctls]);
		});
	}
}

async function forgetAll(lab: Lab): Promise<void> {
	const routers = ROUTERS.filter((node) => node in lab.scenario.nodes);
	await Promise.all(
		routers.map(async (node) => {
			const { code, stderr } = await runTool(["conntrack", "-F"], { namespace: lab.namespaceOf(node) });
			if (code !== 0) throw new Error(`conntrack: ${stderr}`);
		}),
	);
}

/** Of the link towards its router. */
function cableOf({ scenario }: Lab, node: IceNode): string {
	const [first] = interfacesOf(scenario, node);
	if (first === undefined) throw new RangeError(`${node} has no link`);
	return interfaceName(first.link);
}

function plug(lab: Lab, node: IceNode, newAddress6?: string): void {
	const cable = cableOf(lab, node);
	const { addressing = [] } = lab.plan.nodes.find((plan) => plan.node === node) ?? {};
	const lines = addressing
		.filter((line) => line.includes(` ${cable} `) || line.endsWith(` ${cable}`))
		.map((line) => line.replace(/^address add/, "address replace"));
	const old = nodeAddress(lab.scenario, node, 6);
	const renewed = newAddress6 === undefined ? lines : lines.map((line) => line.replace(`${old}/`, `${newAddress6}/`));
	runIpBatch(renewed, { namespace: lab.namespaceOf(node) });
}

function cutDirect(lab: Lab): void {
	const [uplink] = interfacesOf(lab.scenario, "srv");
	const servers = interfaceName(uplink?.link ?? 0);
	const rule = `iifname != "${servers}" oifname != "${servers}" drop`;
	const wall = `table inet wall {\n\tchain forward {\n\t\ttype filter hook forward priority 0;\n\t\t${rule}\n\t}\n}\n`;
	insideNamespace(lab.namespaceOf("wan"), () => loadRules(wall));
}

function seenAs(scenario: Scenario, host: string, family: Family): string {
	const ways: Readonly<Record<string, readonly string[]>> = { lanB: ["natB", "isp"] };
	// The outermost NAT is the one that is seen.
	const routers = (ways[host] ?? ["natA", "isp"]).filter((node) => leads(scenario, node, host));
	for (const node of routers.reverse()) {
		const spec = scenario.nodes[node];
		const nat = spec?.kind === "router" ? spec.nat : undefined;
		if (nat !== undefined && (nat.families ?? FAMILIES).includes(family)) {
			return natAddress(scenario, node, nat, family);
		}
	}
	return nodeAddress(scenario, host, family);
}

function leads({ nodes, links }: Scenario, node: string, host: string): boolean {
	if (node !== "isp") return true;
	const inner = host === "lanB" ? "natB" : "natA";
	return node in nodes && links.some(({ between }) => between[0] === inner && between[1] === "isp");
}

function relayPlace(leg: IceLeg, server: (which: number) => string, authority: string): IceRelayPlace {
	const user = { username: ICE_USER.name, password: ICE_USER.password };
	if (leg === "tcp443") return { ...user, leg: "tcp", address: server(1), port: HTTPS_PORT };
	if (leg === "tls") return { ...user, leg, address: server(0), port: HTTPS_PORT, authority };
	return { ...user, leg, address: server(0), port: ICE_PORT };
}

/** Builds it; whatever it cannot build leaves nothing behind. */
export async function openIceLab(options: IceLabOptions = {}): Promise<IceLab> {
	const usual = natKind("port-restricted");
	let site: Required<IceSite> = { a: usual, b: usual, isp: usual };
	// With these every node has a default route and every router its public address, whatever the routers become.
	const lab = await openLab(iceWorld(options, site));
	const server = (family: Family, which = 0) => publicAddresses(lab.scenario, "srv", family)[which] ?? "";
	const certificates = makeCertificates(FAMILIES.flatMap((family) => [server(family), server(family, 1)]));
	const authority = readFileSync(certificates.authority, "utf8");
	let scenario = lab.scenario;
	const become = async (change: IceSite) => {
		site = { ...site, ...change };
		scenario = iceWorld(options, site);
		remake(lab, scenario);
		await forgetAll(lab);
	};
	const { serves, sharedLan, roundTripMs, ...first } = options;
	if (Object.keys(first).length > 0) await become(first);
	return {
		...{ lab, certificates, server, become },
		get scenario() {
			return scenario;
		},
		host: (node) => ({
			namespace: lab.namespaceOf(node),
			address: (family) => nodeAddress(scenario, node, family),
			seenAs: (family) => seenAs(scenario, node, family),
		}),
		servers: (family, legs = ["udp"]) => ({
			stun: [{ address: server(family), port: ICE_PORT }],
			turn: legs.map((leg) => relayPlace(leg, (which) => server(family, which), authority)),
		}),
		forget: () => forgetAll(lab),
		cutDirect: () => cutDirect(lab),
		unplug: (node) => runIpBatch([`link set ${cableOf(lab, node)} down`], { namespace: lab.namespaceOf(node) }),
		plug: (node, newAddress6) => plug(lab, node, newAddress6),
		openServer: (kind, place = "relays", more = []) => {
			const { certificate, key } = certificates;
			const isUsual = place === "relays";
			return kind.open({
				namespace: lab.namespaceOf("srv"),
				addresses: FAMILIES.map((family) => server(family, isUsual ? 0 : 1)),
				port: isUsual ? ICE_PORT : HTTPS_PORT,
				tls: isUsual ? { port: HTTPS_PORT, certificate, key } : null,
				options: more,
			});
		},
		close: async () => {
			await lab.close();
			certificates.remove();
		},
	};
}
