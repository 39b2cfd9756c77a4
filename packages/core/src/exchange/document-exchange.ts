import { type Deadline, earliest, type Instant, type Machine, MILLISECOND, SECOND } from "../machine.ts";
import type {
	DocumentExchangeConfig,
	ExchangeEvent,
	ExchangeFailure,
	ExchangeInput,
	ExchangeOutput,
} from "./exchange-io.ts";
import { IncomingDocument } from "./incoming.ts";
import { OutgoingDocument } from "./outgoing.ts";
import { type ExchangePacket, isTakenSize, openPacket, sealPacket } from "./packet.ts";

/** It ends after so long a silence of the other end, and so long after its beginning whatever has arrived. */
const SILENCE_NS = 8 * SECOND;
const TOTAL_NS = 45 * SECOND;
/** How often an empty packet says that we are there, while there is nothing else to send. */
const HELLO_NS = 500 * MILLISECOND;
/** Where the round trip is not known, and the least that is waited for an answer (RFC 8489 §6.2.1 has as much). */
const RTO_NS = 500 * MILLISECOND;
const LEAST_RTO_NS = 100 * MILLISECOND;
const MOST_RTO_NS = 2 * SECOND;

/**
 * One document each way over a path that loses and reorders, such as the selected pair of ICE, sealed. Every packet says
 * what is here, so any later one makes up for one that is lost. It ends by itself: when both are delivered, or the other
 * end is silent, or time is over.
 */
export class DocumentExchange implements Machine<ExchangeInput, ExchangeOutput> {
	readonly #config: DocumentExchangeConfig;
	readonly #rtoNs: number;
	readonly #incoming = new IncomingDocument();
	#outgoing: OutgoingDocument | null = null;
	#outputs: ExchangeOutput[] = [];
	#packets = 0;
	#beganAt: Instant | null = null;
	#heardAt: Instant | null = null;
	#spokeAt: Instant = Number.NEGATIVE_INFINITY;
	/** When both documents had arrived. */
	#doneAt: Instant | null = null;
	#isReceivedTold = false;
	#isDeliveredTold = false;
	#ended = false;

	constructor(config: DocumentExchangeConfig) {
		this.#config = config;
		const rtt = config.rttNs ?? null;
		this.#rtoNs = rtt === null ? RTO_NS : Math.min(Math.max(2 * rtt, LEAST_RTO_NS), MOST_RTO_NS);
	}

	get deadline(): Deadline | null {
		if (this.#ended || this.#beganAt === null) return null;
		const candidates: Deadline[] = [
			{ at: this.#overAt, why: "total" },
			{ at: this.#spokeAt + (this.#doneAt === null ? HELLO_NS : this.#rtoNs), why: "hello" },
		];
		if (this.#doneAt === null) candidates.push({ at: this.#silentAt, why: "silence" });
		if (this.#outgoing !== null) candidates.push({ at: this.#outgoing.dueAt, why: "retransmission" });
		return earliest(candidates);
	}

	get #silentAt(): Instant {
		return (this.#heardAt ?? this.#beganAt ?? 0) + SILENCE_NS;
	}

	/** Once both documents have arrived, the other end's confirmation alone is waited for, and only for a moment. */
	get #overAt(): Instant {
		if (this.#doneAt !== null) return this.#doneAt + SECOND + 4 * this.#rtoNs;
		return (this.#beganAt ?? 0) + TOTAL_NS;
	}

	step(input: ExchangeInput, now: Instant): readonly ExchangeOutput[] {
		this.#outputs = [];
		if (this.#ended) this.#outputs.push({ type: "ignored", reason: "ended" });
		else {
			if (input.type === "received") this.#receive(input.bytes, now);
			else if (input.type === "document") this.#outgoing ??= this.#open(input.bytes);
			else if (input.type === "begin") this.#beganAt ??= now;
			this.#go(now);
		}
		return this.#outputs;
	}

	#open(bytes: Uint8Array): OutgoingDocument {
		if (!isTakenSize(bytes.length)) throw new RangeError(`a document of ${bytes.length} bytes is too large`);
		return new OutgoingDocument(bytes, this.#rtoNs);
	}

	#receive(bytes: Uint8Array, now: Instant): void {
		const packet = openPacket(this.#config.crypto, this.#config.keys.receive, bytes);
		if (typeof packet === "string") {
			this.#outputs.push({ type: "ignored", reason: packet });
			return;
		}
		this.#heardAt = now;
		this.#outgoing?.acknowledge(packet.received, packet.further);
		const fault = this.#incoming.take(packet);
		if (fault !== null) {
			this.#end(fault);
			return;
		}
		this.#tellProgress(now);
		if (packet.done && this.#doneAt !== null) {
			this.#say(null, now);
			this.#end(null);
		} else if (packet.segment !== null) this.#spokeAt = Number.NEGATIVE_INFINITY;
	}

	#tellProgress(now: Instant): void {
		if (this.#incoming.isWhole && !this.#isReceivedTold) {
			this.#isReceivedTold = true;
			this.#tell({ kind: "received", bytes: this.#incoming.bytes });
		}
		if (this.#outgoing?.isDelivered === true && !this.#isDeliveredTold) {
			this.#isDeliveredTold = true;
			this.#tell({ kind: "delivered" });
		}
		if (this.#isReceivedTold && this.#isDeliveredTold && this.#doneAt === null) {
			this.#doneAt = now;
			this.#spokeAt = Number.NEGATIVE_INFINITY;
		}
	}

	#go(now: Instant): void {
		if (this.#ended || this.#beganAt === null) return;
		this.#tellProgress(now);
		if (now >= this.#overAt) this.#end(this.#doneAt === null ? this.#lateFailure() : null);
		else if (this.#doneAt === null && now >= this.#silentAt) this.#end(this.#heardAt === null ? "noAnswer" : "silent");
		else this.#speak(now);
	}

	#lateFailure(): ExchangeFailure {
		return this.#heardAt === null ? "noAnswer" : "outOfTime";
	}

	#speak(now: Instant): void {
		for (const index of this.#outgoing?.next(now) ?? []) this.#say(index, now);
		const pause = this.#doneAt === null ? HELLO_NS : this.#rtoNs;
		if (now >= this.#spokeAt + pause) this.#say(null, now);
	}

	#say(index: number | null, now: Instant): void {
		const { crypto, keys } = this.#config;
		const outgoing = this.#outgoing;
		const segment = index === null || outgoing === null ? null : { index, bytes: outgoing.segment(index) };
		const packet: ExchangePacket = {
			...this.#incoming.state,
			done: this.#doneAt !== null,
			size: outgoing?.bytes.length ?? null,
			segment,
		};
		this.#outputs.push({ type: "send", bytes: sealPacket(crypto, keys.send, this.#packets++, packet) });
		this.#spokeAt = now;
	}

	#tell(event: ExchangeEvent): void {
		this.#outputs.push({ type: "event", event });
	}

	#end(failure: ExchangeFailure | null): void {
		this.#ended = true;
		this.#tell({ kind: "ended", failure });
	}
}
