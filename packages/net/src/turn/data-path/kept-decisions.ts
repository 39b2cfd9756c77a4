/**
 * What the machine has decided, kept so that it need not be asked for every datagram. An entry holds as long as nothing
 * of its allocation has changed (`version`) and none of the times that it was made of is past; whatever is not found
 * here, or no longer holds, is the machine's to decide. Nothing is kept but what it has let pass. Pure.
 */
import type { Instant, TurnAllocation, TurnRelay } from "@whither/core";
import { CHANNEL_HEADER_BYTES, channelLengthAt, channelNumberAt } from "./channel-header.ts";
import { addName, findName } from "./flow-names.ts";
import { FlowTable, grown } from "./flow-table.ts";
import { familyOfName, NAME_WORDS, writeName } from "./socket-names.ts";

/** What is kept of one allocation. */
export interface KeptAllocation {
	readonly allocation: TurnAllocation;
	/** As it was when its entries were made. */
	version: number;
	/** Where its client is: the listener, and the name of its socket. */
	local: number;
	readonly client: Int32Array;
	/** Rows of its entries. */
	readonly channels: number[];
	readonly peers: number[];
	/** The message that more of what goes to its client may join, and of which round of sending it is. */
	message: number;
	round: number;
}

/** As the machine has it: longer ones do not fit a datagram beside the header of channel data. */
const MOST_ON_CHANNEL = 65_507 - 4;

/** Tables of what may pass: `toPeer` by client, listener and channel number, `toClient` by relay and peer. */
export class KeptDecisions {
	readonly #toPeer: FlowTable;
	readonly #toClient: FlowTable;
	readonly #kept = new Map<TurnAllocation, KeptAllocation>();
	#channelOwner: (KeptAllocation | null)[] = [];
	#channelUntil: Float64Array;
	#peerOwner: (KeptAllocation | null)[] = [];
	#peerUntil: Float64Array;
	/** By row of `toPeer`: the relay that it leaves from, and the name of whom it goes to. */
	relays: Int32Array;
	peerNames: Int32Array;
	/** By row of `toPeer`: the message that more of the flow may join, and of which round of sending it is. */
	messages: Int32Array;
	rounds: Int32Array;
	/** By row of `toClient`. */
	numbers: Int32Array;

	/** `seed`: 64 random bits as two integers. */
	constructor(seed: readonly [number, number]) {
		this.#toPeer = new FlowTable(seed);
		this.#toClient = new FlowTable([seed[1], seed[0]]);
		const { capacity } = this.#toPeer;
		this.#channelUntil = new Float64Array(capacity);
		this.relays = new Int32Array(capacity);
		this.peerNames = new Int32Array(capacity * NAME_WORDS);
		this.messages = new Int32Array(capacity);
		this.rounds = new Int32Array(capacity);
		this.#peerUntil = new Float64Array(capacity);
		this.numbers = new Int32Array(capacity);
	}

	/** Entries in both tables. */
	get size(): number {
		return this.#toPeer.size + this.#toClient.size;
	}

	/**
	 * The row of channel data that may pass, which counts as passed, `bytes[at]` being its first byte; its data begin
	 * four bytes later and are as long as its header says. -1: the machine is to be asked.
	 */
	toPeer(
		local: number,
		names: Int32Array,
		name: number,
		bytes: Uint8Array,
		at: number,
		length: number,
		now: Instant,
	): number {
		const data = channelLengthAt(bytes, at);
		if (length < CHANNEL_HEADER_BYTES + data) return -1;
		const row = findName(this.#toPeer, (local << 16) | channelNumberAt(bytes, at), names, name);
		if (row < 0) return -1;
		const owner = this.#channelOwner[row] as KeptAllocation;
		const { allocation } = owner;
		if (allocation.version !== owner.version || now >= (this.#channelUntil[row] as number)) return -1;
		// What the bucket refuses the machine refuses as well, and counts.
		if (allocation.up !== null && !allocation.up.takes(data, now)) return -1;
		const { usage } = allocation;
		usage.sentPackets++;
		usage.sentBytes += data;
		return row;
	}

	/** The row of a peer's datagram of `length` bytes that may pass on a channel, which counts as passed; -1: as above. */
	toClient(relay: number, names: Int32Array, name: number, length: number, now: Instant): number {
		const row = findName(this.#toClient, relay, names, name);
		if (row < 0 || length > MOST_ON_CHANNEL) return -1;
		const owner = this.#peerOwner[row] as KeptAllocation;
		const { allocation } = owner;
		if (allocation.version !== owner.version || now >= (this.#peerUntil[row] as number)) return -1;
		if (allocation.down !== null && !allocation.down.takes(length, now)) return -1;
		const { usage } = allocation;
		usage.receivedPackets++;
		usage.receivedBytes += length;
		return row;
	}

	/** Whose client the row of `toClient` leads to. */
	ownerOf(row: number): KeptAllocation {
		return this.#peerOwner[row] as KeptAllocation;
	}

	/** Takes note that the machine has let channel data of this client pass on this channel. `name`: of the client. */
	keepToPeer(allocation: TurnAllocation, number: number, names: Int32Array, name: number): void {
		const channel = allocation.channels.get(number);
		const relay = channel === undefined ? undefined : relayOf(allocation, channel.peer.address);
		if (channel === undefined || relay === undefined || allocation.closed) return;
		const kept = this.#keptOf(allocation, names, name);
		if (kept === null) return;
		const row = addName(this.#toPeer, (allocation.local << 16) | number, names, name);
		if (this.#toPeer.capacity > this.#channelUntil.length) this.#growToPeer(this.#toPeer.capacity);
		if (this.#channelOwner[row] !== kept) kept.channels.push(row);
		this.#channelOwner[row] = kept;
		this.#channelUntil[row] = Math.min(channel.expiresAt, relay.expiresAt);
		this.relays[row] = relay.id;
		writeName(this.peerNames, row * NAME_WORDS, channel.peer);
	}

	/**
	 * Takes note that the machine has let a datagram of this peer pass on a channel. `peer`: as the machine knows it, `name`:
	 * as the kernel does. Only of an allocation whose client has sent channel data since it last changed: its name is known.
	 */
	keepToClient(
		allocation: TurnAllocation,
		relayId: number,
		peer: { readonly address: string; readonly port: number },
		names: Int32Array,
		name: number,
	): void {
		const relay = allocation.relays.find(({ id }) => id === relayId);
		const permission = allocation.permissions.get(peer.address);
		if (relay === undefined || permission === undefined || allocation.closed || allocation.transport !== "datagram")
			return;
		for (const channel of allocation.channels.values()) {
			if (channel.peer.port !== peer.port || channel.peer.address !== peer.address) continue;
			const kept = this.#keptOf(allocation, null, 0);
			if (kept === null) return;
			const row = addName(this.#toClient, relayId, names, name);
			if (this.#toClient.capacity > this.#peerUntil.length) this.#growToClient(this.#toClient.capacity);
			if (this.#peerOwner[row] !== kept) kept.peers.push(row);
			this.#peerOwner[row] = kept;
			this.#peerUntil[row] = Math.min(channel.expiresAt, permission.expiresAt, relay.expiresAt);
			this.numbers[row] = channel.number;
			return;
		}
	}

	/** Forgets all of an allocation that has ended. */
	forget(allocation: TurnAllocation): void {
		const kept = this.#kept.get(allocation);
		if (kept === undefined) return;
		this.#empty(kept);
		this.#kept.delete(allocation);
	}

	/** What is kept of an allocation, without what was kept before it changed. Null: its client is on a stream. */
	#keptOf(allocation: TurnAllocation, names: Int32Array | null, name: number): KeptAllocation | null {
		if (allocation.transport !== "datagram") return null;
		let kept = this.#kept.get(allocation);
		if (kept === undefined) {
			const client = new Int32Array(NAME_WORDS);
			kept = { allocation, version: -1, local: -1, client, channels: [], peers: [], message: 0, round: -1 };
			this.#kept.set(allocation, kept);
		}
		if (kept.version !== allocation.version) {
			this.#empty(kept);
			kept.version = allocation.version;
			kept.local = allocation.local;
			writeName(kept.client, 0, allocation.client);
		}
		// As the kernel knows it: with the interface of a link-local address.
		if (names !== null)
			kept.client.set(names.subarray(name, name + (familyOfName(names[name] as number) === 4 ? 4 : NAME_WORDS)));
		return kept;
	}

	#empty(kept: KeptAllocation): void {
		// A client that has moved may have left its old address to another allocation.
		for (const row of kept.channels) {
			if (this.#channelOwner[row] !== kept) continue;
			this.#toPeer.remove(row);
			this.#channelOwner[row] = null;
		}
		for (const row of kept.peers) {
			if (this.#peerOwner[row] !== kept) continue;
			this.#toClient.remove(row);
			this.#peerOwner[row] = null;
		}
		kept.channels.length = 0;
		kept.peers.length = 0;
	}

	#growToPeer(capacity: number): void {
		this.#channelUntil = grown(this.#channelUntil, capacity);
		this.relays = grown(this.relays, capacity);
		this.peerNames = grown(this.peerNames, capacity * NAME_WORDS);
		this.messages = grown(this.messages, capacity);
		this.rounds = grown(this.rounds, capacity);
	}

	#growToClient(capacity: number): void {
		this.#peerUntil = grown(this.#peerUntil, capacity);
		this.numbers = grown(this.numbers, capacity);
	}
}

/** The relay that datagrams to this address leave from. */
function relayOf({ relays }: TurnAllocation, address: string): TurnRelay | undefined {
	const family = address.includes(":") ? 6 : 4;
	return relays.find((relay) => relay.family === family);
}
