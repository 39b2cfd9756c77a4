import type { TurnServer, TurnServerConfig } from "@whither/core";
import { attributeOf, encodeChannelData, type StunAddress, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { type ClientUnderTest, codeOf, family, peer, UDP } from "../../../../core/src/turn/server/server.fixture.ts";
import { TwoServers } from "./equality.fixture.ts";

/** Numbers that follow from a seed: below `most`. */
type Draw = (most: number) => number;

function drawing(seed: number): Draw {
	let state = seed | 0;
	return (most) => {
		state = (state + 0x6d2b79f5) | 0;
		let value = Math.imul(state ^ (state >>> 15), 1 | state);
		value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
		return ((value ^ (value >>> 14)) >>> 0) % most;
	};
}

const PEERS: readonly StunAddress[] = [
	...[1, 2, 3].map((last) => ({ address: `9.9.9.${last}`, port: 7000 })),
	{ address: "9.9.9.1", port: 7001 },
	...[1, 2].map((last) => ({ address: `2606:4700::${last}`, port: 7000 })),
];
const HOMES: readonly StunAddress[] = [1, 2, 3, 4].flatMap((last) => [
	{ address: `8.8.4.${last}`, port: 4000 + last },
	{ address: `2001:4860::${last}`, port: 4000 },
]);
/** One home stays free to move to. */
const MOST_PLAYERS = HOMES.length - 1;
const MOBILE: StunItem = { name: "mobilityTicket", value: new Uint8Array(0) };

/** A client with the ticket by which it may move. */
interface Player {
	client: ClientUnderTest;
	ticket: Uint8Array | null;
}

/** Everybody who takes part. */
class Traffic {
	readonly under: TwoServers;
	readonly #draw: Draw;
	readonly #players: Player[];
	/** The highest number that a relay had so far. */
	#relays = 1;

	constructor(under: TwoServers, draw: Draw) {
		this.under = under;
		this.#draw = draw;
		this.#players = [0, 1, 2, 3, 4].map((index) => ({ client: this.#clientAt(index), ticket: null }));
	}

	#clientAt(home: number, transport: "datagram" | "stream" = home === 4 ? "stream" : "datagram"): ClientUnderTest {
		return this.under.client({ from: HOMES[home] as StunAddress, local: home % 3, transport, algorithm: "sha256" });
	}

	/** Mostly data, as calls have it; sometimes anything else. */
	turn(): void {
		const doing = this.#draw(1000);
		const player = this.#players[this.#draw(this.#players.length)] as Player;
		this.under.seconds += this.#draw(20) / 1000;
		if (this.#allocationOf(player) === undefined && this.#draw(4) === 0) this.#begin(player);
		else if (doing < 400) this.#channelData(player);
		else if (doing < 900) this.#peerData(player);
		else if (doing < 930) this.#send(player);
		else if (doing < 940) this.#junk(player);
		else if (doing < 960) this.#ask(player, "channelBind", [peer(this.#peer()), this.#number()]);
		else if (doing < 970) this.#ask(player, "createPermission", [peer(this.#peer())]);
		else if (doing < 985) this.#allocate(player);
		else if (doing < 988) this.#ask(player, "refresh", [{ name: "lifetime", value: 600 }]);
		else this.#seldom(player, this.#draw(60));
	}

	#allocationOf({ client: { fields } }: Player) {
		return this.under.server.allocationAt(fields.local, fields.from);
	}

	#begin(player: Player): void {
		this.#allocate(player);
		for (let count = this.#draw(4); count >= 0; count--)
			this.#ask(player, "channelBind", [peer(this.#peer()), this.#number()]);
	}

	#seldom(player: Player, doing: number): void {
		if (doing < 10) this.under.seconds += this.#draw(90);
		else if (doing < 11) this.under.seconds += 200 + this.#draw(400);
		else if (doing < 24) this.#ask(player, "refresh", [{ name: "lifetime", value: 0 }]);
		else if (doing < 30)
			this.#ask(player, "refresh", [{ name: "lifetime", value: 0 }, family(this.#draw(2) === 0 ? 4 : 6)]);
		else if (doing < 45) this.#move(player);
		else if (doing < 50) this.under.opens = !this.under.opens;
		else if (doing < 53)
			this.under.step({ type: "streamClosed", from: player.client.fields.from, local: player.client.fields.local });
		else if (doing < 58) this.#icmp();
		else this.under.at(this.under.seconds);
	}

	#peer(): StunAddress {
		return PEERS[this.#draw(PEERS.length)] as StunAddress;
	}

	#number(): StunItem {
		return { name: "channelNumber", value: 0x4000 + this.#draw(6) };
	}

	#data(): Uint8Array {
		const length = this.#draw(10) === 0 ? this.#draw(2) : this.#draw(300);
		return new Uint8Array(length).fill(this.#draw(256));
	}

	/** Mostly one that there is. */
	#channelOf(player: Player): { readonly number: number; readonly peer: StunAddress } {
		const bound = [...(this.#allocationOf(player)?.channels.values() ?? [])];
		const one = this.#draw(12) === 0 ? undefined : bound[this.#draw(bound.length)];
		return one ?? { number: 0x4000 + this.#draw(6), peer: this.#peer() };
	}

	#channelData(player: Player): void {
		const { client } = player;
		const frame = encodeChannelData({ channel: this.#channelOf(player).number, data: this.#data() }, "datagram");
		const kind = this.#draw(40);
		if (kind === 0) client.hand(frame.subarray(0, this.#draw(frame.length + 1)));
		else if (kind === 1) client.hand(Uint8Array.from([...frame, ...new Uint8Array(this.#draw(8))]));
		else client.hand(frame);
	}

	#peerData(player: Player): void {
		const own = this.#allocationOf(player)?.relays ?? [];
		for (const { id } of own) this.#relays = Math.max(this.#relays, id);
		const relay = (this.#draw(20) === 0 ? undefined : own[this.#draw(own.length)])?.id ?? this.#draw(this.#relays + 2);
		this.under.step({ type: "relayReceived", relay, from: this.#channelOf(player).peer, bytes: this.#data() });
	}

	#send({ client }: Player): void {
		const cut: readonly StunItem[] = this.#draw(4) === 0 ? [{ name: "dontFragment", value: true }] : [];
		client.indicate([peer(this.#peer()), ...cut, { name: "data", value: this.#data() }]);
	}

	#junk({ client }: Player): void {
		client.hand(Uint8Array.from({ length: this.#draw(40) }, () => this.#draw(256)));
	}

	#icmp(): void {
		const icmp = { type: this.#draw(12), code: this.#draw(5), data: this.#draw(1500) };
		this.under.step({ type: "relayError", relay: this.#draw(this.#relays + 1), to: this.#peer(), icmp });
	}

	#allocate(player: Player): void {
		const kinds: readonly (readonly StunItem[])[] = [
			[MOBILE],
			[{ name: "additionalAddressFamily", value: 6 }, MOBILE],
			[family(6)],
			[{ name: "evenPort", value: true }],
		];
		this.#ask(player, "allocate", [UDP, ...(kinds[this.#draw(kinds.length)] ?? [])]);
	}

	#ask(
		player: Player,
		method: "allocate" | "refresh" | "channelBind" | "createPermission",
		items: readonly StunItem[],
	): void {
		const { client } = player;
		let answer = client.ask(method, items);
		if (answer !== null && codeOf(answer) === 438) answer = client.learn().ask(method, items);
		const ticket = answer === null ? undefined : attributeOf(answer, "mobilityTicket");
		if (ticket !== undefined) player.ticket = ticket.slice();
	}

	/** To another address, listener or kind of transport; somebody stays at the old address, and may get an allocation there. */
	#move(player: Player): void {
		if (player.ticket === null) return;
		const free = HOMES.filter((home) => !this.#players.some(({ client }) => client.fields.from === home));
		const home = HOMES.indexOf(free[this.#draw(free.length)] as StunAddress);
		if (this.#players.length < MOST_PLAYERS) this.#players.push({ client: player.client, ticket: null });
		player.client = this.#clientAt(home, this.#draw(4) === 0 ? "stream" : "datagram");
		this.#ask(player, "refresh", [{ name: "mobilityTicket", value: player.ticket }]);
	}
}

/** But for how often nothing was due: the driver of the one behind its tables settles what has ended before it hands on more. */
function countersOf({ counters }: TurnServer) {
	return { ...counters, ignored: { ...counters.ignored, nothingDue: 0 } };
}

const CONFIGS: Readonly<Record<string, Partial<TurnServerConfig>>> = {
	"without bounds": {},
	// Less than each of them sends, so that there is always something to refuse.
	"with bandwidth": {
		bandwidth: { up: { bytesPerSecond: 800, burstBytes: 600 }, down: { bytesPerSecond: 700, burstBytes: 500 } },
	},
	"with few ports and holdings": {
		relayPorts: { first: 50_000, last: 50_005 },
		holdings: { permissions: 2, channels: 3, connections: 1 },
	},
	"with short lifetimes and wide channels": {
		lifetimes: { defaultSeconds: 20, maximumSeconds: 40 },
		wideChannels: true,
	},
};
const TURNS = 4000;
/** Every step is compared byte by byte, and a busy machine takes its time. */
const TIMEOUT_MS = 60_000;

describe.each(Object.entries(CONFIGS))("a machine behind what it has decided, %s,", (_, config) => {
	test.each([1, 2, 3])(
		"puts out the very bytes that it puts out alone, whatever happens (%i)",
		{ timeout: TIMEOUT_MS },
		(seed) => {
			const under = new TwoServers(config);
			const traffic = new Traffic(under, drawing(seed));
			for (let turn = 0; turn < TURNS; turn++) traffic.turn();
			const { counters, server, kept } = under.fronted;
			expect(countersOf(server)).toEqual(countersOf(under.server));
			expect(server.deadline).toEqual(under.server.deadline);
			const { sentPackets, receivedPackets, droppedPackets } = server.counters.usage;
			expect(sentPackets).toBeGreaterThan(TURNS / 50);
			if (config.bandwidth !== undefined) expect(droppedPackets).toBeGreaterThan(TURNS / 50);
			// Something changes all the time here; of a call's traffic nearly all goes past the machine, as below.
			expect(counters.fastToPeers / sentPackets).toBeGreaterThan(0.25);
			expect(counters.fastToClients / receivedPackets).toBeGreaterThan(0.25);
			// Once all has ended nothing is kept.
			under.at(under.seconds + 5000);
			expect(kept.size).toBe(0);
		},
	);
});

test("with a call's traffic the machine is hardly asked", () => {
	const under = new TwoServers();
	const client = under.client().allocate();
	const [one] = PEERS as [StunAddress];
	client.ask("channelBind", [peer(one), { name: "channelNumber", value: 0x4000 }]);
	const data = new Uint8Array(160);
	for (let packet = 0; packet < 10_000; packet++) {
		under.seconds += 0.02;
		if (packet % 2000 === 0) client.learn().ask("channelBind", [peer(one), { name: "channelNumber", value: 0x4000 }]);
		client.hand(encodeChannelData({ channel: 0x4000, data }, "datagram"));
		under.step({ type: "relayReceived", relay: client.relay(), from: one, bytes: data });
	}
	expect(under.fronted.counters).toMatchObject({ fastToPeers: 9995, fastToClients: 9995 });
});

test("a peer's datagrams have the same bound on a channel", () => {
	const under = new TwoServers();
	const client = under.client().allocate();
	const [one] = PEERS as [StunAddress];
	client.ask("channelBind", [peer(one), { name: "channelNumber", value: 0x4000 }]);
	const lengths = [1, 65_480, 65_481, 65_503, 65_504, 65_507];
	client.hand(encodeChannelData({ channel: 0x4000, data: new Uint8Array(1) }, "datagram"));
	const sent = lengths.map((length) =>
		under
			.step({ type: "relayReceived", relay: client.relay(), from: one, bytes: new Uint8Array(length) })
			.map((output) => (output.type === "send" ? output.bytes.length - 4 : output.type)),
	);
	expect(sent).toEqual([[1], [65_480], [65_481], [65_503], ["ignored"], ["ignored"]]);
	expect(under.fronted.counters.fastToClients).toBe(3);
});
