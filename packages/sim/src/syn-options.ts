/** The options that Linux puts into a SYN or SYN/ACK. */
import type { Family } from "@whither/core";
import type { TcpOption } from "@whither/wire";

/** MSS for links of 1500 bytes (RFC 9293 §3.7.1). */
const MSS: Readonly<Record<Family, number>> = { 4: 1460, 6: 1440 };
const WINDOW_SHIFT = 7;

/** Twenty bytes: MSS, SACK permitted, timestamps, padding, window scale (RFC 9293, 2018, 7323). */
export function synOptions(family: Family, timestamp: number): readonly TcpOption[] {
	return [
		{ name: "maximumSegmentSize", kind: 2, value: MSS[family] },
		{ name: "sackPermitted", kind: 4, value: true },
		{ name: "timestamps", kind: 8, value: { value: timestamp, echo: 0 } },
		{ name: "noOperation", kind: 1, value: null },
		{ name: "windowScale", kind: 3, value: WINDOW_SHIFT },
	];
}
