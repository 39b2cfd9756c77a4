/** The hearing side of a media socket: whose each datagram, ICMP error and transmit stamp is. */
import type { Family, Instant, SystemError } from "@whither/core";
import { classifyPacket, IP_PROTOCOL } from "@whither/wire";
import { arrivalTime } from "../channel/arrival.ts";
import { decodeErrorEntry } from "../channel/error-entry.ts";
import { readMessages } from "../channel/read-messages.ts";
import { systemError } from "../errors.ts";
import { SO_EE_ORIGIN_TIMESTAMPING } from "../native/constants.ts";
import type { ControlFacts, ExtendedError } from "../native/control.ts";
import type { IncomingMessage } from "../native/message-batch.ts";
import { transportAddress } from "../transport/socket-address.ts";
import { datagramName } from "./datagram-name.ts";
import type { MediaBooks } from "./media-books.ts";
import type { IncomingMedia, RefusedMedia } from "./media-socket.ts";

/** What the owner has yet to be told, in the order in which it came. */
export type MediaNews =
	| { readonly type: "received"; readonly datagram: IncomingMedia }
	| { readonly type: "refused"; readonly error: RefusedMedia }
	| { readonly type: "sent"; readonly id: number; readonly at: Instant }
	| { readonly type: "broken"; readonly error: SystemError };

/** Time Exceeded (RFC 792, RFC 4443 section 3.3). */
const TIME_EXCEEDED: Readonly<Record<Family, number>> = { 4: 11, 6: 3 };

/** One socket's. */
export class MediaHearing {
	readonly #books: MediaBooks;
	readonly #openedAt: number;
	#droppedSoFar = 0;
	readonly #news: MediaNews[] = [];

	constructor(books: MediaBooks) {
		this.#books = books;
		this.#openedAt = books.clock.now();
	}

	/** The socket is of no more use: the owner hears of it after what came before. */
	broken(error: SystemError): void {
		this.#news.push({ type: "broken", error });
	}

	/** What the owner is to be told next; undefined: nothing. */
	nextNews(): MediaNews | undefined {
		return this.#news.shift();
	}

	get hasNews(): boolean {
		return this.#news.length > 0;
	}

	/** Reads the error queue, which also clears what would make the next send fail; how many entries there were. */
	readErrors(): number {
		const { workspace, clock, fd } = this.#books;
		return readMessages({ workspace, clock, fd, queue: "errors" }, (message, facts, now) => {
			if (facts.error === null) return;
			if (facts.error.origin === SO_EE_ORIGIN_TIMESTAMPING) this.#stamped(facts);
			else this.#refused(message, facts, now);
		});
	}

	/** Reads datagrams, as many as there are within reason. */
	readPackets(): void {
		const { workspace, clock, fd } = this.#books;
		readMessages({ workspace, clock, fd, queue: "packets" }, (message, facts, now) => {
			this.#countDrops(facts);
			this.#received(message, facts, now);
		});
	}

	#received(message: IncomingMessage, facts: ControlFacts, now: number): void {
		const channel = this.#books.probeNames.senderOf(message.data, now);
		if (channel !== undefined) {
			channel.answered(message, facts);
			return;
		}
		const from = transportAddress(message.name);
		if (from === null) return;
		this.#books.counters.received++;
		const { ttl, tos } = facts;
		const bytes = message.data.slice();
		const datagram = { from, kind: classifyPacket(bytes), bytes, ...this.#arrival(facts, now), ttl, tos };
		this.#news.push({ type: "received", datagram });
	}

	/** The quoted payload says whose packet it is about. */
	#refused(message: IncomingMessage, facts: ControlFacts, now: number): void {
		const channel = this.#books.probeNames.senderOf(message.data, now);
		if (channel !== undefined) channel.refused(message, facts);
		else if (facts.error !== null) this.#refusedOwner(message, facts, { error: facts.error, now });
	}

	/**
	 * Nothing of the payload is quoted (routers that quote eight bytes): what expired on the way was a probe, for media has
	 * the TTL to arrive. Any other error may be about either; a trace is told while its owner has sent nothing.
	 */
	#refusedOwner(
		message: IncomingMessage,
		facts: ControlFacts,
		{ error, now }: { readonly error: ExtendedError; readonly now: number },
	): void {
		const { family, borrowers, local } = this.#books;
		const to = transportAddress(message.name);
		const unnamed = to !== null && datagramName(message.data) === null;
		const traces = unnamed ? [...borrowers].filter((channel) => channel.isTowards(to)) : [];
		const expired = error.type === TIME_EXCEEDED[family];
		const concerned = expired ? traces : traces.filter(({ ownerSent }) => !ownerSent);
		for (const channel of concerned) channel.refused(message, facts);
		if (expired && concerned.length > 0) return;
		const about = { family, protocol: IP_PROTOCOL.udp, sourcePort: local.port, socket: null };
		const reply = decodeErrorEntry(message, facts, { ...about, ...this.#arrival(facts, now) });
		if (reply === null || to === null) return;
		const words = systemError("icmp", error.errno, to.address);
		this.#news.push({ type: "refused", error: { ...reply, to, error: words } });
	}

	#stamped(facts: ControlFacts): void {
		const stamp = this.#books.stamps.take(facts, ({ channel }) => (channel ?? this.#books).clock);
		if (stamp === null) return;
		const { at, probe } = stamp;
		if (probe.channel === null) this.#news.push({ type: "sent", id: probe.sequence, at });
		else probe.channel.left(probe.sequence, { at, stamp: "kernel" });
	}

	#arrival(facts: ControlFacts, now: number) {
		return arrivalTime(facts, { clock: this.#books.clock, emptyAt: this.#openedAt, now });
	}

	#countDrops({ dropped }: ControlFacts): void {
		if (dropped === null || dropped === this.#droppedSoFar) return;
		// The counter is 32 bits and wraps.
		const count = (dropped - this.#droppedSoFar) >>> 0;
		this.#droppedSoFar = dropped;
		this.#books.counters.dropped += count;
		for (const channel of this.#books.borrowers) channel.dropped(count);
	}
}
