/** How many packets a relay carries: as many are under way as TCP would have, and counted as they come back. */
import type { Instant } from "@whither/core";
import { EchoWindow } from "./echo-window.ts";
import type { TurnThroughput } from "./result.ts";
import { EchoPackets, type EchoRoute } from "./round-trips.ts";
import type { TurnWorld } from "./world.ts";

/** Bytes in each packet: what passes any relay without fragments. */
const THROUGHPUT_BYTES = 1_200;

/** How throughput is measured. */
export interface ThroughputOrder {
	readonly durationMs: number;
	/** After so long without anything, what is under way is given up for lost. */
	readonly stalledMs: number;
	readonly signal: AbortSignal;
}

/** Sends as fast as packets come back for so long; ends early when the signal says so. */
export function measureThroughput(world: TurnWorld, route: EchoRoute, order: ThroughputOrder): Promise<TurnThroughput> {
	return new Promise((resolve) => new WindowedStream({ world, route, order, done: resolve }).begin());
}

/** What it needs, and whom it tells what came of it. */
interface WindowedStreamParts {
	readonly world: TurnWorld;
	readonly route: EchoRoute;
	readonly order: ThroughputOrder;
	readonly done: (throughput: TurnThroughput) => void;
}

/** One measurement under way. */
class WindowedStream {
	readonly #parts: WindowedStreamParts;
	readonly #packets = new EchoPackets();
	readonly #window = new EchoWindow();
	#beganAt: Instant = 0;
	/** From here on what comes back is counted: by then the window has grown. */
	#halfAt: Instant = 0;
	#lastAt: Instant = 0;
	#inSecondHalf = 0;
	#forgetEnd = (): void => {};
	#forgetWatch = (): void => {};
	readonly #finish = (): void => this.#end();

	constructor(parts: WindowedStreamParts) {
		this.#parts = parts;
	}

	begin(): void {
		const { world, route, order } = this.#parts;
		const { durationMs, signal } = order;
		this.#beganAt = world.now();
		this.#halfAt = this.#beganAt + (durationMs * 1e6) / 2;
		this.#lastAt = this.#beganAt;
		route.listen((bytes) => this.#heard(bytes));
		this.#forgetEnd = world.after(durationMs, this.#finish);
		signal.addEventListener("abort", this.#finish);
		if (signal.aborted) this.#end();
		else {
			this.#fill();
			this.#watch();
		}
	}

	#heard(bytes: Uint8Array): void {
		const number = this.#packets.numberOf(bytes);
		if (number === null) return;
		this.#lastAt = this.#parts.world.now();
		if (this.#lastAt >= this.#halfAt) this.#inSecondHalf++;
		this.#window.echoed(number);
		this.#fill();
	}

	#fill(): void {
		const numbers = this.#window.take();
		if (numbers.length === 0) return;
		this.#parts.route.send(numbers.map((number) => this.#packets.packet(number, THROUGHPUT_BYTES)));
	}

	#watch(): void {
		const { world, order } = this.#parts;
		if (world.now() - this.#lastAt > order.stalledMs * 1e6) {
			this.#window.stalled();
			this.#fill();
		}
		this.#forgetWatch = world.after(order.stalledMs, () => this.#watch());
	}

	#end(): void {
		const { world, route, order, done } = this.#parts;
		this.#forgetEnd();
		this.#forgetWatch();
		order.signal.removeEventListener("abort", this.#finish);
		route.listen(() => {});
		const now = world.now();
		const { sent, received } = this.#window;
		const bits = this.#inSecondHalf * THROUGHPUT_BYTES * 8;
		const bitsPerSecond = now > this.#halfAt ? Math.round((bits * 1e9) / (now - this.#halfAt)) : 0;
		const durationNs = Math.round(now - this.#beganAt);
		done({ bytes: THROUGHPUT_BYTES, sent, received, durationNs, bitsPerSecond });
	}
}
