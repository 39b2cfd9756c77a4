import { MILLISECOND } from "../../machine.ts";
import type { TransmitSchedule } from "../schedule.ts";

/** For the first answer of a server: at 0, 500, 1500, 3500 and 7500 ms, given up at 9500 as in RFC 3489. */
export const FIRST_SCHEDULE: TransmitSchedule = {
	rtoNs: 500 * MILLISECOND,
	maximumRtoNs: Number.POSITIVE_INFINITY,
	transmissions: 5,
	lastWait: 4,
};

const LEAST_RTO_NS = 100 * MILLISECOND;
const MOST_RTO_NS = 500 * MILLISECOND;

/**
 * For what may well stay unanswered, to a server whose round trip is known: four transmissions, given up after 13 times
 * the first wait, 1.3 to 6.5 s.
 */
export function probingSchedule(rttNs: number | null): TransmitSchedule {
	const wanted = rttNs === null ? MOST_RTO_NS : 3 * rttNs;
	const rtoNs = Math.min(Math.max(wanted, LEAST_RTO_NS), MOST_RTO_NS);
	return { rtoNs, maximumRtoNs: Number.POSITIVE_INFINITY, transmissions: 4, lastWait: 6 };
}
