import { encodeChannelData, encodeStun, type StunItem } from "@whither/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TURN_SERVER_FUZZ_TARGETS } from "./fuzz.fixture.ts";
import { CLIENT, newId, PEER, peer, ServerUnderTest, TCP, UDP } from "./server.fixture.ts";

test("no bytes make the server throw or let a stranger in, and neither do changed well-formed ones", () => {
	const anything = fc.uint8Array({ maxLength: 120, size: "max" });
	const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
	fc.assert(
		fc.property(anything, changes, fc.nat(), (bytes, changed, cut) => {
			for (const { decode, seeds } of TURN_SERVER_FUZZ_TARGETS) {
				decode(bytes);
				const seed = seeds[cut % seeds.length]?.slice() ?? bytes;
				for (const [at, value] of changed) seed[at % seed.length] = value;
				decode(seed);
				decode(seed.subarray(0, cut % (seed.length + 1)));
			}
		}),
		{ numRuns: 1000 },
	);
});

test("every seed gets past the first look", () => {
	const [member] = TURN_SERVER_FUZZ_TARGETS;
	for (const seed of member?.seeds ?? [])
		expect(member?.decode(seed)).not.toContainEqual(expect.objectContaining({ reason: "notStun" }));
});

test("the fuzzed relay relays, and the fuzzed member is one", () => {
	const [member, , relay] = TURN_SERVER_FUZZ_TARGETS;
	for (const seed of relay?.seeds ?? [])
		expect(relay?.decode(seed)).toContainEqual(expect.objectContaining({ type: "send" }));
	const channelData = member?.seeds.at(-1) ?? new Uint8Array(0);
	expect(member?.decode(channelData)).toContainEqual(expect.objectContaining({ type: "relaySend" }));
});

test("a flood of forged Allocates allocates nothing, whatever they claim", () => {
	const under = new ServerUnderTest();
	const known = under.client().learn();
	const request = known.request("allocate", [UDP]);
	for (let index = 0; index < 5000; index++) {
		const from = { address: `9.9.${index >> 8}.${index & 255}`, port: 1000 + index };
		under.step({ type: "received", bytes: request, from, local: 0 });
	}
	expect([...under.server.allocations]).toEqual([]);
	expect(under.server.deadline).toBeNull();
	expect(under.all("openRelay")).toEqual([]);
	known.allocate();
});

const LIFETIME = (value: number): StunItem => ({ name: "lifetime", value });
const CHANNEL: StunItem = { name: "channelNumber", value: 0x4000 };
const BYTES = Uint8Array.of(1, 2, 3);

/** What clients, peers and the driver may do, by number. */
const DOINGS: readonly ((
	under: ServerUnderTest,
	client: ReturnType<ServerUnderTest["client"]>,
	at: number,
) => unknown)[] = [
	(_, client) => client.ask("allocate", [UDP]),
	(_, client) => client.ask("allocate", [UDP, { name: "evenPort", value: true }]),
	(_, client) => client.ask("allocate", [UDP, { name: "additionalAddressFamily", value: 6 }]),
	(_, client) => client.ask("allocate", [TCP]),
	(_, client) => client.ask("refresh", [LIFETIME(0)]),
	(_, client) => client.ask("refresh", [LIFETIME(700)]),
	(_, client) => client.ask("createPermission", [peer(PEER[4])]),
	(_, client) => client.ask("channelBind", [peer(PEER[4]), CHANNEL]),
	(_, client) => client.ask("connect", [peer(PEER[4])]),
	(_, client) => client.indicate([peer(PEER[4]), { name: "data", value: BYTES }]),
	(_, client) => client.hand(encodeChannelData({ channel: 0x4000, data: BYTES }, "stream")),
	(under, { fields }) => under.step({ type: "streamClosed", from: fields.from, local: fields.local }),
	(under, _, at) => under.step({ type: "relayReceived", relay: at, from: PEER[4], bytes: BYTES }),
	(under, _, at) => under.step({ type: "relayFailed", relay: at, why: "portTaken" }),
	(under, _, at) => under.step({ type: "relayOpened", relay: at }),
	(under, _, at) => under.step({ type: "peerAccepted", relay: at, from: PEER[4], handle: at }),
	(under, _, at) => {
		const asked = under.all("connectPeer").at(at % 3);
		if (asked !== undefined) under.step({ type: "peerConnected", connection: asked.connection });
	},
	(under, client) => {
		const adopted = under.all("adoptPeer").at(-1) ?? under.all("connectPeer").at(-1);
		if (adopted === undefined) return;
		client.ask("connectionBind", [{ name: "connectionId", value: adopted.connection }]);
	},
	(under, _, at) => under.at(under.seconds + at * 10),
	(under) => (under.opens = !under.opens),
];

/** The relays that the driver was told to open and not to close again. */
function standing(under: ServerUnderTest): ReadonlySet<number> {
	const relays = new Set<number>();
	for (const output of under.outputs) {
		if (output.type === "closeRelay") relays.delete(output.relay);
		if (output.type !== "openRelay") continue;
		relays.add(output.relay);
		if (output.above !== null) relays.add(output.above);
	}
	return relays;
}

test("whatever happens in whatever order, all that was opened is closed, and nothing is left at the end", () => {
	const doings = fc.array(fc.tuple(fc.nat(DOINGS.length - 1), fc.nat(3), fc.nat(30)), { maxLength: 60 });
	fc.assert(
		fc.property(doings, (done) => {
			const under = new ServerUnderTest({ quotas: { perUser: 3 }, relayPorts: { first: 50_000, last: 50_020 } });
			for (const [doing, who, at] of done) {
				const client = under.client({ from: { ...CLIENT, port: who }, transport: who > 1 ? "stream" : "datagram" });
				DOINGS[doing]?.(under, client, at);
			}
			// Relays that never opened are given up after half a minute, when what did open is granted: its time begins then.
			under.at(under.seconds + 60).at(under.seconds + 4000);
			expect([...under.server.allocations]).toEqual([]);
			expect(under.server.deadline).toBeNull();
			expect(under.server.counters.allocations).toBe(0);
			expect(standing(under)).toEqual(new Set());
			// All ports are free again: as many allocations fit as there are ports.
			under.opens = true;
			const again = under.client({ from: { ...CLIENT, port: 77 } });
			for (let index = 0; index < 3; index++) again.ask("allocate", [UDP, { name: "evenPort", value: true }], newId());
			expect([...under.server.allocations]).toHaveLength(1);
		}),
		{ numRuns: 300 },
	);
});

test("a message of any class and method comes to something or is ignored", () => {
	const under = new ServerUnderTest();
	for (const kind of ["request", "indication", "success", "error"] as const)
		for (let method = 0; method < 0x20; method++) {
			const bytes = encodeStun({ class: kind, method, transactionId: newId(), attributes: [] });
			expect(under.step({ type: "received", bytes, from: CLIENT, local: 0 })).toHaveLength(1);
		}
});
