/** Packets through a relay and back: how long they take, and how many are lost. */
import type { Instant } from "@whither/core";
import type { TurnRelaying } from "./result.ts";
import type { TurnWorld } from "./world.ts";

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
	return new Promise((resolve) => new SteadyStream({ world, route, stream, done: resolve }).begin());
}

/** What it needs, and whom it tells what came of it. */
interface SteadyStreamParts {
	readonly world: TurnWorld;
	readonly route: EchoRoute;
	readonly stream: Stream;
	readonly done: (findings: RoundTripFindings) => void;
}

/** A steady stream under way. */
class SteadyStream {
	readonly #parts: SteadyStreamParts;
	readonly #packets = new EchoPackets();
	/** By number; null: it has come back. */
	readonly #sentAt: (Instant | null)[] = [];
	readonly #rtts: number[] = [];
	#stamps: "kernel" | "user" = "kernel";
	#beganAt: Instant = 0;
	/** All have left. */
	#draining = false;
	#forget = (): void => {};
	readonly #cut = (): void => {
		if (this.#parts.stream.count === null) this.#drain();
		// What left a moment ago is not lost, but on its way.
		else this.#finish(this.#parts.route.now() - DRAIN_MS * 1e6);
	};

	constructor(parts: SteadyStreamParts) {
		this.#parts = parts;
	}

	begin(): void {
		const { world, route, stream } = this.#parts;
		const { signal } = stream;
		this.#beganAt = world.now();
		route.listen((bytes, at, stamp) => this.#heard(bytes, at, stamp));
		signal.addEventListener("abort", this.#cut);
		if (signal.aborted) this.#cut();
		else this.#tick();
	}

	/** Sends what is due by now. */
	#tick(): void {
		const { world, route, stream } = this.#parts;
		const { count, size, rate } = stream;
		const sentAt = this.#sentAt;
		const due = Math.floor(((world.now() - this.#beganAt) / 1e9) * rate) + 1;
		const number = Math.min(due, count ?? due) - sentAt.length;
		const batch = Array.from({ length: number }, () => {
			sentAt.push(route.now());
			return this.#packets.packet(sentAt.length - 1, size);
		});
		if (batch.length > 0) route.send(batch);
		if (sentAt.length === count) this.#drain();
		else this.#forget = world.after(1_000 / Math.min(rate, 1_000), () => this.#tick());
	}

	#heard(bytes: Uint8Array, at: Instant, stamp: "kernel" | "user"): void {
		const number = this.#packets.numberOf(bytes);
		const left = number === null ? null : this.#sentAt[number];
		if (number === null || left === null || left === undefined) return;
		this.#sentAt[number] = null;
		this.#rtts.push(at - left);
		if (stamp === "user") this.#stamps = "user";
		if (this.#draining && this.#isWhole) this.#finish();
	}

	get #isWhole(): boolean {
		return this.#rtts.length === this.#sentAt.length;
	}

	/** Waits for those that are under way. */
	#drain(): void {
		this.#draining = true;
		this.#forget();
		if (this.#isWhole) this.#finish();
		else this.#forget = this.#parts.world.after(DRAIN_MS, () => this.#finish());
	}

	#finish(lostBefore = Number.POSITIVE_INFINITY): void {
		const { stream, done } = this.#parts;
		const rtts = this.#rtts;
		this.#forget();
		stream.signal.removeEventListener("abort", this.#cut);
		const stamps = rtts.length === 0 ? "user" : this.#stamps;
		const lost = this.#sentAt.filter((left) => left !== null && left < lostBefore).length;
		done({ sent: rtts.length + lost, received: rtts.length, rtt: spread(rtts), stamps });
	}
}

function spread(rtts: readonly number[]): TurnRelaying["rtt"] {
	if (rtts.length === 0) return null;
	const sorted = [...rtts].sort((a, b) => a - b);
	const at = (share: number) =>
		Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
	return { minNs: at(0.000_1), p50Ns: at(0.5), p99Ns: at(0.99), maxNs: at(1) };
}
