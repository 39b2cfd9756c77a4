import { type NatKind, natKind } from "@whither/sim";
import { describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { expectAgreement, type IceEnds, type Met, meeting, openIceEnds, type SharedOrder } from "./ends.fixture.ts";
import { type IceLab, type IceLabOptions, type IceLeg, type IceSite, iceLabObstacle, openIceLab } from "./ice-lab.ts";
import { HTTPS_PORT, ICE_PORT, ICE_SERVERS, type IceServerKind } from "./servers.ts";
import { DUAL_STACK_HOME, ONLY_443, UDP_BLOCKED } from "./sites.ts";

const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];
const obstacle = iceLabObstacle();
const [WHITHER] = ICE_SERVERS;
const kind = natKind;

interface Place {
	readonly lab: IceLab;
	/** Both families at the same time. */
	meet(order: (family: Family) => SharedOrder, way: Met["way"] | null): Promise<readonly Meeting[]>;
}
interface Meeting {
	readonly family: Family;
	readonly met: Met;
	readonly ends: IceEnds;
}

/** A lab with a server, and two programs for each family; whatever comes of it, nothing is left. */
async function withPlace(
	options: IceLabOptions,
	nodes: Parameters<typeof openIceEnds>[1],
	use: (place: Place) => Promise<void>,
	server: IceServerKind = WHITHER,
): Promise<void> {
	const lab = await openIceLab(options);
	const opened: { close(): Promise<unknown> }[] = [lab];
	try {
		opened.push(await lab.openServer(server));
		const ends = await Promise.all(FAMILIES.map(() => openIceEnds(lab, nodes)));
		opened.push(...ends);
		const meetOne = async (both: IceEnds, family: Family, order: SharedOrder, way: Met["way"] | null) => {
			both.begin({ families: [family], pacingMs: 5, ...order });
			const met = await meeting(both, way);
			await both.part();
			expectAgreement(met, both);
			return { family, met, ends: both };
		};
		await use({
			lab,
			meet: (order, way) =>
				Promise.all(ends.map((both, index) => meetOne(both, FAMILIES[index] ?? 4, order(FAMILIES[index] ?? 4), way))),
		});
	} finally {
		for (const each of opened.reverse()) await each.close();
	}
}

/** One server by several legs, of which the first that answers is used. */
function byLegs(lab: IceLab, family: Family, legs: readonly IceLeg[]): SharedOrder {
	const { stun, turn } = lab.servers(family, legs);
	const relays = [
		{
			legs: turn.map(({ leg, address, port, authority }) => ({
				...{ transport: leg, server: { address, port } },
				...(authority !== undefined && { authorities: authority }),
			})),
			credentials: { kind: "longTerm", username: turn[0]?.username, password: turn[0]?.password },
		},
	];
	return { stun, whither: { relays } };
}

/** The port of the server that gave an end its relay. */
function relayPort(ends: IceEnds, end: "a" | "b"): unknown {
	const told = ends.lines(end).flatMap(({ event }) => (event?.kind === "candidate" ? [event] : []));
	const relay = told.find(({ line }) => (line as { readonly type: string }).type === "relay");
	return (relay?.server as { readonly port: number } | undefined)?.port;
}

const ways = (meetings: readonly Meeting[]) => meetings.map(({ met }) => met.way);

describe.skipIf(obstacle !== null)(skippable("two of ours who share more than the internet", obstacle), () => {
	test("on one LAN: by their own addresses", () =>
		withPlace({ sharedLan: true }, ["lanA", "lanA2"], async ({ lab, meet }) => {
			for (const { met, ends } of await meet((family) => lab.servers(family), "direct")) {
				expect([met.way, met.a.local.type, met.a.remote.type], ends.a.describe()).toEqual(["direct", "host", "host"]);
			}
		}));

	test("on one LAN with no server at all", () =>
		withPlace({ sharedLan: true }, ["lanA", "lanA2"], async ({ meet }) => {
			expect(ways(await meet(() => ({}), "direct"))).toEqual(["direct", "direct"]);
		}));

	test("behind one NAT that does not hairpin: by their own addresses", () =>
		withPlace({}, ["lanA", "lanA2"], async ({ lab, meet }) => {
			for (const { met, family } of await meet((family) => lab.servers(family), "direct")) {
				expect([met.a.local.address, met.b.local.address]).toEqual([
					lab.host("lanA").address(family),
					lab.host("lanA2").address(family),
				]);
			}
		}));

	const behindOne: readonly (readonly [string, NatKind, Met["way"]])[] = [
		["that hairpins: through it", kind("port-restricted that hairpins"), "direct"],
		["that does not hairpin: by a relay", kind("port-restricted"), "relay"],
	];
	test.each(behindOne)("two homes behind one carrier's NAT %s", (_words, isp, way) =>
		withPlace({ serves: "both", isp }, ["lanA", "lanB"], async ({ lab, meet }) => {
			const meetings = await meet((family) => lab.servers(family), way);
			expect(ways(meetings)).toEqual([way, way]);
			if (way === "relay") return;
			for (const { met, family } of meetings) expect(met.a.local.address).toBe(lab.host("lanA").seenAs(family));
		}),
	);
});

describe.skipIf(obstacle !== null)(skippable("ours behind two NATs in a row", obstacle), () => {
	const cells: readonly (readonly [isp: string, b: string, Met["way"]])[] = [
		["port-restricted", "port-restricted", "direct"],
		["symmetric", "full cone", "direct"],
		["symmetric", "port-restricted", "relay"],
	];
	test("meets whom the outer one lets it meet", () =>
		withPlace({ serves: "a" }, ["lanA", "lanB"], async ({ lab, meet }) => {
			for (const [isp, b, way] of cells) {
				await lab.become({ isp: kind(isp), b: kind(b) });
				const meetings = await meet((family) => lab.servers(family), way);
				expect([isp, b, ...ways(meetings)]).toEqual([isp, b, way, way]);
			}
		}));
});

describe.skipIf(obstacle !== null)(skippable("a home as most are", obstacle), () => {
	test("IPv4 behind a NAT and IPv6 behind a firewall: no relay, whoever is there", () =>
		withPlace({ a: DUAL_STACK_HOME, b: DUAL_STACK_HOME }, ["lanA", "lanB"], async ({ lab, meet }) => {
			const both = { stun: FAMILIES.flatMap((family) => lab.servers(family).stun), families: FAMILIES };
			const order = () => ({ ...both, turn: FAMILIES.flatMap((family) => lab.servers(family).turn) });
			expect(ways(await meet(order, "direct"))).toEqual(["direct", "direct"]);
		}));
});

const LEGS: readonly IceLeg[] = ["udp", "tcp", "tls"];

interface Blocked {
	readonly name: string;
	readonly site: IceSite;
	/** Ports by which each end reaches its relay. */
	readonly ports: readonly [number, number];
	readonly legs?: readonly IceLeg[];
}

const BLOCKED: readonly Blocked[] = [
	{ name: "UDP blocked for one", site: { a: UDP_BLOCKED, b: kind("port-restricted") }, ports: [ICE_PORT, ICE_PORT] },
	{ name: "UDP blocked for both", site: { a: UDP_BLOCKED, b: UDP_BLOCKED }, ports: [ICE_PORT, ICE_PORT] },
	{ name: "port 443 alone for one", site: { a: kind("symmetric"), b: ONLY_443 }, ports: [ICE_PORT, HTTPS_PORT] },
	{ name: "port 443 alone for both", site: { a: ONLY_443, b: ONLY_443 }, ports: [HTTPS_PORT, HTTPS_PORT] },
	{
		name: "port 443 alone, where a server has plain TCP",
		site: { a: ONLY_443, b: ONLY_443 },
		ports: [HTTPS_PORT, HTTPS_PORT],
		legs: ["tcp443"],
	},
];

for (const server of ICE_SERVERS) {
	const missing = obstacle ?? server.obstacle;
	describe.skipIf(missing !== null)(skippable(`ours where UDP is blocked, with ${server.name}`, missing), () => {
		test("finds the relay by what is let through", () =>
			withPlace(
				{},
				["lanA", "lanB"],
				async ({ lab, meet }) => {
					const another = await lab.openServer(server, "tcp443");
					try {
						for (const { name, site, ports, legs = LEGS } of BLOCKED) {
							await lab.become(site);
							const meetings = await meet((family) => byLegs(lab, family, legs), "relay");
							expect([name, ...ways(meetings)]).toEqual([name, "relay", "relay"]);
							const used = meetings.map(({ ends }) => [relayPort(ends, "a"), relayPort(ends, "b")]);
							expect([name, ...used]).toEqual([name, ports, ports]);
						}
					} finally {
						await another.close();
					}
				},
				server,
			));
	});
}
