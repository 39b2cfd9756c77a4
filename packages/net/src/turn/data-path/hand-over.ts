/**
 * A worker among the others of its service. The kernel brings a client to a worker by its address, and a client that has
 * moved to another (RFC 8016), or shows a token from there, may come to one that does not have its allocation: what it
 * sends is then handed to the one that has, which answers by itself, from its own socket at the same address and port.
 */
import { type Instant, SECOND, type TurnServer, type TurnServerEvent } from "@whither/core";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../native/constants.ts";
import { errnoName } from "../../native/errno.ts";
import type { Libc } from "../../native/libc.ts";
import { IOVEC, MMSGHDR } from "../../native/structs.ts";
import { type ClientWays, ORIGIN_WORDS } from "./client-ways.ts";
import { Guests } from "./guests.ts";
import type { HandOverChannel } from "./hand-over-channel.ts";
import { OwnerTable } from "./owner-table.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { NAME_WORDS, readName } from "./socket-names.ts";
import type { DataPathCounters } from "./worker-io.ts";

/**
 * Words of a message: what it is; who hears of what comes of a datagram, or else who says so; the length of each of those
 * that came as one; the listener; the client. A datagram follows.
 */
const KIND = 0;
const INSTANCE = 1;
const SIZE = 2;
const ORIGIN = 3;
const NAME = ORIGIN + ORIGIN_WORDS;
const MESSAGE_BYTES = (NAME + NAME_WORDS) * 4;

/** The owner is known, and says so only when that changes. */
const DATAGRAM = 1;
/** It is a guess, and is to be confirmed: what was said of it before may have been lost. */
const GUESSED = 2;
/** The sender has an allocation at this 5-tuple. */
const MINE = 3;
/** It has none there. */
const NOT_MINE = 4;

/** 5-tuples that are another's: a service has fewer relay ports on an address. */
const MOST_ELSEWHERE = 65_536;
/** Beyond the longest life of an allocation. */
const GRACE_NS = 60 * SECOND;
const LONGEST_LIFE_SECONDS = 3600;

/** Bytes of packet memory that it takes. */
export const HAND_OVER_BYTES = 512;

/** What it works with. */
export interface HandOverParts {
	readonly memory: PacketMemory;
	readonly libc: Pick<Libc, "sendmsg" | "errno">;
	readonly ways: ClientWays;
	readonly server: TurnServer;
	readonly counters: DataPathCounters;
	readonly seed: readonly [number, number];
	readonly channels: readonly HandOverChannel[];
	/** Its own among them. */
	readonly own: HandOverChannel;
	readonly lifetimes: { readonly maximumSeconds: number } | undefined;
}

/** What is handed over. */
interface Handed {
	readonly kind: typeof DATAGRAM | typeof GUESSED;
	readonly local: number;
	readonly name: number;
	readonly at: number;
	readonly length: number;
	readonly size: number;
}

/** Reads a datagram, or several that came as one, as if it had come to that listener of this worker. */
export type Deliver = (local: number, name: number, at: number, length: number, size: number, now: Instant) => void;

/** One worker's. */
export class HandOver {
	readonly #parts: HandOverParts;
	readonly #owners: OwnerTable;
	readonly #guests: Guests;
	readonly #message: number;
	readonly #header: number;
	readonly #payload: number;
	/** Who has handed over what is being read; null: it came here. */
	#by: number | null = null;

	constructor(parts: HandOverParts) {
		const { memory, seed, lifetimes } = parts;
		this.#parts = parts;
		const idleNs = (lifetimes?.maximumSeconds ?? LONGEST_LIFE_SECONDS) * SECOND + GRACE_NS;
		this.#owners = new OwnerTable(seed, { most: MOST_ELSEWHERE, idleNs });
		this.#guests = new Guests(seed);
		this.#message = memory.reserve(MESSAGE_BYTES);
		this.#header = memory.reserve(MMSGHDR.bytes);
		const vectors = memory.reserve(2 * IOVEC.bytes);
		this.#payload = vectors + IOVEC.bytes;
		memory.writeAddress(this.#header + MMSGHDR.vector, vectors);
		memory.writeAddress(vectors + IOVEC.base, this.#message);
		memory.words[(vectors + IOVEC.length) >> 2] = MESSAGE_BYTES;
	}

	/** What the others write to. */
	get fd(): number {
		return this.#parts.own.read;
	}

	/** 5-tuples that are another's. */
	get elsewhere(): number {
		return this.#owners.size;
	}

	get guests(): number {
		return this.#guests.size;
	}

	/** Whether a datagram that came here is another's, who gets it. */
	passesOn(local: number, name: number, at: number, length: number, size: number, now: Instant): boolean {
		if (this.#owners.size === 0) return false;
		const entry = this.#owners.find(local, this.#parts.memory.words, name, now);
		if (entry < 0) return false;
		const kind = this.#owners.isGuess(entry) ? GUESSED : DATAGRAM;
		this.#handTo(this.#owners.ownerOf(entry), { kind, local, name, at, length, size });
		return true;
	}

	/** The machine has judged a datagram to be another's. */
	handTo(owner: number, local: number, name: number, at: number, length: number, now: Instant): void {
		// What was handed over is not kept here: whoever did so hears of it.
		if (this.#by === null) this.#owners.guess(local, this.#parts.memory.words, name, owner, now);
		this.#handTo(owner, { kind: GUESSED, local, name, at, length, size: length });
	}

	#handTo(owner: number, { kind, local, name, at, length, size }: Handed): void {
		const { memory, ways, counters, own } = this.#parts;
		const { words } = memory;
		const message = this.#message >> 2;
		words[message + KIND] = kind;
		words[message + INSTANCE] = this.#by ?? own.instance;
		words[message + SIZE] = size;
		ways.writeOrigin(local, words, message + ORIGIN);
		words.copyWithin(message + NAME, name, name + NAME_WORDS);
		memory.writeAddress(this.#payload + IOVEC.base, at);
		words[(this.#payload + IOVEC.length) >> 2] = length;
		const datagrams = countOf(length, size);
		counters.handedOver += datagrams;
		this.#send(owner, 2, datagrams);
	}

	/** Takes what another has sent: `at`, `length` bytes long. */
	take(at: number, length: number, now: Instant, deliver: Deliver): void {
		const { memory, ways } = this.#parts;
		const { words } = memory;
		const message = at >> 2;
		const local = length < MESSAGE_BYTES ? -1 : ways.numberOfOrigin(words, message + ORIGIN);
		if (local < 0) return;
		const instance = words[message + INSTANCE] as number;
		const name = message + NAME;
		const kind = words[message + KIND] as number;
		if (kind === MINE) this.#owners.confirm(local, words, name, instance, now);
		else if (kind === NOT_MINE) this.#owners.release(local, words, name, instance);
		else {
			this.#by = instance;
			deliver(local, name, at + MESSAGE_BYTES, length - MESSAGE_BYTES, words[message + SIZE] as number, now);
			this.#by = null;
			if (kind === GUESSED || !this.#guests.has(local, words, name)) this.#tellOf(instance, local, message);
		}
	}

	/** Tells whoever brings a client whether there is an allocation of it here now. */
	#tellOf(by: number, local: number, message: number): void {
		const { words } = this.#parts.memory;
		const client = readName(words, message + NAME);
		const allocation = client === null ? undefined : this.#parts.server.allocationAt(local, client);
		const guest = { by, words: words.slice(message + ORIGIN, message + NAME + NAME_WORDS) };
		if (allocation !== undefined && !this.#guests.has(local, words, message + NAME))
			this.#guests.add(allocation, guest, words, message + NAME);
		this.#tell(allocation === undefined ? NOT_MINE : MINE, guest);
	}

	/** What becomes of allocations. */
	event({ kind, allocation }: TurnServerEvent): void {
		if (kind === "allocationOpened") return;
		const guest = this.#guests.leave(allocation);
		if (guest !== undefined) this.#tell(NOT_MINE, guest);
	}

	#tell(
		kind: typeof MINE | typeof NOT_MINE,
		{ by, words: about }: { readonly by: number; readonly words: Int32Array },
	) {
		const { memory, own } = this.#parts;
		const message = this.#message >> 2;
		memory.words[message + KIND] = kind;
		memory.words[message + INSTANCE] = own.instance;
		memory.words.set(about, message + ORIGIN);
		this.#send(by, 1, 0);
	}

	/** `vectors`: 1 is the message alone. `datagrams`: how many are lost if it does not get there. */
	#send(instance: number, vectors: 1 | 2, datagrams: number): void {
		const { memory, libc, channels, counters } = this.#parts;
		const channel = channels.find((one) => one.instance === instance);
		if (channel === undefined) return;
		memory.words[(this.#header + MMSGHDR.vectorLength) >> 2] = vectors;
		const address = memory.address + this.#header;
		if (libc.sendmsg(channel.write, address, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || datagrams === 0) return;
		const why = errnoName(libc.errno());
		counters.dropped[why] = (counters.dropped[why] ?? 0) + datagrams;
	}
}

/** How many datagrams came as one. */
export function countOf(length: number, size: number): number {
	return size < length ? Math.ceil(length / size) : 1;
}
