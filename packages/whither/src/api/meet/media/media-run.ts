/** Media of a meeting under way: packets leave when they are due, until the end. */
import { type Instant, MILLISECOND, SECOND } from "@whither/core";
import type { IceDatagram } from "@whither/net/ice";
import type { MeetMedia } from "../result.ts";
import type { MeetWorld } from "../world.ts";
import { PlainMedia } from "./plain-media.ts";

/** What it is made from. */
export interface MediaOrder {
	readonly world: Pick<MeetWorld, "after">;
	readonly connection: { now(): Instant; send(bytes: Uint8Array): void };
	readonly tell: (media: MeetMedia) => void;
	/** The other end's first packet has come. */
	readonly heard: () => void;
}

/** How often it is told how media goes. */
const TELL_NS = SECOND;

/** From the first packet of either end to `end`. */
export class MediaRun {
	readonly #order: MediaOrder;
	readonly #media: PlainMedia;
	#forget: () => void = () => {};
	#toldAt: Instant = Number.NEGATIVE_INFINITY;
	#isOver = false;

	constructor(order: MediaOrder) {
		this.#order = order;
		const drawn = crypto.getRandomValues(new Uint32Array(3));
		const [ssrc = 1, sequence = 0, timestamp = 0] = drawn;
		this.#media = new PlainMedia({ ssrc, sequence: sequence & 0xffff, timestamp });
	}

	get report(): MeetMedia {
		return this.#media.report;
	}

	get hasHeard(): boolean {
		return this.#media.hasHeard;
	}

	/** There is a way; again has no effect. */
	begin(): void {
		if (this.#isOver || this.#media.hasBegun) return;
		const now = this.#order.connection.now();
		this.#media.begin(now);
		this.#toldAt = now;
		this.#send();
	}

	/** What came as RTP. */
	received({ bytes, at }: Pick<IceDatagram, "bytes" | "at">): void {
		if (this.#isOver) return;
		const before = this.#media.hasHeard;
		this.#media.received(bytes, at);
		if (!before && this.#media.hasHeard) this.#order.heard();
	}

	/** Nothing more is sent, nor counted. */
	end(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#forget();
		this.#order.tell(this.report);
	}

	#send(): void {
		const { connection, world, tell } = this.#order;
		const now = connection.now();
		for (const bytes of this.#media.due(now)) connection.send(bytes);
		if (now >= this.#toldAt + TELL_NS) {
			this.#toldAt = now;
			tell(this.report);
		}
		const due = this.#media.dueAt;
		if (due === null || this.#isOver) return;
		this.#forget = world.after(Math.max(0, (due - connection.now()) / MILLISECOND), () => this.#send());
	}
}
