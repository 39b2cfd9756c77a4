import { MILLISECOND } from "../machine.ts";

/** When a request leaves again while no answer comes, and when it is given up. */
export interface TransmitSchedule {
	/** The wait after the first transmission; each later one is twice as long. */
	readonly rtoNs: number;
	/** The longest such wait. */
	readonly maximumRtoNs: number;
	/** Transmissions in all: Rc. */
	readonly transmissions: number;
	/** The wait after the last, in units of `rtoNs`: Rm. */
	readonly lastWait: number;
}

/** RFC 8489 §6.2.1: at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms, given up at 39500. */
export const DATAGRAM_SCHEDULE: TransmitSchedule = {
	rtoNs: 500 * MILLISECOND,
	maximumRtoNs: Number.POSITIVE_INFINITY,
	transmissions: 7,
	lastWait: 16,
};

/** RFC 8489 §6.2.2: the stream repeats what is lost; given up after Ti, 39.5 s. */
export const STREAM_SCHEDULE: TransmitSchedule = { ...DATAGRAM_SCHEDULE, transmissions: 1, lastWait: 79 };

/** RFC 3489 §9.3: at 0, 100, 300, 700, 1500, 3100, 4700, 6300 and 7900 ms, given up at 9500. */
export const CLASSIC_SCHEDULE: TransmitSchedule = {
	rtoNs: 100 * MILLISECOND,
	maximumRtoNs: 1600 * MILLISECOND,
	transmissions: 9,
	lastWait: 16,
};

/** How long to wait after so many transmissions (1 or more). */
export function waitAfter(schedule: TransmitSchedule, transmissions: number): number {
	if (transmissions >= schedule.transmissions) return schedule.lastWait * schedule.rtoNs;
	return Math.min(schedule.rtoNs * 2 ** (transmissions - 1), schedule.maximumRtoNs);
}

/** From the first transmission to giving up. */
export function givenUpAfter(schedule: TransmitSchedule): number {
	let total = 0;
	for (let sent = 1; sent <= schedule.transmissions; sent++) total += waitAfter(schedule, sent);
	return total;
}
