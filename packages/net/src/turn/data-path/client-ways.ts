/**
 * The listeners of a worker as the machine numbers them. One that is bound to an address has the number of its place; on
 * one that takes what comes to any of ours, each of these has a number of its own, so that answers leave from there.
 */
import { IP_PKTINFO, IPV6_PKTINFO, SOL_IP, SOL_IPV6 } from "../../native/constants.ts";
import { CMSGHDR } from "../../native/structs.ts";
import { FlowTable } from "./flow-table.ts";
import type { Listener } from "./listeners.ts";
import type { OutWay } from "./outgoing-messages.ts";
import type { PacketMemory } from "./packet-memory.ts";
import type { ReceiveSlab } from "./receive-slab.ts";

/** Of our addresses that clients may come to by listeners of any. */
const MOST_ADDRESSES = 1024;
/** struct in_pktinfo and in6_pktinfo, each with its header, padded. */
const PACKET_INFO = {
	4: { level: SOL_IP, type: IP_PKTINFO, bytes: CMSGHDR.bytes + 12, space: 32 },
	6: { level: SOL_IPV6, type: IPV6_PKTINFO, bytes: CMSGHDR.bytes + 20, space: 40 },
} as const;

/** Bytes of packet memory that they take. */
export const CLIENT_WAYS_BYTES = MOST_ADDRESSES * 64;

/** One worker's. */
export class ClientWays {
	/** By number. */
	readonly #ways: (OutWay | undefined)[] = [];
	readonly #memory: PacketMemory;
	readonly #controls: number;
	readonly #known: FlowTable;
	/** By row of the table. */
	readonly #numbers: number[] = [];
	#next: number;
	#added = 0;

	/** `places`: how many there are. */
	constructor(memory: PacketMemory, places: number, seed: readonly [number, number]) {
		this.#memory = memory;
		this.#controls = memory.reserve(CLIENT_WAYS_BYTES);
		this.#known = new FlowTable(seed);
		this.#next = places;
	}

	add(listener: Listener): void {
		if (!listener.wildcard) this.#ways[listener.place] = { socket: listener.socket, control: 0, controlLength: 0 };
	}

	of(number: number): OutWay | undefined {
		return this.#ways[number];
	}

	/** The number of what a datagram came to; -1: of none that could be answered from. */
	numberOf(listener: Listener, slab: ReceiveSlab, slot: number): number {
		return listener.wildcard ? this.#ofPacketInfo(listener, slab, slot) : listener.place;
	}

	#ofPacketInfo(listener: Listener, slab: ReceiveSlab, slot: number): number {
		const { level, type } = PACKET_INFO[listener.family];
		const at = slab.findControl(slot, level, type);
		return at < 0 ? -1 : this.#numberAt(listener, at >> 2);
	}

	#numberAt(listener: Listener, at: number): number {
		const { words, bytes } = this.#memory;
		const word = (index: number) => words[at + index] as number;
		const isIpv4 = listener.family === 4;
		// struct in_pktinfo: interface, our address, the packet's destination. Of IPv6 the address comes first.
		if (!isIpv4 && bytes[at * 4] === 0xff) return -1;
		const isLinkLocal = !isIpv4 && bytes[at * 4] === 0xfe && ((bytes[at * 4 + 1] as number) & 0xc0) === 0x80;
		const scope = isLinkLocal ? word(4) : 0;
		const { place } = listener;
		const [k1, k2, k3, k4, k5] = isIpv4 ? [word(1), 0, 0, 0, 0] : [word(0), word(1), word(2), word(3), scope];
		const found = this.#known.find(place, k1, k2, k3, k4, k5);
		if (found >= 0) return this.#numbers[found] as number;
		if (this.#added === MOST_ADDRESSES) return -1;
		const row = this.#known.add(place, k1, k2, k3, k4, k5);
		const number = this.#next++;
		this.#numbers[row] = number;
		this.#ways[number] = this.#make(listener, isIpv4 ? [0, k1, 0] : [k1, k2, k3, k4, scope]);
		return number;
	}

	#make({ socket, family }: Listener, value: readonly number[]): OutWay {
		const { level, type, bytes, space } = PACKET_INFO[family];
		const control = this.#controls + this.#added++ * 64;
		const { words } = this.#memory;
		words.set([bytes, 0, level, type, ...value], control >> 2);
		return { socket, control, controlLength: space };
	}
}
