/** The window and the options that Linux puts into a SYN or SYN/ACK. */
import type { Family } from "@whither/core";
import { type TcpOption, tcpOption } from "@whither/wire";

/** MSS for links of 1500 bytes (RFC 9293 §3.7.1). */
const MSS: Readonly<Record<Family, number>> = { 4: 1460, 6: 1440 };
const WINDOW_SHIFT = 7;
/** Forty-four segments of 1460 bytes: the window that Linux opens with on links of 1500 bytes. */
export const SYN_WINDOW = 64_240;

/** Twenty bytes: MSS, SACK permitted, timestamps, padding, window scale (RFC 9293, 2018, 7323). */
export function synOptions(family: Family, timestamp: number): readonly TcpOption[] {
	return [
		tcpOption("maximumSegmentSize", MSS[family]),
		tcpOption("sackPermitted", true),
		tcpOption("timestamps", { value: timestamp, echo: 0 }),
		{ name: "noOperation", kind: 1, value: null },
		tcpOption("windowScale", WINDOW_SHIFT),
	];
}
