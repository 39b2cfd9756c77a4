/** The SYN that Linux itself would send: its window and its 20 bytes of options. */
import type { TcpOption } from "@whither/wire";
import type { Family } from "../channel.ts";

/** MSS for a path of 1500 bytes: 1500 less IP and TCP headers (RFC 9293 section 3.7.1). */
export const SYN_MSS: Readonly<Record<Family, number>> = { 4: 1460, 6: 1440 };
/** 44 segments of that size: what Linux's receive buffer (net.ipv4.tcp_rmem) has room for at first. */
export const SYN_WINDOW = 64_240;
/** What `synOptions` take, in bytes. */
export const SYN_OPTIONS_LENGTH = 20;
/** What Linux has with its usual buffers. */
const WINDOW_SHIFT = 7;

/** MSS, SACK, timestamps and window scale, in the order of Linux. */
export function synOptions({
	mss,
	timestamp,
}: {
	readonly mss: number;
	readonly timestamp: number;
}): readonly TcpOption[] {
	return [
		{ name: "maximumSegmentSize", kind: 2, value: mss },
		{ name: "sackPermitted", kind: 4, value: true },
		{ name: "timestamps", kind: 8, value: { value: timestamp, echo: 0 } },
		{ name: "noOperation", kind: 1, value: null },
		{ name: "windowScale", kind: 3, value: WINDOW_SHIFT },
	];
}
