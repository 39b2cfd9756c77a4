/** One TCP connection that a host has accepted: what its kernel answers to each segment. */
import { type Instant, MILLISECOND } from "@whither/core";
import { sequenceAdd, sequenceBefore, sequenceDifference, TCP_FLAGS, type TcpOption, tcpOption } from "@whither/wire";
import { ReceiveQueue } from "./receive-queue.ts";
import type { TcpSpec } from "./scenario.ts";
import { SYN_WINDOW } from "./syn-options.ts";
import { alignedOption, timestampValue } from "./tcp-segment.ts";

/** How far a connection has come; `closed`: both sides have ended it. */
export type ConnectionState = "synReceived" | "established" | "closed" | "reset";

/** A segment as it arrived. */
export interface ArrivedSegment {
	readonly sequence: number;
	readonly acknowledgment: number;
	readonly flags: number;
	readonly length: number;
	readonly timestamps: { readonly value: number; readonly echo: number } | null;
}

/** A segment to send; the endpoint adds ports and addresses. */
export interface SegmentOrder {
	readonly sequence: number;
	readonly acknowledgment: number;
	readonly flags: number;
	readonly options: readonly TcpOption[];
	readonly payload: Uint8Array;
}

/** What a connection is made of. */
export interface ConnectionFacts {
	readonly spec: TcpSpec;
	readonly initialSequence: number;
	/** Sequence number of the SYN. */
	readonly peerSequence: number;
	/** Agreed on in the handshake. */
	readonly sack: boolean;
	/** The peer's TSval of its SYN; null: not agreed on. */
	readonly timestamp: number | null;
	readonly acceptedAt: Instant;
	/** What is added to milliseconds for our own TSval. */
	readonly clockOffset: number;
	/** Sends a segment now. */
	readonly send: (segment: SegmentOrder, at: Instant) => void;
	readonly schedule: (at: Instant, action: () => void) => void;
}

/** Linux acknowledges so many out-of-order segments each at once (TCP_FASTRETRANS_THRESH). */
const PROMPT_ACKS = 3;
/** Linux: net.ipv4.tcp_comp_sack_nr, and tcp_comp_sack_delay_ns, which 5 % of the round trip also bounds. */
const COMPRESSED_MOST = 44;
const COMPRESSION_NS = 1 * MILLISECOND;
const COMPRESSION_SHARE = 0.05;
/** Blocks in 40 bytes of options, without and with timestamps (RFC 2018 section 3). */
const MOST_BLOCKS = 4;
const MOST_BLOCKS_BESIDE_TIMESTAMPS = 3;
const NOTHING = new Uint8Array(0);

/** The server's side from SYN/ACK to FIN. Lost segments of its own are not repeated. */
export class TcpConnection {
	readonly #facts: ConnectionFacts;
	readonly #queue: ReceiveQueue;
	#state: ConnectionState = "synReceived";
	#sendNext: number;
	/** TS.Recent (RFC 7323 section 4.3). */
	#recent: number;
	#roundTrip: Instant = 0;
	#promptAcks = 0;
	#compressed = 0;
	#timer = false;
	#delivered = 0;

	constructor(facts: ConnectionFacts) {
		this.#facts = facts;
		this.#queue = new ReceiveQueue(sequenceAdd(facts.peerSequence, 1));
		this.#sendNext = sequenceAdd(facts.initialSequence, 1);
		this.#recent = facts.timestamp ?? 0;
	}

	get state(): ConnectionState {
		return this.#state;
	}

	/** Sequence number of the SYN that began it. */
	get peerSequence(): number {
		return this.#facts.peerSequence;
	}

	/** Sequence number of our SYN/ACK. */
	get initialSequence(): number {
		return this.#facts.initialSequence;
	}

	/** Whether selective acknowledgments were agreed on. */
	get sack(): boolean {
		return this.#facts.sack;
	}

	/** Bytes that the application has read. */
	get delivered(): number {
		return this.#delivered;
	}

	/** The timestamps option that a segment of ours carries now; empty: not agreed on. */
	timestampOption(at: Instant): readonly TcpOption[] {
		const { timestamp, clockOffset } = this.#facts;
		if (timestamp === null) return [];
		return [tcpOption("timestamps", { value: timestampValue(clockOffset, at), echo: this.#recent })];
	}

	/** Takes a segment of this connection; one that comes behind the end is ignored. */
	receive(segment: ArrivedSegment, at: Instant): void {
		if (this.#state === "closed" || this.#state === "reset") return;
		if (segment.flags & TCP_FLAGS.rst) {
			if (segment.sequence === this.#queue.next) this.#state = "reset";
			return;
		}
		if (segment.flags & TCP_FLAGS.syn || this.#isStale(segment) || this.#isBeyondWindow(segment)) {
			this.#acknowledge(at);
			return;
		}
		if (!(segment.flags & TCP_FLAGS.ack) || sequenceBefore(this.#sendNext, segment.acknowledgment)) return;
		this.#noteTimestamp(segment);
		if (this.#state === "synReceived") this.#establish(at);
		if (segment.length > 0) this.#takeData(segment, at);
		else if (sequenceBefore(segment.sequence, this.#queue.next)) this.#acknowledge(at);
		const end = sequenceAdd(segment.sequence, segment.length);
		if (segment.flags & TCP_FLAGS.fin && end === this.#queue.next) this.#finish(at);
	}

	/** RFC 7323 section 5: an older timestamp than the last is of an older segment. */
	#isStale({ timestamps }: ArrivedSegment): boolean {
		return this.#facts.timestamp !== null && timestamps !== null && sequenceBefore(timestamps.value, this.#recent);
	}

	/** What is beyond the receive window is only acknowledged. */
	#isBeyondWindow({ sequence, length }: ArrivedSegment): boolean {
		return (
			sequenceDifference(sequenceAdd(sequence, length), this.#queue.next) > (this.#facts.spec.window ?? SYN_WINDOW)
		);
	}

	/** Only what begins where all is acknowledged may move TS.Recent (RFC 7323 section 4.3). */
	#noteTimestamp({ sequence, timestamps }: ArrivedSegment): void {
		if (timestamps !== null && !sequenceBefore(this.#queue.next, sequence)) this.#recent = timestamps.value;
	}

	#establish(at: Instant): void {
		const { spec, acceptedAt, schedule } = this.#facts;
		this.#state = "established";
		this.#roundTrip = at - acceptedAt;
		if (spec.speaksFirst !== undefined) this.#speak(spec.speaksFirst, at);
		if (spec.resetsAfterMs === undefined) return;
		const resetsAt = at + spec.resetsAfterMs * MILLISECOND;
		schedule(resetsAt, () => this.#reset(resetsAt));
	}

	#speak(text: string, at: Instant): void {
		const payload = Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0x7f);
		this.#send({ flags: TCP_FLAGS.psh | TCP_FLAGS.ack, payload }, at);
		this.#sendNext = sequenceAdd(this.#sendNext, payload.length);
	}

	#reset(at: Instant): void {
		if (this.#state !== "established") return;
		this.#state = "reset";
		this.#send({ flags: TCP_FLAGS.rst | TCP_FLAGS.ack }, at);
	}

	#takeData({ sequence, length }: ArrivedSegment, at: Instant): void {
		const end = sequenceAdd(sequence, length);
		if (this.#compressed > 0 && this.#queue.crowds(sequence, end)) this.#acknowledge(at);
		const { delivered, gap } = this.#queue.take(sequence, end);
		this.#delivered += delivered;
		if (delivered > 0) this.#promptAcks = 0;
		if (gap && this.#mayWait()) this.#compress(at);
		else this.#acknowledge(at);
	}

	#mayWait(): boolean {
		if (!this.#facts.sack || this.#facts.spec.compressesSacks === false) return false;
		return this.#promptAcks++ >= PROMPT_ACKS && this.#compressed < COMPRESSED_MOST;
	}

	#compress(at: Instant): void {
		this.#compressed++;
		if (this.#timer) return;
		this.#timer = true;
		const firesAt = at + Math.round(Math.min(COMPRESSION_NS, this.#roundTrip * COMPRESSION_SHARE));
		this.#facts.schedule(firesAt, () => {
			this.#timer = false;
			if (this.#compressed > 0 && this.#state === "established") this.#acknowledge(firesAt);
		});
	}

	#acknowledge(at: Instant): void {
		this.#compressed = 0;
		this.#send({ flags: TCP_FLAGS.ack }, at);
	}

	/** The application closes as soon as it reads the end. */
	#finish(at: Instant): void {
		if (this.#state !== "established") return;
		this.#queue.finish();
		this.#send({ flags: TCP_FLAGS.fin | TCP_FLAGS.ack }, at);
		this.#sendNext = sequenceAdd(this.#sendNext, 1);
		this.#state = "closed";
	}

	#send({ flags, payload = NOTHING }: { flags: number; payload?: Uint8Array }, at: Instant): void {
		const timestamps = this.timestampOption(at);
		const most = timestamps.length > 0 ? MOST_BLOCKS_BESIDE_TIMESTAMPS : MOST_BLOCKS;
		const blocks = this.#facts.sack ? this.#queue.blocks(most) : [];
		const options = [
			...timestamps.flatMap(alignedOption),
			...(blocks.length > 0 ? alignedOption(tcpOption("sack", blocks)) : []),
		];
		const order = { sequence: this.#sendNext, acknowledgment: this.#queue.next, flags, options, payload };
		this.#facts.send(order, at);
	}
}
