/** The sending side of a media socket: the owner's datagrams and, between them, the probes of those who borrow it. */

import type { Instant, SystemError } from "@whither/core";
import { type MessageRun, sendMessages } from "../channel/send-messages.ts";
import type { Clock } from "../clock.ts";
import { isSystemError, sendError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { OutgoingMessage } from "../native/message-batch.ts";
import type { SocketName } from "../native/sockaddr.ts";
import { SocketNames } from "../transport/socket-address.ts";
import type { TransportAddress } from "../transport/transport.ts";
import type { BorrowedChannel, FlowProbe } from "./borrowed-channel.ts";
import type { MediaBooks } from "./media-books.ts";
import type { OutgoingMedia, UnsentMedia } from "./media-socket.ts";

/** Longest payload of a UDP datagram over IPv4: the length field's 65,535 bytes less both headers. */
const MOST_BYTES = 65_507;

/** A message with what it is known by to whoever sent it. */
interface Outgoing<About> {
	readonly about: About;
	readonly message: OutgoingMessage;
	/** The id of its transmit stamp; null: none is wanted. */
	readonly stampId: number | null;
}

/** Who is told what became of them. */
interface Sender<About> {
	readonly clock: Clock;
	left(one: Outgoing<About>, at: Instant): void;
	failed(about: About, errno: number): void;
	attemptFailed?(): void;
}

/** One socket's. */
export class MediaSending {
	readonly #books: MediaBooks;
	readonly #names: SocketNames;
	/** Reads the error queue. */
	readonly #drainErrors: () => void;
	#nextStamp = 0;

	constructor(books: MediaBooks, drainErrors: () => void) {
		this.#books = books;
		this.#names = new SocketNames(books.workspace, books.family);
		this.#drainErrors = drainErrors;
	}

	/** Sends in order; those that did not leave. */
	send(datagrams: readonly OutgoingMedia[]): readonly UnsentMedia[] {
		const { borrowers, clock, counters } = this.#books;
		const unsent: UnsentMedia[] = [];
		const messages: Outgoing<number>[] = [];
		for (const [index, { to, bytes: data, id }] of datagrams.entries()) {
			const name = this.#nameFor(to, data);
			const stampId = id === undefined ? null : this.#newStampId();
			if (isSystemError(name)) unsent.push({ index, error: name });
			else messages.push({ about: index, message: { name, data, control: [] }, stampId });
		}
		for (const channel of borrowers) channel.ownerSent = true;
		this.#sendAll(messages, {
			clock,
			left: ({ about, stampId }, at) => {
				counters.sent++;
				const { id: sequence } = datagrams[about] ?? {};
				if (stampId !== null && sequence !== undefined) {
					this.#books.stamps.left(stampId, { sequence, at, channel: null });
				}
			},
			failed: (index, errno) => {
				unsent.push({ index, error: sendError("sendmmsg", errno, datagrams[index]?.to.address ?? "") });
			},
			attemptFailed: () => counters.sentAgain++,
		});
		return unsent;
	}

	/** Sends probes in order; what becomes of each is told to the channel. */
	sendProbes(channel: BorrowedChannel, probes: readonly FlowProbe[]): void {
		const messages = probes.map((about): Outgoing<FlowProbe> => {
			const { to, bytes: data, control } = about;
			const name = this.#nameFor(to, data);
			const message = { name: isSystemError(name) ? null : name, data, control };
			return { about, message, stampId: this.#newStampId() };
		});
		const { stamps, probeNames, clock } = this.#books;
		this.#sendAll(messages, {
			clock: channel.clock,
			left: ({ about: { sequence, bytes }, stampId }, at) => {
				if (stampId !== null) stamps.left(stampId, { sequence, at, channel });
				probeNames.record(bytes, channel, clock.now());
				channel.left(sequence, { at, stamp: "user" });
			},
			failed: ({ sequence }, errno) => channel.failed(sequence, errno),
		});
	}

	#sendAll<About>(messages: readonly Outgoing<About>[], sender: Sender<About>): void {
		const { workspace, fd } = this.#books;
		const { slots } = workspace.outgoing;
		const { clock } = sender;
		for (let from = 0; from < messages.length; from += slots) {
			sendMessages({ workspace, clock, fd }, this.#run(messages.slice(from, from + slots), sender));
		}
	}

	#run<About>(batch: readonly Outgoing<About>[], sender: Sender<About>): MessageRun {
		const { stamps } = this.#books;
		const isStamped = batch.some(({ stampId }) => stampId !== null);
		const at = (index: number): Outgoing<About> => batch[index] as Outgoing<About>;
		return {
			count: batch.length,
			fill: () => this.#fill(batch),
			left: (index, time) => sender.left(at(index), time),
			failed: (index, errno) => sender.failed(at(index).about, errno),
			attemptFailed: () => {
				sender.attemptFailed?.();
				this.#drainErrors();
				if (isStamped) stamps.attemptFailed();
			},
			mustRefill: (errno) => isStamped && stamps.mustNotName(errno),
		};
	}

	#fill(batch: readonly Outgoing<unknown>[]): void {
		const { stamps, workspace } = this.#books;
		workspace.outgoing.clear();
		for (const { message, stampId } of batch) {
			const control = stampId === null ? message.control : [...message.control, ...stamps.controls(stampId)];
			workspace.outgoing.append({ ...message, control });
		}
	}

	/** 32 bits, as the kernel keeps it. */
	#newStampId(): number {
		const id = this.#nextStamp;
		this.#nextStamp = (id + 1) >>> 0;
		return id;
	}

	#nameFor(to: TransportAddress, { length }: Uint8Array): SocketName | SystemError {
		return length > MOST_BYTES ? systemError("send", ERRNO.EMSGSIZE, to.address) : this.#names.of(to);
	}
}
