/** What comes of one RTP source: how many packets, how many are missing, how evenly (RFC 3550 A.1, A.3, A.8). Pure. */
import { type Instant, SECOND } from "@whither/core";
import type { RtpPacket } from "@whither/wire";

/** RFC 3550 A.1: how far ahead a packet may be, and how far behind, to be taken for one of the same count. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Of G.711 (RFC 3551 §6), a second. */
const CLOCK_HZ = 8000;
/** RFC 3550 A.8: the share of each new difference. */
const JITTER_SHARE = 16;

/** From its first packet on. */
export class RtpSource {
	readonly ssrc: number;
	received = 0;
	/** Of counts that were begun anew since. */
	#lostBefore = 0;
	#receivedBefore = 0;
	#first: number;
	/** With the number of times that it has wrapped. */
	#highest: number;
	/** A packet far away: the next after it begins a new count. */
	#strange: number | null = null;
	#transit: number | null = null;
	#jitter = 0;

	constructor({ ssrc, sequence }: Pick<RtpPacket, "ssrc" | "sequence">) {
		this.ssrc = ssrc;
		this.#first = sequence;
		this.#highest = sequence - 1;
	}

	/** Packets that were sent, as far as their numbers tell, and have not come. */
	get lost(): number {
		const expected = this.#highest - this.#first + 1;
		return this.#lostBefore + Math.max(0, expected - (this.received - this.#receivedBefore));
	}

	/** Null: one packet has no evenness. */
	get jitterNs(): number | null {
		return this.received < 2 ? null : Math.round((this.#jitter / CLOCK_HZ) * SECOND);
	}

	/** False: it is none of the count, and is not believed yet. */
	take({ sequence, timestamp }: Pick<RtpPacket, "sequence" | "timestamp">, at: Instant): boolean {
		const ahead = (sequence - this.#highest) & 0xffff;
		if (ahead < MAX_DROPOUT) this.#highest += ahead;
		else if (ahead < 0x1_0000 - MAX_MISORDER && !this.#beginsAnew(sequence)) return false;
		this.#strange = null;
		this.received++;
		this.#note(timestamp, at);
		return true;
	}

	/** Whoever sends has begun to count anew: two in a row say so. */
	#beginsAnew(sequence: number): boolean {
		if (sequence !== this.#strange) {
			this.#strange = (sequence + 1) & 0xffff;
			return false;
		}
		this.#lostBefore = this.lost;
		this.#receivedBefore = this.received;
		this.#first = sequence;
		this.#highest = sequence;
		this.#transit = null;
		return true;
	}

	#note(timestamp: number, at: Instant): void {
		const transit = Math.round((at / SECOND) * CLOCK_HZ) - timestamp;
		// Timestamps wrap, so their difference does as well.
		if (this.#transit !== null) this.#jitter += (Math.abs((transit - this.#transit) | 0) - this.#jitter) / JITTER_SHARE;
		this.#transit = transit;
	}
}
