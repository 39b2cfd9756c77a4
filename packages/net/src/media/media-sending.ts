/** The sending side of a media socket: the owner's datagrams and, between them, the probes of those who borrow it. */

import type { SystemError } from "@whither/core";
import { sendMessages } from "../channel/send-messages.ts";
import { isSystemError, sendError, systemError } from "../errors.ts";
import { ERRNO } from "../native/errno.ts";
import type { OutgoingMessage } from "../native/message-batch.ts";
import type { TransportAddress } from "../transport/transport.ts";
import type { BorrowedChannel, FlowProbe } from "./borrowed-channel.ts";
import { SocketNames } from "./media-address.ts";
import type { MediaBooks } from "./media-books.ts";
import type { OutgoingMedia, UnsentMedia } from "./media-socket.ts";

/** Longest payload of a UDP datagram over IPv4: the length field's 65,535 bytes less both headers. */
const MOST_BYTES = 65_507;

interface Outgoing {
	readonly index: number;
	readonly message: OutgoingMessage;
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
		const unsent: UnsentMedia[] = [];
		const messages: Outgoing[] = [];
		for (const [index, { to, bytes: data }] of datagrams.entries()) {
			const name = this.#nameFor(to, data);
			if (isSystemError(name)) unsent.push({ index, error: name });
			else messages.push({ index, message: { name, data, control: [] } });
		}
		for (const channel of this.#books.borrowers) channel.ownerSent = true;
		for (const batch of this.#batches(messages)) {
			this.#sendMedia(batch, (index, errno) =>
				unsent.push({ index, error: sendError("sendmmsg", errno, datagrams[index]?.to.address ?? "") }),
			);
		}
		return unsent;
	}

	/** Sends probes in order; what becomes of each is told to the channel. */
	sendProbes(channel: BorrowedChannel, probes: readonly FlowProbe[]): void {
		for (const batch of this.#batches(probes)) this.#sendProbes(channel, batch);
	}

	#sendMedia(batch: readonly Outgoing[], failed: (index: number, errno: number) => void): void {
		const { workspace, clock, fd, counters } = this.#books;
		sendMessages(
			{ workspace, clock, fd },
			{
				count: batch.length,
				fill: () => this.#fill(batch.map(({ message }) => message)),
				left: () => counters.sent++,
				failed: (place, errno) => failed(batch[place]?.index ?? 0, errno),
				attemptFailed: () => {
					counters.sentAgain++;
					this.#drainErrors();
				},
			},
		);
	}

	#sendProbes(channel: BorrowedChannel, probes: readonly FlowProbe[]): void {
		const { workspace, fd, stamps } = this.#books;
		const first = this.#nextStamp;
		this.#nextStamp += probes.length;
		sendMessages(
			{ workspace, clock: channel.clock, fd },
			{
				count: probes.length,
				fill: () => this.#fill(probes.map((probe, place) => this.#probeMessage(probe, first + place))),
				left: (place, at) => this.#probeLeft(channel, probes[place], { at, id: first + place }),
				failed: (place, errno) => channel.failed(probes[place]?.sequence ?? 0, errno),
				attemptFailed: () => {
					this.#drainErrors();
					stamps.attemptFailed();
				},
				mustRefill: (errno) => stamps.mustNotName(errno),
			},
		);
	}

	#probeMessage({ to, bytes, control }: FlowProbe, id: number): OutgoingMessage {
		const name = this.#nameFor(to, bytes);
		const stamped = [...control, ...this.#books.stamps.controls(id)];
		return { name: isSystemError(name) ? null : name, data: bytes, control: stamped };
	}

	#probeLeft(
		channel: BorrowedChannel,
		probe: FlowProbe | undefined,
		{ at, id }: { readonly at: number; readonly id: number },
	): void {
		if (probe === undefined) return;
		const { sequence, bytes } = probe;
		const { stamps, probeNames, clock } = this.#books;
		stamps.left(id, { sequence, at, channel });
		probeNames.record(bytes, channel, clock.now());
		channel.left(sequence, { at, stamp: "user" });
	}

	#nameFor(to: TransportAddress, { length }: Uint8Array): NonNullable<OutgoingMessage["name"]> | SystemError {
		return length > MOST_BYTES ? systemError("send", ERRNO.EMSGSIZE, to.address) : this.#names.of(to);
	}

	#fill(messages: readonly OutgoingMessage[]): void {
		const { outgoing } = this.#books.workspace;
		outgoing.clear();
		for (const message of messages) outgoing.append(message);
	}

	*#batches<T>(all: readonly T[]): Generator<readonly T[]> {
		const { slots } = this.#books.workspace.outgoing;
		for (let from = 0; from < all.length; from += slots) yield all.slice(from, from + slots);
	}
}
