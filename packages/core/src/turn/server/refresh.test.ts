import { attributeOf, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { CLIENT, codeOf, family, newId, OTHER_USER, PEER, peer, ServerUnderTest, TCP, UDP } from "./server.fixture.ts";

const lifetime = (value: number): StunItem => ({ name: "lifetime", value });
const BOTH = { name: "additionalAddressFamily", value: 6 } as const;

describe("a Refresh", () => {
	test("puts the end off, and without one the allocation ends with its usage told", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		expect(under.server.deadline).toEqual({ at: 600e9, why: "relay" });
		under.at(500);
		const answer = client.ask("refresh", [lifetime(900)]);
		expect(answer && attributeOf(answer, "lifetime")).toBe(900);
		under.at(1399);
		expect(client.allocation.closed).toBe(false);
		const { allocation } = client;
		under.at(1400);
		expect(under.last("event").event).toMatchObject({
			kind: "allocationClosed",
			why: "expired",
			usage: { sentBytes: 0 },
		});
		expect(under.last("closeRelay").relay).toBe(under.last("openRelay").relay);
		expect(allocation.closed).toBe(true);
		expect(under.server.deadline).toBeNull();
		expect(under.server.counters).toMatchObject({ allocations: 0, allocationsOpened: 1, allocationsClosed: 1 });
	});

	test("is heeded by the very message that comes after the end", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		under.seconds = 601;
		expect(client.code("refresh")).toBe(437);
	});

	test("of zero ends it; sent again it is 437", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		const answer = client.ask("refresh", [lifetime(0)]);
		expect(answer && attributeOf(answer, "lifetime")).toBe(0);
		expect(under.last("event").event).toMatchObject({ kind: "allocationClosed", why: "refreshedAway" });
		expect(client.code("refresh", [lifetime(0)])).toBe(437);
		client.allocate();
	});

	test("of one family concerns that alone; of one that is not there it is 443", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate(BOTH);
		const first = client.relay(4);
		under.at(300);
		expect(client.code("refresh", [family(6)])).toBe("success");
		under.at(600);
		expect(under.all("closeRelay")).toEqual([{ type: "closeRelay", relay: first }]);
		expect(client.allocation.relays.map((relay) => relay.family)).toEqual([6]);
		expect(client.code("refresh", [family(4)])).toBe(443);
		const nobodys: StunItem = { name: "unknown", type: 0x0017, value: Uint8Array.of(3, 0, 0, 0) };
		expect(client.code("refresh", [nobodys])).toBe(443);
		expect(client.code("refresh", [family(6), lifetime(0)])).toBe("success");
		expect([...under.server.allocations]).toEqual([]);
	});
});

describe("a client that moves (RFC 8016)", () => {
	const ASKS: StunItem = { name: "mobilityTicket", value: new Uint8Array(0) };
	const ELSEWHERE = { address: "9.9.0.99", port: 1234 };
	const ticketIn = (answer: ReturnType<ReturnType<ServerUnderTest["client"]>["ask"]>): StunItem => {
		const value = answer === null ? undefined : attributeOf(answer, "mobilityTicket");
		if (value === undefined) throw new Error("there is no ticket");
		return { name: "mobilityTicket", value };
	};

	test("keeps relay and permissions, and gets the next ticket", () => {
		const under = new ServerUnderTest();
		const client = under.client();
		const ticket = ticketIn(client.ask("allocate", [UDP, ASKS]));
		client.code("createPermission", [peer(PEER[4])]);
		const relay = client.relay();
		const moved = under.client({ from: ELSEWHERE, local: 1 });
		const next = ticketIn(moved.ask("refresh", [ticket]));
		expect(next).not.toEqual(ticket);
		expect(moved.relay()).toBe(relay);
		expect(under.server.allocationAt(0, CLIENT)).toBeUndefined();
		under.step({ type: "relayReceived", relay, from: PEER[4], bytes: Uint8Array.of(1) });
		expect(under.last("send")).toMatchObject({ to: ELSEWHERE, local: 1 });
		// Sent again because the answer was lost.
		expect(ticketIn(moved.ask("refresh", [ticket]))).toEqual(next);
	});

	test("may show a ticket as often as the answers with the next are lost, and none older than the last it showed", () => {
		const under = new ServerUnderTest();
		const ticket = ticketIn(under.client().ask("allocate", [UDP, ASKS]));
		const from = (port: number) => under.client({ from: { ...ELSEWHERE, port } });
		const later = [1, 2, 3].map((port) => ticketIn(from(port).ask("refresh", [ticket])));
		expect(new Set(later.map((item) => JSON.stringify(item))).size).toBe(3);
		const last = ticketIn(from(4).ask("refresh", [later[1] ?? ASKS]));
		expect(from(5).code("refresh", [ticket])).toBe(400);
		expect(from(5).code("refresh", [last])).toBe("success");
		expect([...under.server.allocations]).toHaveLength(1);
	});

	test("is its own user, and has a ticket of ours", () => {
		const under = new ServerUnderTest();
		const ticket = ticketIn(under.client().ask("allocate", [UDP, ASKS]));
		expect(under.client({ ...OTHER_USER, from: ELSEWHERE }).code("refresh", [ticket])).toBe(441);
		const forged = { name: "mobilityTicket", value: new Uint8Array(24) } as const;
		expect(under.client({ from: ELSEWHERE }).code("refresh", [forged])).toBe(400);
		expect(under.client({ from: ELSEWHERE }).code("refresh", [ASKS])).toBe(400);
		expect(under.client({ from: ELSEWHERE }).code("refresh")).toBe(437);
	});

	test("has asked for that at Allocate", () => {
		const under = new ServerUnderTest();
		const answer = under.client().ask("allocate", [UDP]);
		expect(answer && attributeOf(answer, "mobilityTicket")).toBeUndefined();
	});

	test("is 405 where that is forbidden", () => {
		const under = new ServerUnderTest({ mobility: false });
		expect(under.client().code("allocate", [UDP, ASKS])).toBe(405);
		expect(under.client().code("refresh", [ASKS])).toBe(405);
	});

	test("does not take a TCP allocation to a datagram listener", () => {
		const under = new ServerUnderTest();
		const ticket = ticketIn(under.client({ transport: "stream" }).ask("allocate", [TCP, ASKS]));
		expect(under.client({ from: ELSEWHERE }).code("refresh", [ticket])).toBe(400);
		expect(under.client({ from: ELSEWHERE, transport: "stream" }).code("refresh", [ticket])).toBe("success");
	});
});

describe("a server that drains", () => {
	test("allocates nothing more, keeps what there is until the end, and promises nothing beyond it", () => {
		const under = new ServerUnderTest();
		const client = under.client().allocate();
		under.client({ from: { ...CLIENT, port: 7 } }).allocate({ name: "evenPort", value: true });
		under.step({ type: "drain", until: 100e9 });
		expect(under.client({ from: { ...CLIENT, port: 8 } }).code("allocate", [UDP])).toBe(508);
		under.at(40);
		const answer = client.ask("refresh");
		expect(answer && attributeOf(answer, "lifetime")).toBe(60);
		expect(client.code("createPermission", [peer(PEER[4])])).toBe("success");
		expect(under.server.deadline).toMatchObject({ at: 100e9 });
		under.at(100);
		expect(under.last("event").event).toMatchObject({ kind: "allocationClosed" });
		expect([...under.server.allocations]).toEqual([]);
		expect(under.all("closeRelay")).toHaveLength(3);
		expect(under.server.deadline).toBeNull();
	});

	test("ends what would last longer", () => {
		const under = new ServerUnderTest();
		under.client().allocate();
		under.step({ type: "drain", until: 100e9 });
		expect(under.server.deadline).toEqual({ at: 100e9, why: "drain" });
		under.at(100);
		expect(under.last("event").event).toMatchObject({ kind: "allocationClosed", why: "drained" });
	});

	test("tells of another of the client's family, where there is one", () => {
		const under = new ServerUnderTest();
		const alternate = [
			{ address: "2606:4700::2", port: 3478 },
			{ address: "8.8.0.2", port: 3478 },
		];
		under.step({ type: "drain", until: 100e9, alternate });
		const answer = under.client().ask("allocate", [UDP], newId());
		expect(codeOf(answer)).toBe(300);
		expect(answer && attributeOf(answer, "alternateServer")).toEqual(alternate[1]);
		expect(answer && attributeOf(answer, "alternateDomain")).toBeUndefined();
	});

	test("tells whose certificate the other has, where it has one of its own", () => {
		const under = new ServerUnderTest();
		const alternate = [{ address: "8.8.0.2", port: 5349, domain: "other.example.org" }];
		under.step({ type: "drain", until: 100e9, alternate });
		const answer = under.client({ transport: "stream" }).ask("allocate", [UDP]);
		expect(answer && attributeOf(answer, "alternateServer")).toEqual({ address: "8.8.0.2", port: 5349 });
		expect(answer && attributeOf(answer, "alternateDomain")).toBe("other.example.org");
	});
});
