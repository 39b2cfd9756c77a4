/** A telephone that nobody speaks into: silence goes out by RTP, and what comes is counted. Pure. */
import { type Instant, MILLISECOND } from "@whither/core";
import { decodeRtp, encodeRtp, isDecodeError, type RtpPacket } from "@whither/wire";
import type { MeetMedia } from "../result.ts";
import { RtpSource } from "./rtp-source.ts";

/** Numbers that a sender begins with (RFC 3550 §5.1): drawn at random. */
export interface MediaStart {
	readonly ssrc: number;
	readonly sequence: number;
	readonly timestamp: number;
}

/** RFC 3551 §4.2: a packet holds 20 ms, which are 160 samples of PCMU. */
const PACKET_NS = 20 * MILLISECOND;
const SAMPLES = 160;
/** RFC 3551 §6. */
const PCMU = 0;
/** G.711: the code of zero in mu-law. */
const SILENCE = new Uint8Array(SAMPLES).fill(0xff);
/** Packets that may be made up for at once; a sender that was held up for longer has said nothing meanwhile. */
const MOST_LATE = 5;

/** Of one call. */
export class PlainMedia {
	readonly #start: MediaStart;
	#beganAt: Instant | null = null;
	/** Slots of 20 ms that are over, and packets that were sent in them. */
	#slots = 0;
	#sent = 0;
	#firstAt: Instant | null = null;
	#source: RtpSource | null = null;
	/** One that has spoken once, beside the source that we listen to. */
	#other: RtpSource | null = null;
	/** Of sources before this one. */
	#received = 0;
	#lost = 0;

	constructor(start: MediaStart) {
		this.#start = start;
	}

	/** Whether it sends. */
	get hasBegun(): boolean {
		return this.#beganAt !== null;
	}

	/** Whether anything has come. */
	get hasHeard(): boolean {
		return this.#firstAt !== null;
	}

	/** When the next packet is to leave; null: it does not send yet. */
	get dueAt(): Instant | null {
		return this.#beganAt === null ? null : this.#beganAt + this.#slots * PACKET_NS;
	}

	get report(): MeetMedia {
		const [began, first] = [this.#beganAt, this.#firstAt];
		return {
			codec: "PCMU",
			sent: this.#sent,
			received: this.#received + (this.#source?.received ?? 0),
			lost: this.#lost + (this.#source?.lost ?? 0),
			jitterNs: this.#source?.jitterNs ?? null,
			firstNs: first === null ? null : Math.max(0, Math.round(first - (began ?? first))),
		};
	}

	/** There is a way. */
	begin(now: Instant): void {
		this.#beganAt ??= now;
	}

	/** What is to leave by now. */
	due(now: Instant): readonly Uint8Array[] {
		const began = this.#beganAt;
		if (began === null) return [];
		const over = Math.floor((now - began) / PACKET_NS) + 1;
		this.#slots = Math.max(this.#slots, over - MOST_LATE);
		const packets: Uint8Array[] = [];
		for (; this.#slots < over; this.#slots++) packets.push(this.#packet());
		return packets;
	}

	/** A packet of the other end's, or one that looks so. */
	received(bytes: Uint8Array, at: Instant): void {
		const packet = decodeRtp(bytes);
		if (isDecodeError(packet)) return;
		const source = this.#sourceOf(packet);
		if (source?.take(packet, at) === true) this.#firstAt ??= at;
	}

	#packet(): Uint8Array {
		const { ssrc, sequence, timestamp } = this.#start;
		const bytes = encodeRtp({
			...{ marker: this.#sent === 0, payloadType: PCMU, ssrc, payload: SILENCE },
			sequence: (sequence + this.#sent) & 0xffff,
			timestamp: (timestamp + this.#slots * SAMPLES) >>> 0,
		});
		this.#sent++;
		return bytes;
	}

	/** Another source takes over with its second packet in a row: a single one may be anybody's. */
	#sourceOf(packet: RtpPacket): RtpSource | null {
		this.#source ??= new RtpSource(packet);
		if (packet.ssrc === this.#source.ssrc) return this.#source;
		if (this.#other?.ssrc !== packet.ssrc) {
			this.#other = new RtpSource(packet);
			this.#other.take(packet, 0);
			return null;
		}
		this.#received += this.#source.received;
		this.#lost += this.#source.lost;
		this.#source = this.#other;
		this.#other = null;
		return this.#source;
	}
}
