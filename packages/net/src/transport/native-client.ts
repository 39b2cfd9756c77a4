/** A client's datagrams by the kernel's own calls: both stamps are the kernel's, and ICMP errors are heard. */
import type { ChannelInput, Family, Instant, SystemError } from "@whither/core";
import { Endpoint } from "../channel/endpoint.ts";
import { bufferOptions } from "../channel/socket-options.ts";
import type { Clock } from "../clock.ts";
import { isSystemError, systemError } from "../errors.ts";
import { IP_RECVERR, IPV6_RECVERR, SOL_IP, SOL_IPV6 } from "../native/constants.ts";
import { ERRNO } from "../native/errno.ts";
import type { SocketOption } from "../native/socket.ts";
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

/** Longest payload of a datagram over IPv4: the length field's 65,535 bytes less both headers. */
const MOST_BYTES = 65_507;
/** Datagrams whose fate may still be told; older ones are forgotten. */
const MOST_REMEMBERED = 1_024;

const RECEIVE_ERRORS: Readonly<Record<Family, SocketOption>> = {
	4: { label: "IP_RECVERR", level: SOL_IP, name: IP_RECVERR, value: 1 },
	6: { label: "IPV6_RECVERR", level: SOL_IPV6, name: IPV6_RECVERR, value: 1 },
};

/** What is told of a socket, beside datagrams. */
type News =
	| { readonly type: "failed"; readonly error: SystemError; readonly to: TransportAddress | null }
	| { readonly type: "sent"; readonly id: number; readonly at: Instant };

/** Opens one, or says which call failed. */
export function openNativeClient(
	workspace: Workspace,
	request: DatagramRequest,
	parts: { readonly listener: DatagramListener; readonly clock: Clock },
): DatagramTransport | SystemError {
	const { family } = request;
	const opened = openNativeSocket(workspace, request, [RECEIVE_ERRORS[family], ...bufferOptions()]);
	if (isSystemError(opened)) return opened;
	const socket = new NativeClient(workspace, { ...parts, ...opened, family });
	const failed = watchSocket(workspace, opened.fd, (events) => socket.read(events));
	if (failed === null) return socket;
	socket.close();
	return failed;
}

interface ClientParts {
	readonly fd: number;
	readonly local: TransportAddress;
	readonly family: Family;
	readonly listener: DatagramListener;
	readonly clock: Clock;
}

class NativeClient implements DatagramTransport {
	readonly local: TransportAddress;
	readonly #workspace: Workspace;
	readonly #parts: ClientParts;
	readonly #endpoint: Endpoint;
	/** What the endpoint says of the datagrams it was given, by the numbers that we gave them. */
	readonly #inputs: ChannelInput[] = [];
	readonly #sent = new Map<number, OutgoingDatagram>();
	#next = 0;
	#news: News[] = [];
	#received: ReceivedDatagram[] = [];
	#open = true;
	#telling: NodeJS.Immediate | null = null;

	constructor(workspace: Workspace, parts: ClientParts) {
		this.local = parts.local;
		this.#workspace = workspace;
		this.#parts = parts;
		this.#endpoint = new Endpoint({
			workspace,
			clock: parts.clock,
			fd: parts.fd,
			target: "",
			mtu: null,
			reportPort: null,
			inputs: this.#inputs,
			onError: ({ name }, { error }) => {
				const to = transportAddress(name);
				if (error !== null) this.#fail(systemError("icmp", error.errno, to?.address ?? null), to);
				return null;
			},
			onPacket: ({ name, data }, _, time) => {
				const from = transportAddress(name);
				if (from !== null) this.#received.push({ from, to: null, bytes: data.slice(), ...time });
				return null;
			},
		});
	}

	send(datagrams: readonly OutgoingDatagram[]): void {
		if (!this.#open) return;
		const fitting = datagrams.filter(({ bytes, to }) => {
			if (bytes.length > MOST_BYTES) this.#fail(systemError("sendmmsg", ERRNO.EMSGSIZE, to.address), to);
			return bytes.length <= MOST_BYTES;
		});
		this.#endpoint.send(
			fitting.map((datagram) => {
				const name = socketName(this.#workspace, this.#parts.family, datagram.to);
				return { sequence: this.#remember(datagram), message: { name, data: datagram.bytes, control: [] } };
			}),
		);
		this.#tellLater();
	}

	/** Takes in what epoll says is there. */
	read(events: number): void {
		if (!this.#open) return;
		this.#endpoint.read(events);
		this.#tell();
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		if (this.#telling !== null) clearImmediate(this.#telling);
		unwatchSocket(this.#parts.fd);
		this.#endpoint.close();
	}

	#remember(datagram: OutgoingDatagram): number {
		const sequence = this.#next++;
		this.#sent.set(sequence, datagram);
		const [oldest] = this.#sent.keys();
		if (oldest !== undefined && this.#sent.size > MOST_REMEMBERED) this.#sent.delete(oldest);
		return sequence;
	}

	#fail(error: SystemError, to: TransportAddress | null): void {
		this.#news.push({ type: "failed", error, to });
	}

	/** Whoever sends is in the middle of its own work, and hears of it when that is done. */
	#tellLater(): void {
		if (this.#inputs.length + this.#news.length + this.#received.length === 0) return;
		this.#telling ??= setImmediate(() => {
			this.#telling = null;
			this.#tell();
		});
	}

	#tell(): void {
		for (const input of this.#inputs.splice(0)) this.#takeIn(input);
		const { listener } = this.#parts;
		const [news, received] = [this.#news, this.#received];
		[this.#news, this.#received] = [[], []];
		for (const one of news) {
			if (!this.#open) return;
			if (one.type === "failed") listener.failed(one.error, one.to);
			else listener.sent?.(one.id, one.at);
		}
		if (this.#open && received.length > 0) listener.received(received);
	}

	/** Of two times for one datagram the kernel's counts. */
	#takeIn(input: ChannelInput): void {
		if (input.type === "fault") this.#fail(input.error, null);
		if (input.type !== "sent" && input.type !== "sendFailed") return;
		const datagram = this.#sent.get(input.sequence);
		if (datagram === undefined) return;
		const { to, id } = datagram;
		if (input.type === "sendFailed") this.#fail({ ...input.error, address: to.address }, to);
		else if (input.stamp === "kernel" && id !== undefined) this.#news.push({ type: "sent", id, at: input.at });
		if (input.type === "sendFailed" || input.stamp === "kernel") this.#sent.delete(input.sequence);
	}
}
