/** What leaves a worker: what the tables let pass and what the machine says, put into the outbox. */
import type { TurnServerOutput } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import { CHANNEL_HEADER_BYTES, writeChannelHeader } from "./channel-header.ts";
import type { ClientWays } from "./client-ways.ts";
import type { DataPathSink } from "./data-path.ts";
import type { KeptDecisions } from "./kept-decisions.ts";
import type { Outbox } from "./outbox.ts";
import type { PacketMemory } from "./packet-memory.ts";
import { NAME_WORDS, writeName } from "./socket-names.ts";
import type { RelayWish, WorkerSockets } from "./worker-sockets.ts";

/** What it sends with. */
export interface WorkerSendingParts {
	readonly memory: PacketMemory;
	readonly outbox: Outbox;
	readonly ways: ClientWays;
	readonly kept: KeptDecisions;
	readonly sockets: WorkerSockets;
	/** The machine asks for a relay. */
	readonly openRelay: (wish: RelayWish) => void;
}

/** One worker's. */
export class WorkerSending implements DataPathSink {
	/** Around what is being read there are datagrams that came in one with it: no room for a header in front. */
	inOne = false;
	readonly #memory: PacketMemory;
	readonly #outbox: Outbox;
	readonly #ways: ClientWays;
	readonly #kept: KeptDecisions;
	readonly #sockets: WorkerSockets;
	readonly #openRelay: (wish: RelayWish) => void;
	readonly #scratchName: number;
	/** Names of those who the machine answers, by the object that it knows them by. */
	readonly #clientNames = new WeakMap<StunAddress, Int32Array>();

	constructor(parts: WorkerSendingParts) {
		this.#memory = parts.memory;
		this.#outbox = parts.outbox;
		this.#ways = parts.ways;
		this.#kept = parts.kept;
		this.#sockets = parts.sockets;
		this.#openRelay = parts.openRelay;
		this.#scratchName = parts.memory.reserve(NAME_WORDS * 4) >> 2;
	}

	toPeer(row: number, at: number, length: number): void {
		const kept = this.#kept;
		const outbox = this.#outbox;
		outbox.makeRoom();
		if (kept.rounds[row] === outbox.round) {
			const message = kept.messages[row] as number;
			if (outbox.joins(message, length)) {
				outbox.join(message, at, length, 0);
				return;
			}
		}
		const relay = this.#sockets.relays.get(kept.relays[row] as number);
		if (relay === undefined) return;
		kept.messages[row] = outbox.begin(relay.way, kept.peerNames, row * NAME_WORDS, at, length, 0);
		kept.rounds[row] = outbox.round;
	}

	toClient(row: number, at: number, length: number): void {
		const owner = this.#kept.ownerOf(row);
		const outbox = this.#outbox;
		const number = this.#kept.numbers[row] as number;
		const whole = length + CHANNEL_HEADER_BYTES;
		outbox.makeRoom();
		let prefix = 0;
		let from = at;
		if (this.inOne) prefix = outbox.prefix(number, length);
		else {
			from = at - CHANNEL_HEADER_BYTES;
			writeChannelHeader(this.#memory.bytes, from, number, length);
		}
		if (owner.round === outbox.round && outbox.joins(owner.message, whole)) {
			outbox.join(owner.message, from, whole, prefix);
			return;
		}
		const way = this.#ways.of(owner.local);
		if (way === undefined) return;
		owner.message = outbox.begin(way, owner.client, 0, from, whole, prefix);
		owner.round = outbox.round;
	}

	outputs(outputs: readonly TurnServerOutput[], from: StunAddress | null, name: number): void {
		for (const output of outputs) {
			if (output.type === "send") this.#send(output, from, name);
			else if (output.type === "relaySend") this.#relaySend(output);
			else if (output.type === "openRelay") this.#openRelay(output);
			else if (output.type === "closeRelay") this.#closeRelay(output.relay);
		}
	}

	#send(output: Extract<TurnServerOutput, { readonly type: "send" }>, from: StunAddress | null, name: number): void {
		const way = this.#ways.of(output.local);
		if (way === undefined) return;
		if (output.to === from) {
			this.#outbox.send(way, this.#memory.words, name, output.bytes);
			return;
		}
		let client = this.#clientNames.get(output.to);
		if (client === undefined) {
			client = new Int32Array(NAME_WORDS);
			writeName(client, 0, output.to);
			this.#clientNames.set(output.to, client);
		}
		this.#outbox.send(way, client, 0, output.bytes);
	}

	#relaySend({ relay: id, to, bytes, dontFragment }: Extract<TurnServerOutput, { readonly type: "relaySend" }>): void {
		const relay = this.#sockets.relays.get(id);
		if (relay === undefined) return;
		writeName(this.#memory.words, this.#scratchName, to);
		const send = () => this.#outbox.send(relay.way, this.#memory.words, this.#scratchName, bytes);
		if (!dontFragment) {
			send();
			return;
		}
		this.#outbox.flush();
		relay.withoutFragments(() => {
			send();
			this.#outbox.flush();
		});
	}

	#closeRelay(id: number): void {
		// What waits for it leaves first.
		this.#outbox.flush();
		this.#sockets.closeRelay(id);
	}
}
