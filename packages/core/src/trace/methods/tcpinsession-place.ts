/**
 * Where the bytes of in-session probes stand in the connection's sequence space, and whose they are. Each probe is an
 * island behind a hole: the other end can deliver none of it, and the block that it acknowledges it by names the probe.
 */

import { sequenceAdd, sequenceDifference } from "@whither/wire";
import type { SessionFacts } from "../channel.ts";

/** Bytes between the beginnings of two probes in one slot. */
const LAYER_STEP = 2;

/** Places for probes of up to `longest` bytes: `slots` of them, `stride` bytes apart, from `start` bytes into the window. */
interface Region {
	/** Leaves a hole before the next slot, even where that one's probe is of the layer before. */
	readonly longest: number;
	readonly start: number;
	readonly stride: number;
	readonly slots: number;
	/** Probes that share a slot begin so many bytes apart, `layers` of them. */
	readonly layers: number;
}

/**
 * All places end below 32 KiB, which most receivers' first windows have room for. Longer probes are few: where
 * they are more than slots, they overlap, and the places where they begin (and the blocks by which a receiver tells of
 * bytes that it has already, RFC 2883) still tell one from another.
 */
const LONG: Region = { longest: 2_048 - LAYER_STEP - 1, start: 16_384, stride: 2_048, slots: 7, layers: 256 };
const REGIONS: readonly Region[] = [
	{ longest: 1, start: 1, stride: 2, slots: 4095, layers: 1 },
	{ longest: 128 - LAYER_STEP - 1, start: 8_192, stride: 128, slots: 62, layers: 64 },
	LONG,
];

/** The other end's side of a connection: our SND.NXT there, and the bytes that it has room for. */
export type Receiver = Pick<SessionFacts, "sendNext" | "window">;

/** The least window with room for all places. */
const ROOMY_WINDOW = LONG.start + LONG.slots * LONG.stride;

/** Bytes of the longest probe that this window has room for; of a roomy one enough for any path of Ethernet's MTU. */
export function longestPayload(window: number): number {
	return Math.max(1, ...regionsOf(window).map(({ longest }) => longest));
}

/** Whether all places lie within the window. */
export function isRoomy(window: number): boolean {
	return window >= ROOMY_WINDOW;
}

/**
 * Of a smaller window the longer probes share the first half, each 2 bytes behind the one before, and those of one byte
 * follow: where they are more than the rest has room for, the last of them go unanswered by the target.
 */
function regionsOf(window: number): readonly Region[] {
	if (isRoomy(window)) return REGIONS;
	const half = (window >> 2) << 1;
	const layers = Math.min(LONG.slots * LONG.layers, Math.max(1, half >> 2));
	const longest = Math.min(LONG.longest, half - layers * LAYER_STEP - 1);
	const [short] = REGIONS as [Region, ...Region[]];
	const long = { longest, start: 1, stride: half, slots: 1, layers };
	return [{ ...short, start: half + 1 }, ...(longest > 1 ? [long] : [])];
}

/** So many bytes below the connection's own, and further down, stand the SYNs that look for what became of an option. */
const SYN_OFFSET = 2;
const MOST_SYNS = 0x10000;

/** The sequence number of a probe with so many bytes, at most `longestPayload` of the window. */
export function probeSequence({ sendNext, window }: Receiver, sequence: number, payloadLength: number): number {
	const regions = regionsOf(window);
	const { start, stride, slots, layers } = regions.find(({ longest }) => longest >= payloadLength) ?? LONG;
	const layer = Math.floor(sequence / slots) % layers;
	return sequenceAdd(sendNext, start + (sequence % slots) * stride + layer * LAYER_STEP);
}

/** The probe that begins at this TCP sequence number; null where none does. */
export function probeAt({ sendNext, window }: Receiver, tcpSequence: number): number | null {
	const offset = sequenceDifference(tcpSequence, sendNext);
	const region = regionsOf(window).find(
		({ start, stride, slots }) => offset >= start && offset < start + slots * stride,
	);
	if (region === undefined) return null;
	const within = offset - region.start;
	const slot = Math.floor(within / region.stride);
	const inSlot = within % region.stride;
	const layer = inSlot / LAYER_STEP;
	return Number.isInteger(layer) && layer < region.layers ? slot + layer * region.slots : null;
}

/** The sequence number of a SYN beside the hops. */
export function synSequence(sendNext: number, sequence: number): number {
	return sequenceAdd(sendNext, -SYN_OFFSET - sequence);
}

/** The SYN beside the hops that has this sequence number; null: none. */
export function synAt(sendNext: number, tcpSequence: number): number | null {
	const sequence = -sequenceDifference(tcpSequence, sendNext) - SYN_OFFSET;
	return sequence >= 0 && sequence < MOST_SYNS ? sequence : null;
}
