import type { Family, IceRole } from "@whither/core";
import { natKind } from "@whither/sim";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippable } from "../../../scripts/skippable.ts";
import { icePeerObstacle } from "../peers/ice/kinds.ts";
import type { IcePeerKind, IcePeerOrder } from "../peers/ice/lines.ts";
import type { IcePeer } from "../peers/ice/peer.ts";
import type { RunningServer } from "../peers/running-server.ts";
import { type IceLab, type IceSite, iceLabObstacle, openIceLab } from "./ice-lab.ts";
import {
	Couple,
	expectData,
	expectStatistics,
	OFFERED_PACING_MS,
	pacesMs,
	restarted,
	type Session,
	type SessionOrder,
	USUAL_PACING_MS,
	wayOf,
} from "./interop.fixture.ts";
import { HTTPS_PORT, ICE_SERVERS, ICE_USER } from "./servers.ts";
import { DUAL_STACK_HOME } from "./sites.ts";

const PEERS: readonly IcePeerKind[] = ["whither", "werift", "node-datachannel", "aioice", "chromium"];
const ROLES: readonly IceRole[] = ["controlling", "controlled"];
/** They nominate whatever works first, so that where they control, a relay may be in use that nobody needs. */
const HASTY: ReadonlySet<IcePeerKind> = new Set(["werift", "aioice"]);
const RELAYS = { coturn: 0, "whither serve": 1 } as const;

/** One way to meet, for every peer in both roles. */
interface Cell {
	readonly name: string;
	readonly site: IceSite;
	readonly family: Family;
	readonly server: keyof typeof RELAYS;
	readonly way: "direct" | "relay";
	/** Who may use relays alone. */
	readonly relayOnly?: "ours" | "both";
	/** Descriptions are carried as a whole. */
	readonly whole?: true;
}

const [open, restricted, symmetric] = ["no NAT", "port-restricted", "symmetric"].map(natKind);
const both = (kind = open): IceSite => ({ ...(kind !== undefined && { a: kind, b: kind }) });
const onlyRelay = { site: both(restricted), family: 4, way: "relay" } as const;

const CELLS: readonly Cell[] = [
	{ name: "without a NAT, IPv4", site: both(), family: 4, server: "coturn", way: "direct" },
	{ name: "without a NAT, IPv6", site: both(), family: 6, server: "whither serve", way: "direct" },
	{ name: "between port-restricted NATs", site: both(restricted), family: 4, server: "coturn", way: "direct" },
	{ name: "between port-restricted NATs", site: both(restricted), family: 4, server: "whither serve", way: "direct" },
	{
		name: "between them, whole descriptions",
		site: both(restricted),
		family: 4,
		server: "coturn",
		way: "direct",
		whole: true,
	},
	{ name: "ours with relays alone", ...onlyRelay, server: "coturn", relayOnly: "ours" },
	{ name: "both with relays alone", ...onlyRelay, server: "whither serve", relayOnly: "both" },
	{ name: "between symmetric NATs", site: both(symmetric), family: 4, server: "coturn", way: "relay" },
	{ name: "between symmetric NATs", site: both(symmetric), family: 4, server: "whither serve", way: "relay" },
	{ name: "between IPv6 firewalls", site: both(DUAL_STACK_HOME), family: 6, server: "coturn", way: "direct" },
];

const obstacle = iceLabObstacle() ?? ICE_SERVERS.map((kind) => kind.obstacle).find((text) => text !== null) ?? null;
const usable = PEERS.filter((kind) => icePeerObstacle(kind) === null);

describe.skipIf(obstacle !== null)(skippable("ICE between ours and others' agents", obstacle), () => {
	let lab: IceLab;
	const servers: RunningServer[] = [];
	const couples = new Map<IcePeerKind, Couple>();

	beforeAll(async () => {
		lab = await openIceLab({ sharedLan: true });
		const [whither, coturn] = ICE_SERVERS;
		servers.push(await lab.openServer(coturn), await lab.openServer(whither, "tcp443"));
		for (const kind of usable) couples.set(kind, new Couple(lab, kind));
	});

	afterAll(async () => {
		await Promise.all([...couples.values()].map((couple) => couple.close()));
		for (const server of servers) await server.close();
		await lab?.close();
	});

	/** Both servers are asked over UDP, each at its own address. */
	function serversOf(server: keyof typeof RELAYS, family: Family): Pick<IcePeerOrder, "stun" | "turn"> {
		const place = { address: lab.server(family, RELAYS[server]), port: server === "coturn" ? 3478 : HTTPS_PORT };
		return { stun: [place], turn: [{ ...place, username: ICE_USER.name, password: ICE_USER.password }] };
	}

	function orderOf({ server, family, relayOnly, whole, way }: Cell, role: IceRole, kind: IcePeerKind): SessionOrder {
		const common = { ...serversOf(server, family), families: [family] };
		const policyOf = (isRelayOnly: boolean) => ({ policy: isRelayOnly ? "relay" : "all" }) as const;
		const ours = { ...common, ...policyOf(relayOnly !== undefined) };
		const theirs = { ...common, ...policyOf(relayOnly === "both") };
		// Both nominate every pair; of these the highest priority counts (RFC 5245 §8.1.1.2), but they send on another.
		const agrees = role === "controlling" || !HASTY.has(kind);
		const mustCome = role === "controlled" && agrees;
		return { role, ours, theirs, agrees, ...(mustCome && { way }), ...(whole === true && { whole }) };
	}

	/** The one that takes its time goes on while the others do: all peers meet at once, each in both roles. */
	const begun = new Map<Cell, Promise<Map<IcePeerKind, Promise<void>[]>>>();

	function begin(cell: Cell): Promise<Map<IcePeerKind, Promise<void>[]>> {
		const known = begun.get(cell);
		if (known !== undefined) return known;
		const started = (async () => {
			await lab.become(cell.site);
			const outcomes = new Map<IcePeerKind, Promise<void>[]>();
			for (const [kind, couple] of couples) {
				let before: Promise<unknown> = Promise.resolve();
				const ends = ROLES.map((role) => {
					const end = before.then(() =>
						couple.meet(orderOf(cell, role, kind), (session, peers) => examine(cell, role, session, peers)),
					);
					before = end.catch(() => {});
					return end;
				});
				for (const end of ends) end.catch(() => {});
				outcomes.set(kind, ends);
			}
			await Promise.allSettled([...outcomes.values()].flat());
			return outcomes;
		})();
		begun.set(cell, started);
		return started;
	}

	async function examine(
		cell: Cell,
		role: IceRole,
		session: Session,
		peers: readonly [IcePeer, IcePeer],
	): Promise<void> {
		const { ours, theirs } = session;
		const { kind } = theirs.peer;
		const selected = ours.selected;
		if (selected === undefined) throw new Error("no selected pair");
		const mayDetour = role === "controlled" && HASTY.has(kind) && cell.way === "direct";
		if (!mayDetour) expect(wayOf(selected), ours.peer.describe()).toBe(cell.way);
		if (cell.relayOnly !== undefined) expect(selected.local.type).toBe("relay");
		expectStatistics(session);
		const floor = kind === "whither" ? OFFERED_PACING_MS : USUAL_PACING_MS;
		expect(pacesMs(session).filter((pace) => pace < floor)).toEqual([]);
		await expectData(session, peers);
	}

	describe.each(CELLS)("$name, servers of $server", (cell) => {
		for (const kind of PEERS) {
			const missing = icePeerObstacle(kind);
			ROLES.forEach((role, index) => {
				test.skipIf(missing !== null)(skippable(`${kind}, ours ${role}`, missing), async () => {
					await (await begin(cell)).get(kind)?.[index];
				});
			});
		}
	});

	/** Both on open addresses, with a server or without one. */
	const plain = (role: IceRole, more: Partial<IcePeerOrder> = {}): SessionOrder => {
		const order = { families: [4] as const, ...more };
		return { role, ours: order, theirs: order };
	};
	const tries = (kind: IcePeerKind) => test.skipIf(icePeerObstacle(kind) !== null);
	const coupleOf = (kind: IcePeerKind) => couples.get(kind) ?? new Couple(lab, kind);

	describe("a restart", () => {
		for (const kind of ["whither", "werift", "chromium"] as const)
			for (const by of ["ours", "theirs"] as const)
				for (const role of ROLES)
					tries(kind)(skippable(`with ${kind}, by ${by}, ours ${role}`, icePeerObstacle(kind)), async () => {
						await lab.become(both(restricted));
						const agrees = role === "controlling" || !HASTY.has(kind);
						const order = { ...plain(role, serversOf("coturn", 4)), agrees };
						await coupleOf(kind).meet(order, async (session, peers) => {
							await restarted(peers, { by, agrees });
							await expectData(session, peers);
						});
					});
	});

	describe("a lite agent", () => {
		for (const kind of PEERS)
			tries(kind)(skippable(`of ours, checked by ${kind}`, icePeerObstacle(kind)), async () => {
				await lab.become(both());
				const { ours, ...order } = plain("controlled");
				const wish = { ...order, ours: { ...ours, lite: true }, agrees: !HASTY.has(kind) };
				await coupleOf(kind).meet(wish, async (session, peers) => {
					const [pair] = session.ours.pairs.filter(({ selected }) => selected);
					expect(pair).toMatchObject({ nominated: true, writable: true, readable: true, requestsSent: 0 });
					await expectData(session, peers);
				});
			});

		for (const kind of ["whither", "werift"] as const)
			tries(kind)(skippable(`that is ${kind}, checked by ours`, icePeerObstacle(kind)), async () => {
				await lab.become(both());
				const { theirs, ...order } = plain("controlling");
				await coupleOf(kind).meet({ ...order, theirs: { ...theirs, lite: true } }, async (session, peers) => {
					expectStatistics(session);
					await expectData(session, peers);
				});
			});
	});

	tries("chromium").each(ROLES)(
		skippable("Chromium that tells names instead of addresses, on one LAN, ours %s", icePeerObstacle("chromium")),
		async (role) => {
			const couple = new Couple(lab, "chromium", ["lanA", "lanA2"], ["mdns"]);
			await couple.meet(plain(role), async ({ ours, theirs }) => {
				const told = theirs.lines.flatMap(({ candidate = [] }) => candidate);
				expect(told.length).toBeGreaterThan(0);
				expect(told.filter((line) => !line.includes(".local"))).toEqual([]);
				expect(ours.selected?.local.type).not.toBe("relay");
			});
			await couple.close();
		},
	);
});
