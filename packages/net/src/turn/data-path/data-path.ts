/**
 * The machine with what it has decided in front of it: a datagram that the tables know passes without it, every other is
 * its to judge, and what it lets pass the tables then know. Pure: where bytes go from here is the sink's matter.
 */
import type { Instant, TurnServer, TurnServerInput, TurnServerOutput } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { beginsChannelData, CHANNEL_HEADER_BYTES, channelLengthAt, channelNumberAt } from "./channel-header.ts";
import type { KeptDecisions } from "./kept-decisions.ts";
import { readName } from "./socket-names.ts";
import type { DataPathCounters } from "./worker-io.ts";

/** Takes what leaves. */
export interface DataPathSink {
	/** Data of a client, to the peer of a row of the tables. */
	toPeer(row: number, at: number, length: number): void;
	/** Data of a peer, to the client of a row of the tables: the header of channel data is yet to be put in front. */
	toClient(row: number, at: number, length: number): void;
	/** What the machine puts out. `from` and `name`: whose datagram it was, and where that name stands. */
	outputs(outputs: readonly TurnServerOutput[], from: StunAddress | null, name: number): void;
}

/** Where datagrams lie: their bytes, and the names of their senders among words. */
export interface DatagramMemory {
	readonly bytes: Uint8Array;
	readonly words: Int32Array;
}

/** Passes datagrams by the tables where it can and by the machine where it must. */
export class DataPath {
	readonly #server: TurnServer;
	readonly #kept: KeptDecisions;
	readonly #memory: DatagramMemory;
	readonly #sink: DataPathSink;
	readonly #counters: DataPathCounters;

	constructor(parts: {
		readonly server: TurnServer;
		readonly kept: KeptDecisions;
		readonly memory: DatagramMemory;
		readonly sink: DataPathSink;
		readonly counters: DataPathCounters;
	}) {
		this.#server = parts.server;
		this.#kept = parts.kept;
		this.#memory = parts.memory;
		this.#sink = parts.sink;
		this.#counters = parts.counters;
	}

	/** A datagram of a client: `local` is the listener, `name` the word at which its name begins. */
	fromClient(local: number, name: number, at: number, length: number, now: Instant): void {
		const { bytes, words } = this.#memory;
		const isChannelData = length >= CHANNEL_HEADER_BYTES && beginsChannelData(bytes[at]);
		if (isChannelData) {
			const row = this.#kept.toPeer(local, words, name, bytes, at, length, now);
			if (row >= 0) {
				this.#counters.fastToPeers++;
				this.#sink.toPeer(row, at + CHANNEL_HEADER_BYTES, channelLengthAt(bytes, at));
				return;
			}
		}
		const from = readName(words, name);
		if (from === null) return;
		const input = { type: "received", bytes: bytes.subarray(at, at + length), from, local } as const;
		const outputs = this.#server.step(input, now);
		if (isChannelData && outputs.some(({ type }) => type === "relaySend")) {
			const allocation = this.#server.allocationAt(local, from);
			if (allocation !== undefined) this.#kept.keepToPeer(allocation, channelNumberAt(bytes, at), words, name);
		}
		this.#take(outputs, from, name);
	}

	/** A datagram of a peer. */
	fromPeer(relay: number, name: number, at: number, length: number, now: Instant): void {
		const { bytes, words } = this.#memory;
		const row = this.#kept.toClient(relay, words, name, length, now);
		if (row >= 0) {
			this.#counters.fastToClients++;
			this.#sink.toClient(row, at, length);
			return;
		}
		const from = readName(words, name);
		if (from === null) return;
		const outputs = this.#server.step(
			{ type: "relayReceived", relay, from, bytes: bytes.subarray(at, at + length) },
			now,
		);
		const allocation = this.#server.allocationOfRelay(relay);
		if (allocation !== undefined && outputs.some(isChannelData))
			this.#kept.keepToClient(allocation, relay, from, words, name);
		this.#take(outputs, from, -1);
	}

	/** Anything else that the machine is to know. */
	step(input: TurnServerInput, now: Instant): void {
		this.#take(this.#server.step(input, now), null, -1);
	}

	#take(outputs: readonly TurnServerOutput[], from: StunAddress | null, name: number): void {
		for (const output of outputs)
			if (output.type === "event" && output.event.kind === "allocationClosed")
				this.#kept.forget(output.event.allocation);
		this.#sink.outputs(outputs, from, name);
	}
}

function isChannelData(output: TurnServerOutput): boolean {
	return output.type === "send" && beginsChannelData(output.bytes[0]);
}
