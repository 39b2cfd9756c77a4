/** The socket behind a `MediaSocket`, on a descriptor that it owns. */

import type { Family, SystemError } from "@whither/core";
import type { Channel, ChannelRequest } from "../channel/channel.ts";
import { ProbeStamps } from "../channel/probe-stamps.ts";
import { tosOption } from "../channel/socket-options.ts";
import type { Clock } from "../clock.ts";
import { isFatal, isSystemError, systemError } from "../errors.ts";
import { EPOLLERR, EPOLLIN } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import { readOption, takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { unwatchSocket, watchSocket } from "../transport/poller.ts";
import { boundAddress } from "../transport/socket-address.ts";
import type { TransportAddress } from "../transport/transport.ts";
import { type BorrowedChannel, borrowChannel, type FlowProbe, type Lender } from "./borrowed-channel.ts";
import type { MediaBooks } from "./media-books.ts";
import { MediaHearing, type MediaNews } from "./media-hearing.ts";
import { MediaSending } from "./media-sending.ts";
import type { MediaCounters, MediaListener, MediaSocket, OutgoingMedia, UnsentMedia } from "./media-socket.ts";
import { ProbeNames } from "./probe-names.ts";

/** What one is made of. */
export interface LiveParts {
	readonly workspace: Workspace;
	readonly fd: number;
	readonly family: Family;
	readonly listener: MediaListener;
	readonly clock: Clock;
	/** Where it is connected to, which is then the only way to trace; absent: it is not. */
	readonly peer?: TransportAddress;
}

/** Reads as soon as there is something, and tells its owner after that: what the owner then does may come back here. */
export class LiveSocket implements MediaSocket, Lender {
	readonly #books: MediaBooks;
	readonly #listener: MediaListener;
	readonly #hearing: MediaHearing;
	readonly #sending: MediaSending;
	readonly peer: TransportAddress | null;
	#telling: NodeJS.Immediate | null = null;
	#closed = false;

	private constructor(parts: LiveParts, local: TransportAddress) {
		const { workspace, fd, family, clock } = parts;
		this.#books = {
			...{ workspace, fd, family, clock, local },
			counters: { sent: 0, received: 0, sentAgain: 0, dropped: 0 },
			probeNames: new ProbeNames(),
			stamps: new ProbeStamps({ workspace, fd, stamps: "asked" }),
			borrowers: new Set(),
		};
		this.#listener = parts.listener;
		this.peer = parts.peer ?? null;
		this.#hearing = new MediaHearing(this.#books);
		this.#sending = new MediaSending(this.#books, () => this.#readErrors());
	}

	/** Begins to read a bound descriptor, which is then closed with the socket; the error of the call that failed. */
	static open(parts: LiveParts): LiveSocket | SystemError {
		const { workspace, fd } = parts;
		const local = boundAddress(workspace, fd);
		if (isSystemError(local)) return local;
		const live = new LiveSocket(parts, local);
		return watchSocket(workspace, fd, (events) => live.#turn(events)) ?? live;
	}

	get family(): Family {
		return this.#books.family;
	}

	get local(): TransportAddress {
		return this.#books.local;
	}

	get clock(): Clock {
		return this.#books.clock;
	}

	get workspace(): Workspace {
		return this.#books.workspace;
	}

	get counters(): MediaCounters {
		return this.#books.counters;
	}

	get tos(): number {
		const { level, name } = tosOption(this.family, 0);
		return Math.max(0, readOption(this.workspace, this.#books.fd, level, name) ?? 0);
	}

	send(to: TransportAddress, bytes: Uint8Array): SystemError | null {
		const [unsent] = this.sendBatch([{ to, bytes }]);
		return unsent?.error ?? null;
	}

	sendBatch(datagrams: readonly OutgoingMedia[]): readonly UnsentMedia[] {
		if (!this.#closed) return this.#sending.send(datagrams);
		return datagrams.map((_, index) => ({ index, error: systemError("send", ERRNO.EBADF) }));
	}

	borrow(request: ChannelRequest): Channel | SystemError {
		if (this.#closed) return systemError("borrow", ERRNO.EBADF);
		const channel = borrowChannel(this, request);
		if (!isSystemError(channel)) this.#books.borrowers.add(channel);
		return channel;
	}

	/** For its channels. */
	giveBack(channel: BorrowedChannel): void {
		this.#books.borrowers.delete(channel);
	}

	/** For its channels. */
	sendProbes(channel: BorrowedChannel, probes: readonly FlowProbe[]): void {
		if (!this.#closed) this.#sending.sendProbes(channel, probes);
	}

	/** Reads no more, and has told its owner by then what it has read. */
	stopReading(): void {
		if (this.#closed) return;
		unwatchSocket(this.#books.fd);
		this.#hearing.readErrors();
		this.#tell();
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#telling !== null) clearImmediate(this.#telling);
		unwatchSocket(this.#books.fd);
		this.workspace.libc.close(this.#books.fd);
		this.#fault(systemError("lent socket", ERRNO.EBADF));
	}

	#turn(events: number): void {
		// The error queue first: reading its last entry also clears the pending error that would fail the next call.
		if ((events & EPOLLERR) !== 0 && this.#hearing.readErrors() === 0) this.#clearError();
		if ((events & EPOLLIN) !== 0) this.#hearing.readPackets();
		this.#tell();
	}

	/** In the middle of a send: whoever sends hears of it when its own work is done. */
	#readErrors(): void {
		this.#hearing.readErrors();
		if (!this.#hearing.hasNews) return;
		this.#telling ??= setImmediate(() => {
			this.#telling = null;
			this.#tell();
		});
	}

	/** An error that no entry tells of would keep the descriptor ready for ever. */
	#clearError(): void {
		const errno = takeError(this.workspace, this.#books.fd);
		if (!isFatal(errno)) return;
		const error = systemError("socket", errno);
		this.#fault(error);
		this.#hearing.broken(error);
	}

	#fault(error: SystemError): void {
		for (const channel of this.#books.borrowers) channel.fault(error);
	}

	#tell(): void {
		for (let news = this.#hearing.nextNews(); news !== undefined; news = this.#hearing.nextNews()) {
			if (this.#closed) return;
			try {
				tellOwner(this.#listener, news);
			} catch (thrown) {
				// The owner's defect is told to the program, but costs none of the datagrams behind.
				setImmediate(() => {
					throw thrown;
				});
			}
		}
	}
}

function tellOwner(listener: MediaListener, news: MediaNews): void {
	if (news.type === "received") listener.received(news.datagram);
	else if (news.type === "refused") listener.refused?.(news.error);
	else if (news.type === "sent") listener.sent?.(news.id, news.at);
	else listener.broken?.(news.error);
}
