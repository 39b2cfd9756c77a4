import { describe, expect, test } from "vitest";
import { homeOf, PEER, RelayWorld } from "./relay-world.fixture.ts";
import { restCredentials, restSecret } from "./rest-credentials.ts";
import { CONFIG } from "./server/server.fixture.ts";

const DATA = Uint8Array.of(1, 2, 3, 4, 5);
const KINDS = (["udp", "tcp"] as const).flatMap((leg) =>
	([4, 6] as const).flatMap((family) => ([4, 6] as const).map((peers) => [leg, family, peers] as const)),
);

describe.each(KINDS)("client and server over %s and IPv%i, with peers of IPv%i", (leg, family, peers) => {
	const peer = PEER[peers];
	const world = () => new RelayWorld({ leg, family, client: { allocation: { family: peers } } });

	test("relay from the first packet on, and by a channel as soon as there is one", () => {
		const both = world();
		expect(both.told("allocated")).toMatchObject([{ mapped: homeOf(family, 0), lifetimeSeconds: 600 }]);
		both.step({ type: "send", peer, data: DATA });
		both.step({ type: "bind", peer });
		both.step({ type: "send", peer, data: DATA });
		expect(both.relayed).toMatchObject([{ to: peer, bytes: DATA }, { bytes: DATA }]);
		expect(both.told("data")).toEqual([
			{ kind: "data", from: peer, bytes: DATA, channel: null },
			{ kind: "data", from: peer, bytes: DATA, channel: 0x4000 },
		]);
	});

	test("keep allocation, permission and channel for two hours, through stale nonces", () => {
		const both = world();
		both.step({ type: "bind", peer });
		for (let minutes = 0; minutes < 120; minutes++) {
			both.pass(60);
			both.step({ type: "send", peer, data: DATA });
			both.step({ type: "send", peer, data: DATA, dontFragment: true });
		}
		expect(both.told("data").filter(({ channel }) => channel === 0x4000)).toHaveLength(240);
		expect(both.relayed.filter(({ dontFragment }) => dontFragment)).toHaveLength(120);
		for (const kind of ["lost", "refused", "unbound"] as const) expect(both.told(kind)).toEqual([]);
		expect(both.ignored).toEqual([]);
	});

	test("end it together", () => {
		const both = world();
		both.step({ type: "close" });
		expect(both.told("closed")).toEqual([{ kind: "closed", confirmed: true }]);
		expect(both.asked.filter(({ type }) => type === "closeRelay")).toHaveLength(1);
		expect(both.client.deadline).toBeNull();
	});
});

describe("client and server", () => {
	test("have both families in one allocation", () => {
		const both = new RelayWorld({ client: { allocation: { family: "both" } } });
		expect(both.told("allocated")[0]?.relayed).toHaveLength(2);
		for (const peer of [PEER[4], PEER[6]]) both.step({ type: "send", peer, data: DATA });
		both.step({ type: "permit", addresses: [PEER[4].address, PEER[6].address] });
		both.pass(900);
		for (const peer of [PEER[4], PEER[6]]) both.step({ type: "send", peer, data: DATA });
		expect(both.told("data").map(({ from }) => from)).toEqual([PEER[4], PEER[6], PEER[4], PEER[6]]);
	});

	test("tell why one family is missing", () => {
		const relays = CONFIG.relays.slice(0, 1);
		const both = new RelayWorld({ client: { allocation: { family: "both" } }, server: { relays } });
		expect(both.told("allocated")).toMatchObject([{ addressError: { family: 6, code: 440 } }]);
		const other = new RelayWorld({ client: { allocation: { family: 6 } }, server: { relays } });
		expect(other.told("failed")).toMatchObject([{ why: "familyUnsupported" }]);
	});

	test("grant what may be granted where one of many peers is denied", () => {
		const both = new RelayWorld();
		const addresses = Array.from({ length: 20 }, (_, index) => (index === 7 ? "127.0.0.1" : `9.9.1.${index + 1}`));
		both.step({ type: "permit", addresses });
		expect(both.told("refused")).toMatchObject([{ address: "127.0.0.1", why: "forbidden" }]);
		expect(both.told("permitted")).toHaveLength(19);
	});

	test("keep a port for a second allocation", () => {
		const first = new RelayWorld({ client: { allocation: { evenPort: "pair" } } });
		const [allocated] = first.told("allocated");
		expect((allocated?.relayed[0]?.port ?? 1) % 2).toBe(0);
		expect(allocated?.reservationToken).toHaveLength(8);
	});

	test("know users by REST credentials, until they end", () => {
		const server = { users: { restSecrets: ["north"] } };
		const user = (seconds: number) => ({
			kind: "longTerm" as const,
			...restCredentials(restSecret("north"), CONFIG.unixSecondsAtZero + seconds, "me"),
		});
		const good = new RelayWorld({ server, client: { credentials: user(1000) } });
		expect(good.told("allocated")).toHaveLength(1);
		good.pass(900);
		good.step({ type: "credentials", credentials: user(7000) });
		good.pass(5000);
		expect([...good.told("lost"), ...good.ignored]).toEqual([]);
		const late = new RelayWorld({ server, client: { credentials: user(-1) } });
		expect(late.told("failed")).toMatchObject([{ why: "unauthorized" }]);
	});

	test("name a wrong password and a full quota", () => {
		const wrong = { kind: "longTerm", username: "alice", password: "wrong" } as const;
		expect(new RelayWorld({ client: { credentials: wrong } }).told("failed")).toMatchObject([{ why: "unauthorized" }]);
		const full = new RelayWorld({ server: { quotas: { total: 0 } } });
		expect(full.events).toMatchObject([{ kind: "failed" }]);
		expect(["quotaReached", "insufficientCapacity"]).toContain(full.told("failed")[0]?.why);
	});

	test("move the allocation to another address of the client", () => {
		const both = new RelayWorld({ client: { allocation: { mobility: true } } });
		both.step({ type: "bind", peer: PEER[4] });
		both.step({ type: "move", local: 5 });
		expect(both.told("moved")).toEqual([{ kind: "moved", local: 5 }]);
		both.step({ type: "send", peer: PEER[4], data: DATA });
		expect(both.told("data")).toMatchObject([{ channel: 0x4000 }]);
		both.pass(3600);
		both.step({ type: "send", peer: PEER[4], data: DATA });
		expect(both.told("data")).toHaveLength(2);
	});

	test("find each other again after a silence shorter than the allocation", () => {
		const both = new RelayWorld();
		both.step({ type: "permit", addresses: [PEER[4].address] });
		both.pass(500);
		both.joined = false;
		both.pass(85);
		both.joined = true;
		both.pass(100);
		expect(both.told("lost")).toEqual([]);
		both.step({ type: "send", peer: PEER[4], data: DATA });
		expect(both.told("data")).toHaveLength(1);
	});

	test("make connections to peers, which other connections carry (RFC 6062)", () => {
		const both = new RelayWorld({ leg: "tcp", client: { allocation: { transport: "tcp" } } });
		both.step({ type: "connect", peer: PEER[4] });
		const asked = both.asked.find((output) => output.type === "connectPeer");
		if (asked?.type !== "connectPeer") throw new Error("no connection was asked for");
		both.serve({ type: "peerConnected", connection: asked.connection });
		const [connected] = both.told("connected");
		expect(connected).toMatchObject({ peer: PEER[4] });
		both.step({ type: "bindConnection", connectionId: connected?.connectionId ?? 0, local: 5 });
		expect(both.told("connectionBound")).toMatchObject([{ local: 5 }]);
		both.step({ type: "permit", addresses: [PEER[4].address] });
		const relay = both.server.allocationAt(0, homeOf(4, 0))?.relays[0]?.id ?? 0;
		both.serve({ type: "peerAccepted", relay, from: { ...PEER[4], port: 9 }, handle: 1 });
		expect(both.told("connectionAttempt")).toMatchObject([{ peer: { ...PEER[4], port: 9 } }]);
	});
});
