/** SIP's UDP sockets, one at each address (RFC 3261 §18), and what keeps the bindings of NATs alive (RFC 5626 §3.5). */
import type { SystemError } from "@whither/core";
import type { DatagramListener, DatagramTransport } from "@whither/net/transport";
import { addressFamily } from "@whither/wire";
import type { SipHop } from "./hop.ts";
import type { BoundPlace, SipSurroundings } from "./surroundings.ts";
import type { SipTransportListener } from "./transport-io.ts";

/** Two empty lines; of the length that everybody takes for no message (RFC 3261 §7.5). */
const KEEPALIVE = new TextEncoder().encode("\r\n\r\n");
/** Ends whose bindings are kept up at one time, those that were last asked something; ours. */
const MOST_KEPT = 32;
/** Whose way from here is remembered; ours. */
const MOST_WAYS = 256;

/** All of a user agent's. */
export class SipDatagrams {
	readonly #machine: SipSurroundings;
	readonly #listener: SipTransportListener;
	readonly #sockets: DatagramTransport[] = [];
	readonly #kept = new Map<string, SipHop>();
	readonly #ways = new Map<string, string | null>();

	constructor(machine: SipSurroundings, listener: SipTransportListener) {
		this.#machine = machine;
		this.#listener = listener;
	}

	/** Opens one more socket, and says where; the error of the call that failed otherwise. */
	open(place: BoundPlace): BoundPlace | SystemError {
		const socket = this.#machine.openDatagram(place, this.#ears(place.address));
		if ("errnoName" in socket) return socket;
		this.#sockets.push(socket);
		return socket.local;
	}

	send(bytes: Uint8Array, to: SipHop): void {
		const socket = this.#socketFor(to);
		if (socket === null) {
			const tell = () => this.#listener.failed(to, "ENETUNREACH");
			this.#machine.after(0, tell);
			return;
		}
		// Who asks us is reached as long as they ask: strangers must not push out whom we depend on.
		if (!isAnswer(bytes)) this.#keep(to);
		socket.send([{ to: { address: to.address, port: to.port }, bytes }]);
	}

	/** To be called more often than NATs forget (RFC 5626 §4.4: 24 to 29 s). */
	keepUp(): void {
		for (const { address, port, ...hop } of this.#kept.values()) {
			this.#socketFor({ address, port, ...hop })?.send([{ to: { address, port }, bytes: KEEPALIVE }]);
		}
	}

	/** Nothing depends on the bindings that there are. */
	release(): void {
		this.#kept.clear();
	}

	close(): void {
		for (const socket of this.#sockets) socket.close();
		this.#sockets.length = 0;
	}

	/** The one at the address that the other end knows, else at the one that packets there leave from. */
	#socketFor(to: SipHop): DatagramTransport | null {
		const family = addressFamily(to.address);
		const fitting = this.#sockets.filter(({ local }) => addressFamily(local.address) === family);
		if (fitting.length <= 1) return fitting[0] ?? null;
		const ours = to.ours ?? this.#wayTo(to);
		return fitting.find(({ local }) => local.address === ours) ?? fitting[0] ?? null;
	}

	#wayTo({ address, port }: SipHop): string | null {
		const known = this.#ways.get(address);
		if (known !== undefined) return known;
		if (this.#ways.size >= MOST_WAYS) this.#ways.clear();
		const found = this.#machine.addressTowards({ address, port });
		this.#ways.set(address, found);
		return found;
	}

	#keep(to: SipHop): void {
		const key = `${to.address} ${to.port}`;
		this.#kept.delete(key);
		const [oldest] = this.#kept.keys();
		if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
		this.#kept.set(key, to);
	}

	#ears(ours: string): DatagramListener {
		return {
			received: (datagrams) => {
				for (const { bytes, from, at } of datagrams) {
					const { address, port } = from;
					// The memory is the socket's, and what the listener does in return may use it.
					if (isMessage(bytes)) this.#listener.received(bytes.slice(), { transport: "udp", address, port, ours }, at);
				}
			},
			failed: (error, to) => {
				// What the queues are full of is sent again.
				if (to === null || error.code === "noBuffers") return;
				const { address, port } = to;
				this.#listener.failed({ transport: "udp", address, port }, error.errnoName);
			},
		};
	}
}

const ANSWER = new TextEncoder().encode("SIP/");

/** A method has no slash in it (RFC 3261 §7). */
function isAnswer(bytes: Uint8Array): boolean {
	return ANSWER.every((byte, index) => bytes[index] === byte);
}

const SPACE = 0x20;

/** Keepalives are empty lines or nothing at all, and STUN's begin with a byte that no message begins with (RFC 5626 §8). */
function isMessage(bytes: Uint8Array): boolean {
	const [first = 0] = bytes;
	return first > SPACE || bytes.some((byte) => byte > SPACE && first >= 4);
}
