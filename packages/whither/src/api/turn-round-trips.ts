/** Packets through a relay and back: how long they take, how many are lost, how many there may be. */
import type { Instant } from "@whither/core";
import { EchoWindow } from "./echo-window.ts";
import type { TurnRelaying, TurnThroughput } from "./turn-result.ts";
import type { TurnWorld } from "./turn-world.ts";

/** A way out through a relay to an end that sends back. */
export interface EchoRoute {
	send(packets: readonly Uint8Array[]): void;
	/** On the scale of what comes back. */
	now(): Instant;
	/** Who takes what comes back. */
	listen(heard: (bytes: Uint8Array, at: Instant, stamp: "kernel" | "user") => void): void;
}

/** What came of it. */
export type RoundTripFindings = Pick<TurnRelaying, "sent" | "received" | "rtt" | "stamps">;

/** A byte that neither STUN nor ChannelData begin with (RFC 7983), a key of this run's, and a number. */
const FIRST_BYTE = 0x90;
const KEY_BYTES = 7;
const HEAD_BYTES = 1 + KEY_BYTES + 4;

/** The packets of one route. */
export class EchoPackets {
	readonly #key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));

	/** So many bytes with a number. */
	packet(number: number, bytes: number): Uint8Array {
		const packet = new Uint8Array(bytes);
		packet[0] = FIRST_BYTE;
		packet.set(this.#key, 1);
		new DataView(packet.buffer).setUint32(1 + KEY_BYTES, number);
		return packet;
	}

	/** The number of one that came back; null: it is none of these. */
	numberOf(bytes: Uint8Array): number | null {
		if (bytes.length < HEAD_BYTES || bytes[0] !== FIRST_BYTE) return null;
		if (this.#key.some((byte, index) => bytes[index + 1] !== byte)) return null;
		return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1 + KEY_BYTES);
	}
}

/** How often a first packet is sent that opens the way, and for how long. */
const OPENING_EVERY_MS = 100;
const OPENING_MS = 1_500;
/** How long is waited for the last packets. */
const DRAIN_MS = 1_000;

/** Whether packets come back at all. */
export function opensWay(world: TurnWorld, route: EchoRoute, signal: AbortSignal): Promise<boolean> {
	const packets = new EchoPackets();
	return new Promise((resolve) => {
		const until = world.now() + OPENING_MS * 1e6;
		let forget = (): void => {};
		const done = (opened: boolean) => {
			forget();
			signal.removeEventListener("abort", stop);
			resolve(opened);
		};
		const stop = () => done(false);
		const again = () => {
			if (world.now() >= until || signal.aborted) {
				done(false);
				return;
			}
			route.send([packets.packet(0, HEAD_BYTES)]);
			forget = world.after(OPENING_EVERY_MS, again);
		};
		signal.addEventListener("abort", stop);
		route.listen((bytes) => {
			if (packets.numberOf(bytes) === 0) done(true);
		});
		again();
	});
}

/** What a steady stream of packets is. */
export interface Stream {
	/** Null: until `signal`. */
	readonly count: number | null;
	readonly size: number;
	/** Packets a second. */
	readonly rate: number;
	readonly signal: AbortSignal;
}

/** Sends a steady stream and measures what comes back; ends early, with what is known, when the signal says so. */
export function measureRoundTrips(world: TurnWorld, route: EchoRoute, stream: Stream): Promise<RoundTripFindings> {
	const { count, size, rate, signal } = stream;
	const packets = new EchoPackets();
	const sentAt: (Instant | null)[] = [];
	const rtts: number[] = [];
	let stamps: "kernel" | "user" = "kernel";
	return new Promise((resolve) => {
		const beganAt = world.now();
		let draining = false;
		let forget = (): void => {};
		const finish = () => {
			forget();
			signal.removeEventListener("abort", cut);
			resolve({
				sent: sentAt.length,
				received: rtts.length,
				rtt: spread(rtts),
				stamps: rtts.length === 0 ? "user" : stamps,
			});
		};
		const drain = () => {
			draining = true;
			forget();
			if (rtts.length === sentAt.length) finish();
			else forget = world.after(DRAIN_MS, finish);
		};
		const cut = () => (count === null ? drain() : finish());
		const tick = () => {
			const due = Math.floor(((world.now() - beganAt) / 1e9) * rate) + 1;
			const number = Math.min(due, count ?? due) - sentAt.length;
			const batch = Array.from({ length: number }, () => {
				sentAt.push(route.now());
				return packets.packet(sentAt.length - 1, size);
			});
			if (batch.length > 0) route.send(batch);
			if (sentAt.length === count) drain();
			else forget = world.after(1_000 / Math.min(rate, 1_000), tick);
		};
		route.listen((bytes, at, stamp) => {
			const number = packets.numberOf(bytes);
			const left = number === null ? null : sentAt[number];
			if (number === null || left === null || left === undefined) return;
			sentAt[number] = null;
			rtts.push(at - left);
			if (stamp === "user") stamps = "user";
			if (draining && rtts.length === sentAt.length) finish();
		});
		signal.addEventListener("abort", cut);
		if (signal.aborted) cut();
		else tick();
	});
}

function spread(rtts: readonly number[]): TurnRelaying["rtt"] {
	if (rtts.length === 0) return null;
	const sorted = [...rtts].sort((a, b) => a - b);
	const at = (share: number) =>
		Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
	return { minNs: at(0.000_1), p50Ns: at(0.5), p99Ns: at(0.99), maxNs: at(1) };
}

/** Bytes in each packet while throughput is measured: what passes any relay without fragments. */
const THROUGHPUT_BYTES = 1_200;
/** After so long without anything, what is under way is given up for lost. */
const STALLED_MS = 200;

/** Sends as fast as packets come back for so long; ends early when the signal says so. */
export function measureThroughput(
	world: TurnWorld,
	route: EchoRoute,
	{ durationMs, signal }: { readonly durationMs: number; readonly signal: AbortSignal },
): Promise<TurnThroughput> {
	const packets = new EchoPackets();
	const window = new EchoWindow();
	return new Promise((resolve) => {
		const beganAt = world.now();
		const halfAt = beganAt + (durationMs * 1e6) / 2;
		let lastAt = beganAt;
		let inSecondHalf = 0;
		let forget = (): void => {};
		const finish = () => {
			forgetEnd();
			forget();
			signal.removeEventListener("abort", finish);
			route.listen(() => {});
			const now = world.now();
			const { sent, received } = window;
			const bits = inSecondHalf * THROUGHPUT_BYTES * 8;
			const bitsPerSecond = now > halfAt ? Math.round((bits * 1e9) / (now - halfAt)) : 0;
			resolve({ bytes: THROUGHPUT_BYTES, sent, received, durationNs: Math.round(now - beganAt), bitsPerSecond });
		};
		const fill = () => {
			const numbers = window.take();
			if (numbers.length > 0) route.send(numbers.map((number) => packets.packet(number, THROUGHPUT_BYTES)));
		};
		const watch = () => {
			if (world.now() - lastAt > STALLED_MS * 1e6) {
				window.stalled();
				fill();
			}
			forget = world.after(STALLED_MS, watch);
		};
		route.listen((bytes) => {
			const number = packets.numberOf(bytes);
			if (number === null) return;
			lastAt = world.now();
			if (lastAt >= halfAt) inSecondHalf++;
			window.echoed(number);
			fill();
		});
		const forgetEnd = world.after(durationMs, finish);
		signal.addEventListener("abort", finish);
		if (signal.aborted) finish();
		else {
			fill();
			watch();
		}
	});
}
