import { SECOND, TurnServer, type TurnServerInput, type TurnServerOutput } from "@whither/core";
import { attributeOf, encodeChannelData, type StunAddress, type StunItem } from "@whither/wire";
import { describe, expect, test } from "vitest";
import { CONFIG, codeOf, PEER, peer, ServerUnderTest, UDP } from "../../../../core/src/turn/server/server.fixture.ts";
import { ERRNO } from "../../native/errno.ts";
import { IOVEC, MMSGHDR } from "../../native/structs.ts";
import { CLIENT_WAYS_BYTES, ClientWays } from "./client-ways.ts";
import { DataPath, type DataPathSink } from "./data-path.ts";
import { type Deliver, HAND_OVER_BYTES, HandOver } from "./hand-over.ts";
import { KeptDecisions } from "./kept-decisions.ts";
import { PacketMemory } from "./packet-memory.ts";
import { NAME_WORDS, writeName } from "./socket-names.ts";
import { emptyDataPathCounters } from "./worker-io.ts";

const SEED = [0x12345678, -0x1234567] as const;
const COUNT = 3;
/** Where all memory is said to lie. */
const BASE = 2 ** 40;
const ROOM = 70_000;
/** The kind of the message by which a worker says that an allocation is gone from a 5-tuple, or is there. */
const [MINE, NOT_MINE] = [3, 4];

/** A worker without sockets: messages to others are told to `post`, which may lose them or have no room for them. */
class Worker implements DataPathSink {
	readonly instance: number;
	readonly server: TurnServer;
	readonly counters = emptyDataPathCounters();
	readonly others: HandOver;
	readonly #memory = new PacketMemory(ROOM + CLIENT_WAYS_BYTES + HAND_OVER_BYTES + 4096, { addressOf: () => BASE });
	readonly #name = this.#memory.reserve(NAME_WORDS * 4) >> 2;
	readonly #in = this.#memory.reserve(ROOM);
	readonly #ways = new ClientWays(this.#memory, 1, SEED);
	readonly #path: DataPath;
	readonly #service: Service;

	constructor(service: Service, instance: number) {
		this.#service = service;
		this.instance = instance;
		const ports = { first: 50_000 + 100 * instance, last: 50_099 + 100 * instance };
		const siblings = Array.from({ length: COUNT }, (_, index) => index);
		this.server = new TurnServer({ ...CONFIG, instance, siblings, relayPorts: ports });
		const socket = { fd: 0, refusedSize: 0, first: 0, last: 0 };
		this.#ways.add({ fd: 0, family: 4, place: 0, wildcard: true, expected: 1, socket });
		// Each has met our addresses in another order, so that their numbers are not the same.
		for (let met = 0; met < instance; met++) this.#localOf(77 + met);
		const { server, counters } = this;
		this.#path = new DataPath({ server, kept: new KeptDecisions(SEED), memory: this.#memory, sink: this, counters });
		const channels = siblings.map((one) => ({ instance: one, read: one, write: one }));
		this.others = new HandOver({
			memory: this.#memory,
			libc: { sendmsg: (to, header) => this.#sendmsg(to, header - BASE), errno: () => ERRNO.EAGAIN },
			ways: this.#ways,
			server,
			counters,
			seed: SEED,
			channels,
			own: { instance, read: instance, write: instance },
			lifetimes: undefined,
		});
	}

	#localOf(address: number): number {
		return this.#ways.numberOfOrigin(Int32Array.of(0, address, 0, 0, 0, 0), 0);
	}

	/** A datagram that comes to our address of that number, or several as one of which each but the last is `size` long. */
	hear(bytes: Uint8Array, from: StunAddress, address: number, now: number, size = bytes.length): void {
		const local = this.#localOf(address);
		writeName(this.#memory.words, this.#name, from);
		this.#memory.bytes.set(bytes, this.#in);
		if (!this.others.passesOn(local, this.#name, this.#in, bytes.length, size, now))
			this.#deliver(local, this.#name, this.#in, bytes.length, size, now);
	}

	/** A message of another. */
	take(message: Uint8Array, now: number): void {
		this.#memory.bytes.set(message, this.#in);
		this.others.take(this.#in, message.length, now, this.#deliver);
	}

	readonly #deliver: Deliver = (local, name, at, length, size, now) => {
		for (let from = 0; from < length; from += size)
			this.#path.fromClient(local, name, at + from, Math.min(size, length - from), now);
	};

	step(input: TurnServerInput, now: number): void {
		this.#path.step(input, now);
	}

	#sendmsg(to: number, header: number): number {
		const { words, bytes } = this.#memory;
		const parts: number[] = [];
		const vectors = (words[(header + MMSGHDR.vector) >> 2] as number) - this.#memory.low;
		for (let index = 0; index < (words[(header + MMSGHDR.vectorLength) >> 2] as number); index++) {
			const at = (vectors + index * IOVEC.bytes) >> 2;
			const from = (words[at] as number) - this.#memory.low;
			parts.push(...bytes.subarray(from, from + (words[at + 2] as number)));
		}
		return this.#service.post(to, Uint8Array.from(parts)) ? parts.length : -1;
	}

	outputs(outputs: readonly TurnServerOutput[]): void {
		for (const output of outputs) {
			this.#service.came.push("bytes" in output ? { ...output, bytes: output.bytes.slice() } : output);
			if (output.type === "openRelay") this.step({ type: "relayOpened", relay: output.relay }, this.#service.now);
			else if (output.type === "event") this.others.event(output.event);
		}
	}

	toPeer(): void {
		this.#service.passed.push(this.instance);
	}

	toClient(): void {}

	handOver(...judged: Parameters<DataPathSink["handOver"]>): void {
		this.others.handTo(...judged);
	}
}

/** Three of them, and a kernel that brings a client to the one that its address falls to. */
class Service extends ServerUnderTest {
	readonly workers = Array.from({ length: COUNT }, (_, instance) => new Worker(this, instance));
	/** What workers have put out in this step. */
	came: TurnServerOutput[] = [];
	/** Whose tables have passed on channel data so far. */
	readonly passed: number[] = [];
	/** Whether a message is lost on its way, and whether there is room for it. */
	loses: (kind: number) => boolean = () => false;
	hasRoom = true;
	readonly #post: { readonly to: number; readonly message: Uint8Array }[] = [];

	get now(): number {
		return this.seconds * SECOND;
	}

	post(to: number, message: Uint8Array): boolean {
		if (!this.hasRoom) return false;
		if (!this.loses(message[0] ?? 0)) this.#post.push({ to, message });
		return true;
	}

	override step(input: TurnServerInput): readonly TurnServerOutput[] {
		this.came = [];
		if (input.type === "received") this.#home(input.from).hear(input.bytes, input.from, input.local, this.now);
		else for (const worker of this.workers) worker.step(input, this.now);
		this.#deliverPosted();
		return this.came;
	}

	/** Several datagrams of a client that the kernel hands up as one (UDP_GRO). */
	together({ fields: { from, local } }: ReturnType<Service["of"]>, bytes: Uint8Array, size: number): void {
		this.#home(from).hear(bytes, from, local, this.now, size);
		this.#deliverPosted();
	}

	#deliverPosted(): void {
		for (let next = this.#post.shift(); next !== undefined; next = this.#post.shift())
			this.workers[next.to]?.take(next.message, this.now);
	}

	#home({ address }: StunAddress): Worker {
		return this.workers[Number(address.split(".")[3]) % COUNT] as Worker;
	}

	/** Of each worker: allocations, 5-tuples elsewhere, guests. */
	get tables(): string {
		return this.workers
			.map(({ server, others }) => `${[...server.allocations].length} ${others.elsewhere} ${others.guests}`)
			.join(", ");
	}

	/** Nothing happens for so long. */
	pass(seconds: number): void {
		this.seconds += seconds;
		this.step({ type: "timer" });
	}

	/** A client whose address falls to a worker. */
	of(worker: number, port = 4000) {
		return this.client({ from: { address: `9.9.0.${30 + worker}`, port }, local: 77 + COUNT });
	}
}

const ASKS: StunItem = { name: "mobilityTicket", value: new Uint8Array(0) };
const CHANNEL: readonly StunItem[] = [peer(PEER[4]), { name: "channelNumber", value: 0x4000 }];
const DATA = encodeChannelData({ channel: 0x4000, data: Uint8Array.of(1, 2, 3) }, "datagram");
type Client = ReturnType<Service["of"]>;

function ticketFor(client: Client, ...[method, items]: ["allocate" | "refresh", readonly StunItem[]]): StunItem {
	const answer = client.ask(method, items);
	const value = answer === null ? undefined : attributeOf(answer, "mobilityTicket");
	if (value === undefined) throw new Error(`no ticket was given: ${codeOf(answer)}`);
	return { name: "mobilityTicket", value: value.slice() };
}

/** An allocation of the first worker whose client has moved to an address of the second, and its next ticket. */
function moved(service: Service): { readonly client: Client; readonly ticket: StunItem } {
	const first = ticketFor(service.of(0), "allocate", [UDP, ASKS]);
	const client = service.of(1);
	const ticket = ticketFor(client, "refresh", [first]);
	client.ask("channelBind", CHANNEL);
	return { client, ticket };
}

/** Which worker's relay data of a client leaves from; -1: none. */
function relaysData(service: Service, client: Client): number {
	const before = service.passed.length;
	client.hand(DATA);
	if (service.passed.length > before) return service.passed.at(-1) ?? -1;
	const way = service.came.find((output) => output.type === "relaySend");
	if (way?.type !== "relaySend") return -1;
	return service.workers.findIndex(({ server }) => server.allocationOfRelay(way.relay)?.channels.has(0x4000));
}

describe("a client that has moved to another worker's address", () => {
	test("is served by the one that has its allocation, past the machine, until that ends", () => {
		const service = new Service();
		const { client } = moved(service);
		expect(service.tables).toBe("1 0 1, 0 1 0, 0 0 0");
		for (let packet = 0; packet < 10; packet++) expect(relaysData(service, client)).toBe(0);
		expect(service.passed).toHaveLength(9);
		expect(service.workers[1]?.counters).toMatchObject({ dropped: {}, fastToPeers: 0 });
		expect(client.code("refresh", [{ name: "lifetime", value: 0 }])).toBe("success");
		expect(service.tables).toBe("0 0 0, 0 0 0, 0 0 0");
		// The next one there is the other worker's.
		client.allocate();
		expect(service.tables).toBe("0 0 0, 1 0 0, 0 0 0");
	});

	test("takes the entry along when it moves on, and leaves none when it comes home", () => {
		const service = new Service();
		const { ticket } = moved(service);
		const third = service.of(2);
		const last = ticketFor(third, "refresh", [ticket]);
		expect(service.tables).toBe("1 0 1, 0 0 0, 0 1 0");
		expect(relaysData(service, third)).toBe(0);
		// To another port there.
		const again = service.of(2, 4001);
		const back = ticketFor(again, "refresh", [last]);
		expect(service.tables).toBe("1 0 1, 0 0 0, 0 1 0");
		expect(relaysData(service, third)).toBe(-1);
		expect(service.of(0, 4001).code("refresh", [back])).toBe("success");
		expect(service.tables).toBe("1 0 0, 0 0 0, 0 0 0");
	});

	test("leaves nothing behind when its allocation expires, or the service drains", () => {
		for (const end of [(one: Service) => one.pass(700), (one: Service) => one.step({ type: "drain", until: 0 })]) {
			const service = new Service();
			moved(service);
			end(service);
			expect(service.tables).toBe("0 0 0, 0 0 0, 0 0 0");
		}
	});

	test("goes on whatever of that is lost between workers, once something gets through", () => {
		const service = new Service();
		service.loses = (kind) => kind === MINE;
		const { client } = moved(service);
		service.loses = () => false;
		service.seconds += 5;
		expect(relaysData(service, client)).toBe(0);
		// What was a guess stands now.
		service.seconds += 500;
		expect(relaysData(service, client)).toBe(0);
		expect(service.tables).toBe("1 0 1, 0 1 0, 0 0 0");
	});

	test("may have left a 5-tuple that is still thought another's: that one learns of it with the next datagram", () => {
		const service = new Service();
		const { client } = moved(service);
		service.loses = (kind) => kind === NOT_MINE;
		client.ask("refresh", [{ name: "lifetime", value: 0 }]);
		service.loses = () => false;
		expect(service.tables).toBe("0 0 0, 0 1 0, 0 0 0");
		expect(relaysData(service, client)).toBe(-1);
		expect(service.tables).toBe("0 0 0, 0 0 0, 0 0 0");
	});

	test("is handed on by whoever is thought to have its allocation, and has not", () => {
		const service = new Service();
		const { client } = moved(service);
		const third = ticketFor(service.of(2), "allocate", [UDP, ASKS]);
		service.loses = (kind) => kind === NOT_MINE;
		client.ask("refresh", [{ name: "lifetime", value: 0 }]);
		service.loses = () => false;
		// The second worker hands it to the first, and that to the third, which tells the second.
		ticketFor(client, "refresh", [third]);
		expect(service.tables).toBe("0 0 0, 0 1 0, 1 0 1");
		const { handedOver } = service.workers[0]?.counters ?? {};
		client.ask("channelBind", CHANNEL);
		expect(relaysData(service, client)).toBe(2);
		expect(service.workers[0]?.counters.handedOver).toBe(handedOver);
	});

	test("may send many at once, which are handed over as one and counted each", () => {
		const service = new Service();
		const { client } = moved(service);
		relaysData(service, client);
		const { handedOver } = service.workers[1]?.counters ?? { handedOver: 0 };
		// The last of them is shorter.
		const bytes = Uint8Array.from([...DATA, ...DATA, ...DATA, ...DATA.subarray(0, 3), 0]);
		bytes[3 * DATA.length + 3] = 0;
		service.together(client, bytes, DATA.length);
		expect(service.passed).toEqual([0, 0, 0, 0]);
		expect(service.workers[1]?.counters).toMatchObject({ handedOver: handedOver + 4 });
	});

	test("loses what there is no room for, which is counted", () => {
		const service = new Service();
		const { client } = moved(service);
		service.hasRoom = false;
		expect(relaysData(service, client)).toBe(-1);
		service.hasRoom = true;
		expect(relaysData(service, client)).toBe(0);
		expect(service.workers[1]?.counters.dropped).toEqual({ EAGAIN: 1 });
	});

	test("is nobody's guest where its ticket is not good any more, or another user's", () => {
		const service = new Service();
		const ticket = ticketFor(service.of(0), "allocate", [UDP, ASKS]);
		const other = service.client({ username: "bob", password: "word", from: service.of(1).fields.from, local: 80 });
		expect(other.code("refresh", [ticket])).toBe(441);
		service.of(0).code("refresh", [{ name: "lifetime", value: 0 }]);
		expect(service.of(1).code("refresh", [ticket])).toBe(400);
		expect(service.tables).toBe("0 0 0, 0 0 0, 0 0 0");
	});
});
