/**
 * A server's datagrams by the kernel's own calls: many in one recvmmsg(2) and sendmmsg(2), and answers leave from the
 * address that was asked, whichever of ours that was (IP_PKTINFO).
 */
import type { Family, Instant, SystemError } from "@whither/core";
import { parseAddress } from "@whither/wire";
import { plausibleArrival } from "../channel/stamp-ledger.ts";
import type { Clock } from "../clock.ts";
import { canBePending, isFatal, isSystemError, isTransient, sendError, systemError } from "../errors.ts";
import { Arena } from "../native/arena.ts";
import {
	EPOLLERR,
	IP_PKTINFO,
	IPV6_PKTINFO,
	IPV6_RECVPKTINFO,
	MSG_DONTWAIT,
	MSG_NOSIGNAL,
	MSG_TRUNC,
	SOL_IP,
	SOL_IPV6,
} from "../native/constants.ts";
import { type ControlFacts, decodeControl } from "../native/control.ts";
import { ERRNO } from "../native/errno.ts";
import { type ControlMessage, MessageBatch } from "../native/message-batch.ts";
import { type SocketOption, takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { openNativeSocket, socketName, transportAddress } from "./native-socket.ts";
import { unwatchSocket, watchSocket } from "./poller.ts";
import type {
	DatagramListener,
	DatagramRequest,
	DatagramTransport,
	OutgoingDatagram,
	ReceivedDatagram,
	TransportAddress,
} from "./transport.ts";

const PACKET_INFO: Readonly<Record<Family, SocketOption>> = {
	4: { label: "IP_PKTINFO", level: SOL_IP, name: IP_PKTINFO, value: 1 },
	6: { label: "IPV6_RECVPKTINFO", level: SOL_IPV6, name: IPV6_RECVPKTINFO, value: 1 },
};

/** One sendmmsg(2): so many datagrams, of so many bytes together (or one of any length). */
const BATCH = { slots: 64, dataBytes: 131_072, controlBytes: 64 * 64 } as const;
/** recvmmsg(2) calls before other sockets get their turn. */
const READ_ROUNDS = 8;
/** An error that a stranger caused can stop a send as often as new ones come in between. */
const PENDING_RETRIES = 32;

let batch: MessageBatch | null = null;

/** This thread's batch for sending: calls are synchronous, so one does for all sockets. */
function sendingBatch({ libc }: Workspace): MessageBatch {
	batch ??= new MessageBatch(new Arena(MessageBatch.bytes(BATCH) + 64, libc.addressOf), BATCH);
	return batch;
}

/** Opens one, or says which call failed. */
export function openNativeServer(
	workspace: Workspace,
	request: DatagramRequest,
	parts: { readonly listener: DatagramListener; readonly clock: Clock },
): DatagramTransport | SystemError {
	const { family } = request;
	const options = request.address === null ? [PACKET_INFO[family]] : [];
	const opened = openNativeSocket(workspace, request, options);
	if (isSystemError(opened)) return opened;
	const socket = new NativeServer(workspace, { ...parts, ...opened, family });
	const failed = watchSocket(workspace, opened.fd, (events) => socket.read(events));
	if (failed === null) return socket;
	socket.close();
	return failed;
}

interface ServerParts {
	readonly fd: number;
	readonly local: TransportAddress;
	readonly family: Family;
	readonly listener: DatagramListener;
	readonly clock: Clock;
}

class NativeServer implements DatagramTransport {
	readonly local: TransportAddress;
	readonly #workspace: Workspace;
	readonly #parts: ServerParts;
	#emptyAt: Instant;
	#open = true;

	constructor(workspace: Workspace, parts: ServerParts) {
		this.local = parts.local;
		this.#workspace = workspace;
		this.#parts = parts;
		this.#emptyAt = parts.clock.now();
	}

	send(datagrams: readonly OutgoingDatagram[]): void {
		const outgoing = sendingBatch(this.#workspace);
		for (let from = 0; from < datagrams.length && this.#open; ) {
			outgoing.clear();
			let to = from;
			for (let one = datagrams[to]; one !== undefined && this.#append(outgoing, one); one = datagrams[++to]);
			if (to > from) this.#sendBatch(outgoing, datagrams.slice(from, to));
			else this.#failed(datagrams[to++], ERRNO.EMSGSIZE);
			from = to;
		}
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		unwatchSocket(this.#parts.fd);
		this.#workspace.libc.close(this.#parts.fd);
	}

	#append(outgoing: MessageBatch, { to, bytes, from }: OutgoingDatagram): boolean {
		const { family } = this.#parts;
		const control = from === undefined || from === null ? [] : [sourceControl(family, from)];
		return outgoing.append({ name: socketName(this.#workspace, family, to), data: bytes, control });
	}

	#sendBatch(outgoing: MessageBatch, datagrams: readonly OutgoingDatagram[]): void {
		const { libc } = this.#workspace;
		let stalls = 0;
		for (let from = 0; from < datagrams.length; ) {
			const wanted = datagrams.length - from;
			const sent = libc.sendmmsg(this.#parts.fd, outgoing.address(from), wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (sent > 0) {
				from += sent;
				stalls = 0;
				continue;
			}
			const errno = libc.errno();
			// An earlier datagram's error may have come back instead of this one having failed.
			takeError(this.#workspace, this.#parts.fd);
			if (stalls++ < PENDING_RETRIES && (canBePending(errno) || errno === ERRNO.EINTR)) continue;
			stalls = 0;
			// A full queue is no better a moment later.
			const lost = isTransient(errno) ? wanted : 1;
			for (const one of datagrams.slice(from, from + lost)) this.#failed(one, errno);
			from += lost;
		}
	}

	#failed(datagram: OutgoingDatagram | undefined, errno: number): void {
		if (datagram === undefined) return;
		const { to } = datagram;
		setImmediate(() => {
			if (this.#open) this.#parts.listener.failed(sendError("sendmmsg", errno, to.address), to);
		});
	}

	/** Takes in what epoll says is there. */
	read(events: number): void {
		const { incoming, libc } = this.#workspace;
		const { fd, clock, listener } = this.#parts;
		// An error that waits would make the descriptor ready for ever.
		if ((events & EPOLLERR) !== 0) takeError(this.#workspace, fd);
		for (let round = 0; round < READ_ROUNDS && this.#open; round++) {
			incoming.reset();
			const count = libc.recvmmsg(fd, incoming.address(), incoming.slots, MSG_DONTWAIT, 0);
			const now = clock.now();
			if (count < 0) {
				this.#readFailed(libc.errno());
				return;
			}
			const received: ReceivedDatagram[] = [];
			for (let slot = 0; slot < count; slot++) {
				const one = this.#datagram(slot, now);
				if (one !== null) received.push(one);
			}
			if (received.length > 0) listener.received(received);
			if (count < incoming.slots) {
				this.#emptyAt = now;
				return;
			}
		}
	}

	#datagram(slot: number, now: Instant): ReceivedDatagram | null {
		const { name, data, control, flags } = this.#workspace.incoming.message(slot);
		const from = transportAddress(name);
		if (from === null || (flags & MSG_TRUNC) !== 0) return null;
		const facts = decodeControl(control);
		return { from, to: facts.destination, bytes: data, ...this.#arrival(facts, now) };
	}

	#arrival({ stamp }: ControlFacts, now: Instant): Pick<ReceivedDatagram, "at" | "stamp"> {
		if (stamp === null) return { at: now, stamp: "user" };
		const at = this.#parts.clock.fromRealtime(stamp.seconds, stamp.nanoseconds);
		return plausibleArrival(at, this.#emptyAt, now) ? { at, stamp: "kernel" } : { at: now, stamp: "user" };
	}

	#readFailed(errno: number): void {
		if (!isFatal(errno)) return;
		// A dead descriptor would call back for ever.
		unwatchSocket(this.#parts.fd);
		this.#parts.listener.failed(systemError("recvmmsg", errno), null);
	}
}

/** struct in_pktinfo (index 4, source 4, destination 4) and in6_pktinfo (source 16, index 4) with our address as the source. */
function sourceControl(family: Family, address: string): ControlMessage {
	const value = new Uint8Array(family === 4 ? 12 : 20);
	const bytes = parseAddress(address);
	if (bytes instanceof Uint8Array) value.set(bytes, family === 4 ? 4 : 0);
	return family === 4 ? { level: SOL_IP, type: IP_PKTINFO, value } : { level: SOL_IPV6, type: IPV6_PKTINFO, value };
}
