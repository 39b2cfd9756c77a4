import { describe, expect, test } from "vitest";
import { SOL_IP, SOL_UDP, UDP_SEGMENT } from "../../native/constants.ts";
import { ERRNO } from "../../native/errno.ts";
import type { Libc } from "../../native/libc.ts";
import { CMSGHDR, IOVEC, MMSGHDR } from "../../native/structs.ts";
import { OUTBOX_BYTES, Outbox } from "./outbox.ts";
import type { OutSocket } from "./outgoing-messages.ts";
import { PacketMemory } from "./packet-memory.ts";
import { NAME_WORDS, readName, writeName } from "./socket-names.ts";
import { emptyDataPathCounters } from "./worker-io.ts";

/** So that places in it have addresses beyond 32 bits, on both sides of a multiple of 2^32. */
const ADDRESS = 7 * 2 ** 32 - 4096;
const INBOX = 400_000;

interface Sent {
	readonly fd: number;
	readonly to: string;
	readonly bytes: readonly number[];
	/** Of segments; 0: one datagram. */
	readonly size: number;
	readonly controls: number;
}

/** A kernel that reads what it is handed, and refuses what it is told to. */
class FakeKernel {
	readonly sent: Sent[] = [];
	readonly memory: PacketMemory;
	/** The errno for a message; 0: it leaves. */
	refuses: (message: Omit<Sent, "fd">) => number = () => 0;
	#errno = 0;

	constructor() {
		this.memory = new PacketMemory(OUTBOX_BYTES + INBOX, { addressOf: () => ADDRESS });
	}

	get libc(): Libc {
		const calls: Partial<Libc> = {
			errno: () => this.#errno,
			sendmmsg: (fd, messages, count) => {
				for (let index = 0; index < count; index++)
					if (!this.#take(fd, this.#message(messages - ADDRESS + index * MMSGHDR.bytes)))
						return index === 0 ? -1 : index;
				return count;
			},
			sendmsg: (fd, message) => (this.#take(fd, this.#message(message - ADDRESS)) ? 1 : -1),
			sendto: (fd, buffer, length, _, name) => {
				const bytes = [...this.memory.bytes.subarray(buffer - ADDRESS, buffer - ADDRESS + length)];
				return this.#take(fd, { to: this.#name(name - ADDRESS), bytes, size: 0, controls: 0 }) ? length : -1;
			},
		};
		return calls as Libc;
	}

	#take(fd: number, message: Omit<Sent, "fd">): boolean {
		this.#errno = this.refuses(message);
		if (this.#errno === 0) this.sent.push({ fd, ...message });
		return this.#errno === 0;
	}

	#name(at: number): string {
		const name = readName(this.memory.words, at >> 2);
		return `${name?.address} ${name?.port}`;
	}

	#place(at: number): number {
		const { words } = this.memory;
		return ((words[at >> 2] ?? 0) >>> 0) + ((words[(at >> 2) + 1] ?? 0) >>> 0) * 2 ** 32 - ADDRESS;
	}

	#message(at: number): Omit<Sent, "fd"> {
		const { words, bytes } = this.memory;
		const vectors = this.#place(at + MMSGHDR.vector);
		const data: number[] = [];
		for (let index = 0; index < (words[(at + MMSGHDR.vectorLength) >> 2] ?? 0); index++) {
			const from = this.#place(vectors + index * IOVEC.bytes);
			data.push(...bytes.subarray(from, from + (words[(vectors + index * IOVEC.bytes + IOVEC.length) >> 2] ?? 0)));
		}
		let size = 0;
		let controls = 0;
		const control = this.#place(at + MMSGHDR.control);
		for (let next = control; next < control + (words[(at + MMSGHDR.controlLength) >> 2] ?? 0); controls++) {
			const isSegment =
				words[(next + CMSGHDR.level) >> 2] === SOL_UDP && words[(next + CMSGHDR.type) >> 2] === UDP_SEGMENT;
			if (isSegment) size = words[(next + CMSGHDR.bytes) >> 2] ?? 0;
			next += ((words[next >> 2] ?? 0) + 7) & ~7;
		}
		return { to: this.#name(this.#place(at + MMSGHDR.name)), bytes: data, size, controls };
	}
}

/** An outbox, and datagrams of flows that are handed to it as the data path does. */
class OutboxUnderTest {
	readonly kernel = new FakeKernel();
	readonly counters = emptyDataPathCounters();
	readonly outbox = new Outbox(this.kernel.memory, this.kernel.libc, this.counters);
	readonly socket: OutSocket = { fd: 5, refusedSize: 65_536, first: -1, last: -1 };
	readonly #flows = new Map<string, { message: number; round: number }>();
	readonly #inbox = this.kernel.memory.reserve(INBOX - 4096);
	#used = 0;
	readonly source = this.kernel.memory.reserve(64);

	constructor() {
		// Packet info, as far as anybody looks.
		this.kernel.memory.words.set([28, 0, SOL_IP, 8], this.source >> 2);
	}

	add(
		flow: number,
		length: number,
		fill: number,
		more: { readonly prefix?: boolean; readonly source?: boolean } = {},
	): void {
		const { outbox } = this;
		const { memory } = this.kernel;
		const at = this.#inbox + this.#used;
		this.#used += length;
		memory.bytes.fill(fill, at, at + length);
		outbox.makeRoom();
		const prefix = more.prefix === true ? outbox.prefix(0x4001, length) : 0;
		const whole = length + (prefix === 0 ? 0 : 4);
		const known = this.#flows.get(`${flow}`) ?? { message: 0, round: -1 };
		this.#flows.set(`${flow}`, known);
		if (known.round === outbox.round && outbox.joins(known.message, whole)) {
			outbox.join(known.message, at, whole, prefix);
			return;
		}
		const name = new Int32Array(NAME_WORDS);
		writeName(name, 0, { address: flow > 9 ? `2001:db8::${flow}` : `192.0.2.${flow}`, port: 1000 + flow });
		const way = { socket: this.socket, control: this.source, controlLength: more.source === true ? 32 : 0 };
		known.message = outbox.begin(way, name, 0, at, whole, prefix);
		known.round = outbox.round;
	}

	get shown(): readonly string[] {
		return this.kernel.sent.map(({ to, bytes, size }) => `${to}: ${bytes.join(" ")}${size === 0 ? "" : ` by ${size}`}`);
	}
}

test("datagrams of one flow that are equally long leave as one, whatever came between them, the last of them shorter", () => {
	const under = new OutboxUnderTest();
	for (const [flow, length, fill] of [
		[1, 2, 1],
		[2, 3, 2],
		[1, 2, 3],
		[12, 1, 4],
		[1, 1, 5],
		[1, 2, 6],
		[2, 4, 7],
		[1, 2, 8],
	] as const)
		under.add(flow, length, fill);
	expect(under.shown).toEqual([]);
	under.outbox.flush();
	expect(under.shown).toEqual([
		"192.0.2.1 1001: 1 1 3 3 5 by 2",
		"192.0.2.2 1002: 2 2 2",
		"2001:db8::12 1012: 4",
		"192.0.2.1 1001: 6 6 8 8 by 2",
		"192.0.2.2 1002: 7 7 7 7",
	]);
	expect(under.counters.segmented).toBe(5);
});

test("what the machine says leaves in its turn", () => {
	const under = new OutboxUnderTest();
	under.add(1, 1, 1);
	const name = new Int32Array(NAME_WORDS);
	writeName(name, 0, { address: "192.0.2.1", port: 1001 });
	under.outbox.send({ socket: under.socket, control: 0, controlLength: 0 }, name, 0, Uint8Array.of(9));
	under.add(1, 1, 2);
	under.outbox.flush();
	expect(under.shown.map((text) => text.slice(-1))).toEqual(["1", "9", "2"]);
});

test("headers that lie elsewhere go in front of their data", () => {
	const under = new OutboxUnderTest();
	for (const fill of [7, 8]) under.add(1, 2, fill, { prefix: true });
	under.outbox.flush();
	expect(under.shown).toEqual(["192.0.2.1 1001: 64 1 0 2 7 7 64 1 0 2 8 8 by 6"]);
});

test("empty datagrams stay alone", () => {
	const under = new OutboxUnderTest();
	for (const length of [0, 0, 1, 0, 1]) under.add(1, length, 3);
	under.outbox.flush();
	expect(under.kernel.sent.map(({ bytes, size }) => [bytes.length, size])).toEqual([
		[0, 0],
		[0, 0],
		[1, 0],
		[0, 0],
		[1, 0],
	]);
});

test("no more go into one than the kernel takes, and none is lost where more wait than fit", () => {
	const under = new OutboxUnderTest();
	for (let index = 0; index < 6000; index++) under.add(1 + (index % 3), 1 + (index % 2) * 6, index & 0xff);
	under.outbox.flush();
	expect(
		Math.max(...under.kernel.sent.map(({ bytes, size }) => bytes.length / (size || bytes.length))),
	).toBeLessThanOrEqual(64);
	const counted = under.kernel.sent.map(({ bytes, size }) => (size === 0 ? 1 : Math.ceil(bytes.length / size)));
	expect(counted.reduce((sum, each) => sum + each)).toBe(6000);
});

describe("where the kernel", () => {
	test.each([
		["EINVAL", 2, 2],
		["EMSGSIZE", 2, 2],
		["EIO", 2, 0],
	] as const)(
		"takes no super-packet (%s), datagrams leave one by one, and it is remembered",
		(name, size, remembered) => {
			const under = new OutboxUnderTest();
			under.socket.takeErrors = () => false;
			under.kernel.refuses = (message) => (message.size >= 2 ? ERRNO[name] : 0);
			for (const fill of [1, 2, 3]) under.add(1, size, fill, { source: true });
			under.add(2, 1, 9);
			under.outbox.flush();
			expect(under.shown).toEqual([
				"192.0.2.1 1001: 1 1",
				"192.0.2.1 1001: 2 2",
				"192.0.2.1 1001: 3 3",
				"192.0.2.2 1002: 9",
			]);
			expect(under.counters).toMatchObject({ dropped: {}, segmented: 0 });
			expect(under.socket.refusedSize).toBe(remembered);
			const asked: number[] = [];
			under.kernel.refuses = (message) => asked.push(message.size) * 0;
			for (const length of [2, 2, 1, 1]) under.add(3, length, 4);
			under.outbox.flush();
			expect(asked.includes(2)).toBe(false);
		},
	);

	test("tells of an earlier error in place of sending, nothing is lost once its queue is read", () => {
		const under = new OutboxUnderTest();
		let pending = 3;
		under.socket.takeErrors = () => pending-- > 0;
		under.kernel.refuses = () => (pending > 0 ? ERRNO.ECONNREFUSED : 0);
		for (const flow of [1, 2, 3]) under.add(flow, 1, flow);
		under.outbox.flush();
		expect(under.shown).toHaveLength(3);
		under.add(4, 1, 4);
		pending = 2;
		under.outbox.flush();
		expect(under.shown).toHaveLength(4);
	});

	test("has no way or no room for one, it is dropped and counted, and others leave", () => {
		const under = new OutboxUnderTest();
		under.socket.takeErrors = () => false;
		under.kernel.refuses = ({ to }) =>
			to.startsWith("192.0.2.2") ? ERRNO.ENETUNREACH : to.startsWith("192.0.2.4") ? ERRNO.EAGAIN : 0;
		for (const flow of [1, 2, 2, 3, 4]) under.add(flow, 1, flow);
		under.outbox.flush();
		expect(under.shown).toEqual(["192.0.2.1 1001: 1", "192.0.2.3 1003: 3"]);
		expect(under.counters.dropped).toEqual({ ENETUNREACH: 2, EAGAIN: 1 });
	});
});

test("the address that an answer leaves from goes with it, beside the size of segments", () => {
	const under = new OutboxUnderTest();
	for (const fill of [1, 2]) under.add(1, 1, fill, { source: true });
	under.add(2, 1, 3, { source: true });
	under.outbox.flush();
	expect(under.kernel.sent.map(({ controls, size }) => [controls, size])).toEqual([
		[2, 1],
		[1, 0],
	]);
});
