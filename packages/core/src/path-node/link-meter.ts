/** How busy a link is, from readings of its own counters: rates over a sliding window, and whether it is congested. */
import { type Instant, SECOND } from "../machine.ts";

/** One look at a link's counters; all but the backlog count since the link was made. */
export interface LinkReading {
	readonly receivedBytes: number;
	readonly sentBytes: number;
	readonly receivedPackets: number;
	readonly sentPackets: number;
	readonly receivedDropped: number;
	/** By the link and by the queue in front of it. */
	readonly sentDropped: number;
	/** Bytes that wait to be sent now. */
	readonly backlogBytes: number;
}

/** What a link can carry each way, in kbit/s; null: unknown. */
export interface LinkCapacity {
	readonly receiveKbps: number | null;
	readonly sendKbps: number | null;
}

/** One direction of a link. */
export interface DirectionState {
	readonly usedKbps: number;
	/** What a new flow may hope for; null where the capacity is unknown. */
	readonly freeKbps: number | null;
	readonly congested: boolean;
}

/** Both directions of a link. */
export interface LinkState {
	readonly receive: DirectionState;
	readonly send: DirectionState;
}

/** Long enough that one burst is no trend, short enough to be news to whoever asks. */
const WINDOW_NS = 2 * SECOND;
/** From here on a queue builds up sooner or later. */
const BUSY_SHARE = 0.9;
/** Below this share of the capacity what passes is chatter, such as the traces that ask, and not worth taking off. */
const IDLE_SHARE = 0.05;
/** Losing one packet in a hundred is what senders slow down for; a stray drop or two is not. */
const DROP_SHARE = 0.01;
const LEAST_DROPS = 3;
/** A queue that was found empty in none of so many readings is a standing one. */
const STANDING_READINGS = 3;

interface Timed {
	readonly at: Instant;
	readonly reading: LinkReading;
}

/** Keeps the readings of one window. */
export class LinkMeter {
	#readings: Timed[] = [];

	/** Takes a reading in; counters that went back mean another link of the same name, and begin anew. */
	take(reading: LinkReading, now: Instant): void {
		const last = this.#readings.at(-1);
		if (last !== undefined && wentBack(last.reading, reading)) this.#readings = [];
		this.#readings.push({ at: now, reading });
		// One reading from before the window stays, so that the readings span it.
		while (this.#readings.length > 2 && (this.#readings[1]?.at ?? now) <= now - WINDOW_NS) this.#readings.shift();
	}

	/** Both directions as they are now. */
	state({ receiveKbps, sendKbps }: LinkCapacity): LinkState {
		const [first, last] = [this.#readings[0], this.#readings.at(-1)];
		if (first === undefined || last === undefined) {
			return { receive: direction(NOTHING, receiveKbps), send: direction(NOTHING, sendKbps) };
		}
		const [from, to, spanNs] = [first.reading, last.reading, last.at - first.at];
		const received: Passed = {
			kbps: kbps(to.receivedBytes - from.receivedBytes, spanNs),
			packets: to.receivedPackets - from.receivedPackets,
			dropped: to.receivedDropped - from.receivedDropped,
			isQueueStanding: false,
		};
		const sent: Passed = {
			kbps: kbps(to.sentBytes - from.sentBytes, spanNs),
			packets: to.sentPackets - from.sentPackets,
			dropped: to.sentDropped - from.sentDropped,
			isQueueStanding:
				this.#readings.length >= STANDING_READINGS && this.#readings.every(({ reading }) => reading.backlogBytes > 0),
		};
		return { receive: direction(received, receiveKbps), send: direction(sent, sendKbps) };
	}
}

/** What went one way within the window. */
interface Passed {
	readonly kbps: number;
	readonly packets: number;
	readonly dropped: number;
	readonly isQueueStanding: boolean;
}

const NOTHING: Passed = { kbps: 0, packets: 0, dropped: 0, isQueueStanding: false };

function direction({ kbps: used, packets, dropped, isQueueStanding }: Passed, capacity: number | null): DirectionState {
	const loses = dropped >= LEAST_DROPS && dropped >= (packets + dropped) * DROP_SHARE;
	const isFull = capacity !== null && used >= capacity * BUSY_SHARE;
	const taken = capacity !== null && used < capacity * IDLE_SHARE ? 0 : used;
	return {
		usedKbps: Math.round(used),
		freeKbps: capacity === null ? null : Math.max(0, Math.floor(capacity - taken)),
		congested: loses || isFull || isQueueStanding,
	};
}

/** Bits per nanosecond are gigabits per second. */
function kbps(bytes: number, spanNs: number): number {
	return spanNs <= 0 ? 0 : ((bytes * 8) / spanNs) * 1e6;
}

function wentBack(before: LinkReading, after: LinkReading): boolean {
	return after.receivedBytes < before.receivedBytes || after.sentBytes < before.sentBytes;
}
