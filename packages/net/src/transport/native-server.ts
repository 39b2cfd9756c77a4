/**
 * A server's datagrams by the kernel's own calls: many in one recvmmsg(2) and sendmmsg(2), and answers leave from the
 * address that was asked, whichever of ours that was (IP_PKTINFO).
 */
import type { Family, Instant, SystemError } from "@whither/core";
import { IP_PROTOCOL, parseAddress } from "@whither/wire";
import { arrivalTime } from "../channel/arrival.ts";
import { decodeErrorEntry } from "../channel/error-entry.ts";
import { READ_ROUNDS, readMessages, readOnce } from "../channel/read-messages.ts";
import { sendMessages } from "../channel/send-messages.ts";
import {
	bufferOptions,
	errorsOption,
	fragmentOption,
	type GroupPlace,
	groupOptions,
	packetInfoOption,
	stampOption,
} from "../channel/socket-options.ts";
import type { Clock } from "../clock.ts";
import { isFatal, isSystemError, sendError, systemError } from "../errors.ts";
import { Arena } from "../native/arena.ts";
import {
	EPOLLERR,
	IP_PKTINFO,
	IP_PMTUDISC_DO,
	IP_PMTUDISC_DONT,
	IPV6_PKTINFO,
	SOL_IP,
	SOL_IPV6,
} from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import { type ControlMessage, MessageBatch } from "../native/message-batch.ts";
import { type SocketOption, setOption, takeError } from "../native/socket.ts";
import type { Workspace } from "../native/workspace.ts";
import { unwatchSocket, watchSocket } from "./poller.ts";
import { boundAddress, SocketNames, scopeOf, transportAddress } from "./socket-address.ts";
import type {
	DatagramListener,
	DatagramRequest,
	DatagramTransport,
	OutgoingDatagram,
	ReceivedDatagram,
	TransportAddress,
} from "./transport.ts";
import { openUdpSocket } from "./udp-socket.ts";

/** One sendmmsg(2): so many datagrams, of so many bytes together (or one of any length). */
const BATCH = { slots: 64, dataBytes: 131_072, controlBytes: 64 * 64 } as const;
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
	const { family, use } = request;
	const group = groupPlace(workspace, request);
	if (isSystemError(group)) return group;
	const options = use === "relay" ? relayOptions(family) : serverOptions(request);
	const grouped = group === null ? [] : groupOptions(family, group);
	const fd = openUdpSocket(workspace, request, [...options, ...grouped]);
	if (isSystemError(fd)) return fd;
	const local = boundAddress(workspace, fd);
	if (isSystemError(local)) {
		workspace.libc.close(fd);
		return local;
	}
	const socket = new NativeServer(workspace, { ...parts, fd, local, family, relays: use === "relay" });
	const failed = watchSocket(workspace, fd, (events) => socket.read(events));
	if (failed === null) return socket;
	socket.close();
	return failed;
}

function groupPlace(workspace: Workspace, { group }: DatagramRequest): GroupPlace | SystemError | null {
	if (group === undefined) return null;
	const index = scopeOf(workspace, group.interface);
	return isSystemError(index) ? index : { address: group.address, interface: group.interface, index };
}

function serverOptions({ family, address, receiveBufferBytes }: DatagramRequest): readonly SocketOption[] {
	return [
		stampOption("receive"),
		...(receiveBufferBytes === undefined ? [] : bufferOptions(receiveBufferBytes)),
		...(address === null ? [packetInfoOption(family)] : []),
	];
}

/** What is relayed may be fragmented on its way, unless its sender forbids it (RFC 8656 section 15). */
function relayOptions(family: Family): readonly SocketOption[] {
	return [errorsOption(family), fragmentOption(family, IP_PMTUDISC_DONT)];
}

interface ServerParts {
	readonly fd: number;
	readonly local: TransportAddress;
	readonly family: Family;
	readonly relays: boolean;
	readonly listener: DatagramListener;
	readonly clock: Clock;
}

class NativeServer implements DatagramTransport {
	readonly local: TransportAddress;
	readonly #workspace: Workspace;
	readonly #parts: ServerParts;
	readonly #names: SocketNames;
	readonly #openedAt: Instant;
	#open = true;

	constructor(workspace: Workspace, parts: ServerParts) {
		this.local = parts.local;
		this.#workspace = workspace;
		this.#parts = parts;
		this.#names = new SocketNames(workspace, parts.family);
		this.#openedAt = parts.clock.now();
	}

	send(datagrams: readonly OutgoingDatagram[]): void {
		const outgoing = sendingBatch(this.#workspace);
		outgoing.clear();
		let batch: OutgoingDatagram[] = [];
		for (const datagram of this.#open ? datagrams : []) {
			const alike = batch.length === 0 || batch[0]?.dontFragment === datagram.dontFragment;
			let appended = alike && this.#append(outgoing, datagram);
			if (appended === false && batch.length > 0) {
				this.#sendBatch(outgoing, batch);
				outgoing.clear();
				batch = [];
				appended = this.#append(outgoing, datagram);
			}
			if (appended === true) batch.push(datagram);
			else
				this.#failed(
					datagram,
					appended === false ? systemError("sendmmsg", ERRNO.EMSGSIZE, datagram.to.address) : appended,
				);
		}
		this.#sendBatch(outgoing, batch);
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		unwatchSocket(this.#parts.fd);
		this.#workspace.libc.close(this.#parts.fd);
	}

	/** False: there is no room. */
	#append(outgoing: MessageBatch, { to, bytes, from }: OutgoingDatagram): boolean | SystemError {
		const name = this.#names.of(to);
		if (isSystemError(name)) return name;
		const control = from === undefined || from === null ? [] : [sourceControl(this.#parts.family, from)];
		return outgoing.append({ name, data: bytes, control });
	}

	#sendBatch(outgoing: MessageBatch, batch: readonly OutgoingDatagram[]): void {
		const { fd, clock, family } = this.#parts;
		// The option is the socket's, so it is set for these and taken back.
		const whole = batch[0]?.dontFragment === true;
		if (whole) setOption(this.#workspace, fd, fragmentOption(family, IP_PMTUDISC_DO));
		sendMessages(
			{ workspace: this.#workspace, clock, fd, outgoing },
			{
				count: batch.length,
				fill: () => {},
				left: () => {},
				failed: (index, errno) => {
					const datagram = batch[index];
					if (datagram !== undefined) this.#failed(datagram, sendError("sendmmsg", errno, datagram.to.address));
				},
			},
		);
		if (whole) setOption(this.#workspace, fd, fragmentOption(family, IP_PMTUDISC_DONT));
	}

	#failed({ to }: OutgoingDatagram, error: SystemError): void {
		setImmediate(() => {
			if (this.#open) this.#parts.listener.failed(error, to);
		});
	}

	/** Takes in what epoll says is there. */
	read(events: number): void {
		const { fd, clock, listener } = this.#parts;
		const source = { workspace: this.#workspace, clock, fd, queue: "packets" } as const;
		// An error that waits would make the descriptor ready for ever.
		if ((events & EPOLLERR) !== 0) takeError(this.#workspace, fd);
		if ((events & EPOLLERR) !== 0 && this.#parts.relays) this.#readErrors();
		for (let round = 0; round < READ_ROUNDS && this.#open; round++) {
			const received: ReceivedDatagram[] = [];
			const count = readOnce(source, ({ name, data }, facts, now) => {
				const from = transportAddress(name);
				const time = arrivalTime(facts, { clock, emptyAt: this.#openedAt, now });
				if (from !== null) received.push({ from, to: facts.destination, bytes: data, ...time });
			});
			if (count < 0) this.#readFailed(this.#workspace.libc.errno());
			// What the listener sends is put together in another batch than what it is given.
			if (received.length > 0) listener.received(received);
			if (count < this.#workspace.incoming.slots) return;
		}
	}

	/** Not while datagrams that were read are being looked at: both lie in one batch. */
	#readErrors(): void {
		const { fd, clock, listener, family, local } = this.#parts;
		const heard: (() => void)[] = [];
		readMessages({ workspace: this.#workspace, clock, fd, queue: "errors" }, (message, facts, now) => {
			const about = { family, protocol: IP_PROTOCOL.udp, sourcePort: local.port, socket: null };
			const entry = decodeErrorEntry(message, facts, { ...about, at: now, stamp: "user" });
			const to = transportAddress(message.name);
			if (entry === null || to === null || facts.error === null) return;
			const error = systemError("icmp", facts.error.errno, to.address);
			const icmp = { ...entry.icmp, mtu: entry.mtu };
			heard.push(() => listener.failed(error, to, icmp));
		});
		for (const tell of heard) if (this.#open) tell();
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
