import { attributeOf } from "@whither/wire";
import { describe, expect, test } from "vitest";
import {
	answerIn,
	CLIENT,
	codeOf,
	family,
	newId,
	OTHER_USER,
	reasonIn,
	ServerUnderTest,
	TCP,
	UDP,
} from "./server.fixture.ts";

const EVEN = { name: "evenPort", value: false } as const;
const PAIR = { name: "evenPort", value: true } as const;
const BOTH = { name: "additionalAddressFamily", value: 6 } as const;

describe("an Allocate", () => {
	test("gets a relay, its lifetime and how the client is seen", () => {
		const under = new ServerUnderTest();
		const answer = under.client().ask("allocate", [UDP]);
		expect(answer?.class).toBe("success");
		const relayed = answer === null ? undefined : attributeOf(answer, "xorRelayedAddress");
		expect(relayed?.address).toBe("8.8.0.1");
		expect(relayed?.port).toBeGreaterThanOrEqual(49_152);
		expect(answer && attributeOf(answer, "lifetime")).toBe(600);
		expect(answer && attributeOf(answer, "xorMappedAddress")).toEqual(CLIENT);
		expect(under.last("event").event).toMatchObject({ kind: "allocationOpened", allocation: { owner: "alice" } });
	});

	test.each(["additionalAddressFamily", "draftAdditionalAddressFamily"] as const)("with %s has two relays", (name) => {
		const under = new ServerUnderTest();
		expect(under.client().code("allocate", [UDP, { name, value: 6 }])).toBe("success");
		expect(under.all("openRelay").map(({ address }) => address.includes(":"))).toEqual([false, true]);
	});

	test("sent again is answered with the same bytes, and opens nothing more", () => {
		const under = new ServerUnderTest();
		const client = under.client();
		const request = client.request("allocate", [UDP]);
		client.hand(request);
		const first = under.last("send").bytes;
		under.at(1);
		client.hand(request);
		expect(under.last("send").bytes).toEqual(first);
		expect(under.all("openRelay")).toHaveLength(1);
	});

	test("sent again while its relay is being opened waits for the same answer", () => {
		const under = new ServerUnderTest();
		under.opens = false;
		const client = under.client();
		const request = client.request("allocate", [UDP]);
		client.hand(request);
		expect(reasonIn(client.hand(request))).toBe("pending");
		expect(client.code("allocate", [UDP])).toBe(437);
		under.step({ type: "relayOpened", relay: under.last("openRelay").relay });
		expect(under.last("event").event.kind).toBe("allocationOpened");
		expect(under.all("openRelay")).toHaveLength(1);
	});

	test("of another transaction on the same 5-tuple is 437", () => {
		const client = new ServerUnderTest().client().allocate();
		expect(client.code("allocate", [UDP])).toBe(437);
	});

	test.each([
		["without REQUESTED-TRANSPORT", [], 400],
		["for another transport than UDP", [{ name: "requestedTransport", value: 132 }], 442],
		["for TCP from a datagram client", [TCP], 400],
		["with EVEN-PORT and RESERVATION-TOKEN", [UDP, EVEN, { name: "reservationToken", value: new Uint8Array(8) }], 400],
		[
			"with a family and RESERVATION-TOKEN",
			[UDP, family(4), { name: "reservationToken", value: new Uint8Array(8) }],
			400,
		],
		["with an unknown RESERVATION-TOKEN", [UDP, { name: "reservationToken", value: new Uint8Array(8) }], 508],
		["with both ways to ask for a family", [UDP, family(4), BOTH], 400],
		["for IPv4 as the other family", [UDP, { name: "additionalAddressFamily", value: 4 }], 400],
		["with R and a second family", [UDP, PAIR, BOTH], 400],
		["of a family that nobody has", [UDP, { name: "unknown", type: 0x0017, value: Uint8Array.of(3, 0, 0, 0) }], 440],
		[
			"with an attribute that must be understood and is not",
			[UDP, { name: "unknown", type: 0x7ffe, value: new Uint8Array(4) }],
			420,
		],
		["with a malformed attribute", [UDP, { name: "unknown", type: 0x000d, value: new Uint8Array(3) }], 400],
	] as const)("%s is %i", (_, attributes, code) => {
		const under = new ServerUnderTest();
		const client = under.client();
		const answer = client.ask("allocate", attributes);
		expect(codeOf(answer)).toBe(code);
		if (code === 420) expect(answer && attributeOf(answer, "unknownAttributes")).toEqual([0x7ffe]);
		expect([...under.server.allocations]).toEqual([]);
	});

	test("of a family without an address of ours is 440", () => {
		const under = new ServerUnderTest({ relays: [{ address: "8.8.0.1" }] });
		expect(under.client().code("allocate", [UDP, family(6)])).toBe(440);
	});

	test("gets the family that it asks for, IPv4 by default, and its own by option", () => {
		const from = { address: "2606:4700::77", port: 5 };
		const relayed = (under: ServerUnderTest, ...more: readonly (4 | 6)[]) => {
			const answer = under.client({ from }).ask("allocate", [UDP, ...more.map((one) => family(one))]);
			return answer === null ? undefined : attributeOf(answer, "xorRelayedAddress")?.address;
		};
		expect(relayed(new ServerUnderTest())).toBe("8.8.0.1");
		expect(relayed(new ServerUnderTest(), 6)).toBe("2606:4700::1");
		expect(relayed(new ServerUnderTest({ unnamedFamily: "client" }))).toBe("2606:4700::1");
	});

	test("that asks for a second family gets both, or is told why not", () => {
		const both = new ServerUnderTest().client();
		const answer = both.ask("allocate", [UDP, BOTH]);
		const addresses = answer?.attributes.flatMap((one) =>
			one.name === "xorRelayedAddress" ? [one.value.address] : [],
		);
		expect(addresses).toEqual(["8.8.0.1", "2606:4700::1"]);
		expect(both.allocation.relays).toHaveLength(2);
		const one = new ServerUnderTest({ relays: [{ address: "8.8.0.1" }] }).client().ask("allocate", [UDP, BOTH]);
		expect(one && attributeOf(one, "addressErrorCode")).toMatchObject({ family: 6, code: 440 });
		expect(one?.class).toBe("success");
	});

	test("behind a translation tells the address that peers see, and opens at its own", () => {
		const under = new ServerUnderTest({ relays: [{ address: "10.0.0.5", publicAddress: "8.8.4.4" }] });
		const answer = under.client().ask("allocate", [UDP]);
		expect(under.last("openRelay").address).toBe("10.0.0.5");
		expect(answer && attributeOf(answer, "xorRelayedAddress")?.address).toBe("8.8.4.4");
	});

	test.each([
		[undefined, 600],
		[30, 600],
		[1000, 1000],
		[100_000, 3600],
	])("that asks for a lifetime of %s gets %i seconds", (wish, granted) => {
		const items = wish === undefined ? [] : [{ name: "lifetime", value: wish } as const];
		const answer = new ServerUnderTest().client().ask("allocate", [UDP, ...items]);
		expect(answer && attributeOf(answer, "lifetime")).toBe(granted);
	});
});

describe("ports", () => {
	const PORTS = { first: 50_001, last: 50_006 };

	test("EVEN-PORT gets an even one", () => {
		for (let seed = 0; seed < 8; seed++) {
			const under = new ServerUnderTest({ relayPorts: PORTS, secret: new Uint8Array(32).fill(seed) });
			under.client().allocate(EVEN);
			expect(under.last("openRelay").port % 2).toBe(0);
		}
	});

	test("with R the next one is kept for whoever shows the token, for 30 seconds and for the same user alone", () => {
		const under = new ServerUnderTest();
		const answer = under.client().ask("allocate", [UDP, PAIR]);
		const { port, above } = under.last("openRelay");
		const value = answer === null ? undefined : attributeOf(answer, "reservationToken");
		if (value === undefined) throw new Error("there is no token");
		const token = { name: "reservationToken", value } as const;
		const stranger = under.client({ ...OTHER_USER, from: { ...CLIENT, port: 2 } });
		expect(stranger.code("allocate", [UDP, token])).toBe(508);
		const second = under.client({ from: { ...CLIENT, port: 3 } });
		const got = second.ask("allocate", [UDP, token]);
		expect(got && attributeOf(got, "xorRelayedAddress")?.port).toBe(port + 1);
		expect(second.relay()).toBe(above);
		expect(under.all("openRelay")).toHaveLength(1);
		expect(under.client({ from: { ...CLIENT, port: 4 } }).code("allocate", [UDP, token])).toBe(508);
	});

	test("kept for later count against a user who wants to keep more of them", () => {
		const under = new ServerUnderTest({ quotas: { perUser: 2 } });
		const client = under.client();
		const keep = () => client.code("allocate", [UDP, { name: "evenPort", value: true }]);
		const end = () => client.code("refresh", [{ name: "lifetime", value: 0 }]);
		expect([keep(), end(), keep(), end(), keep()]).toEqual(["success", "success", "success", "success", 486]);
		client.allocate();
		end();
		under.at(31);
		expect(keep()).toBe("success");
	});

	test("a reservation that nobody comes for is closed after 30 seconds", () => {
		const under = new ServerUnderTest();
		under.client().allocate(PAIR);
		const { above } = under.last("openRelay");
		expect(under.server.deadline).toEqual({ at: 30e9, why: "reservation" });
		under.at(31);
		expect(under.all("closeRelay")).toEqual([{ type: "closeRelay", relay: above }]);
	});

	test("when all are taken it is 508, and one given back is free again", () => {
		const under = new ServerUnderTest({ relayPorts: PORTS });
		const clients = Array.from({ length: 6 }, (_, port) => under.client({ from: { ...CLIENT, port } }).allocate());
		expect(new Set(under.all("openRelay").map(({ port }) => port)).size).toBe(6);
		const late = under.client({ from: { ...CLIENT, port: 99 } });
		expect(late.code("allocate", [UDP])).toBe(508);
		clients[0]?.ask("refresh", [{ name: "lifetime", value: 0 }]);
		late.allocate();
	});

	test("taken by somebody else, another is tried; after sixteen it is 508 and nothing is left", () => {
		const under = new ServerUnderTest();
		under.opens = false;
		const client = under.client();
		client.hand(client.request("allocate", [UDP, PAIR]));
		for (let tries = 1; tries <= 16; tries++) {
			expect(under.all("openRelay")).toHaveLength(tries);
			under.step({ type: "relayFailed", relay: under.last("openRelay").relay, why: "portTaken" });
		}
		expect(under.all("openRelay")).toHaveLength(16);
		expect(under.server.counters.refusals).toMatchObject({ 508: 1 });
		expect([...under.server.allocations]).toEqual([]);
		expect(under.all("closeRelay")).toEqual([]);
	});

	test.each([
		["secret to secret", (seed: number) => ({ secret: new Uint8Array(32).fill(seed) })],
		["instance to instance", (seed: number) => ({ instance: seed })],
	])("differ from %s", (_, configOf) => {
		const ports = Array.from({ length: 10 }, (_, seed) => {
			const under = new ServerUnderTest(configOf(seed));
			under.client().allocate();
			return under.last("openRelay").port;
		});
		expect(new Set(ports).size).toBeGreaterThan(8);
	});
});

describe("a relay that does not open", () => {
	test.each([
		["noFamily", 440],
		["noResources", 508],
	] as const)("for %s is %i", (why, code) => {
		const under = new ServerUnderTest();
		under.opens = false;
		const client = under.client();
		client.hand(client.request("allocate", [UDP]));
		under.step({ type: "relayFailed", relay: under.last("openRelay").relay, why });
		expect(under.server.counters.refusals).toMatchObject({ [code]: 1 });
		expect([...under.server.allocations]).toEqual([]);
		under.opens = true;
		client.allocate();
	});

	test("in time is done without, whichever of two it is", () => {
		for (const opened of [0, 1]) {
			const under = new ServerUnderTest();
			under.opens = false;
			const client = under.client().learn();
			client.hand(client.request("allocate", [UDP, { name: "additionalAddressFamily", value: 6 }]));
			under.step({ type: "relayOpened", relay: under.all("openRelay")[opened]?.relay ?? -1 });
			under.at(31);
			const answer = answerIn(under.outputs);
			expect(codeOf(answer)).toBe("success");
			expect(answer && attributeOf(answer, "addressErrorCode")).toMatchObject({
				family: opened === 0 ? 6 : 4,
				code: 508,
			});
			expect(under.server.deadline?.at).toBe(631e9);
		}
	});

	test("in time is given up", () => {
		const under = new ServerUnderTest();
		under.opens = false;
		const client = under.client();
		client.hand(client.request("allocate", [UDP]));
		const { relay } = under.last("openRelay");
		under.at(31);
		expect(under.all("closeRelay")).toEqual([{ type: "closeRelay", relay }]);
		expect(under.server.counters.refusals).toMatchObject({ 508: 1 });
		expect(reasonIn(under.step({ type: "relayOpened", relay }))).toBe("unknownRelay");
	});
});

describe("quotas", () => {
	test("of a user is 486, and of all 508", () => {
		const under = new ServerUnderTest({ quotas: { perUser: 2, total: 3 } });
		const at = (port: number, more = {}) => under.client({ from: { ...CLIENT, port }, ...more });
		at(1).allocate();
		const second = at(2).allocate();
		expect(at(3).code("allocate", [UDP])).toBe(486);
		at(4, OTHER_USER).allocate();
		expect(at(5, OTHER_USER).code("allocate", [UDP])).toBe(508);
		second.ask("refresh", [{ name: "lifetime", value: 0 }]);
		at(3).allocate();
	});
});

test("an Allocate of the same id by another user on the same 5-tuple is told nothing of the first one's", () => {
	const client = new ServerUnderTest().client();
	const id = newId();
	client.ask("allocate", [UDP], id);
	const other = client.under.client(OTHER_USER);
	expect(codeOf(other.ask("allocate", [UDP], id))).toBe(437);
});

test("an Allocate of the same id by another client is its own", () => {
	const under = new ServerUnderTest();
	const id = newId();
	expect(under.client().ask("allocate", [UDP], id)?.class).toBe("success");
	expect(under.client({ from: { ...CLIENT, port: 9 } }).ask("allocate", [UDP], id)?.class).toBe("success");
	expect([...under.server.allocations]).toHaveLength(2);
});

test("a shared ledger is asked beside the quotas, and given back what ends", () => {
	const counts = new Map<string, number>();
	const ledger = {
		take: (owner: string) => {
			if ((counts.get(owner) ?? 0) >= 1) return "perUser" as const;
			counts.set(owner, (counts.get(owner) ?? 0) + 1);
			return counts.size > 1 ? ("total" as const) : (true as const);
		},
		give: (owner: string) => void counts.set(owner, (counts.get(owner) ?? 0) - 1),
	};
	const under = new ServerUnderTest({ ledger });
	const client = under.client().allocate();
	expect(under.client({ from: { ...CLIENT, port: 2 } }).code("allocate", [UDP])).toBe(486);
	expect(under.client({ ...OTHER_USER, from: { ...CLIENT, port: 3 } }).code("allocate", [UDP])).toBe(508);
	client.ask("refresh", [{ name: "lifetime", value: 0 }]);
	expect(counts.get("alice")).toBe(0);
});
