/** A relay as the draft's examples have it: locked to the first who sends to it, with one address or two. */
import {
	attributeOf,
	decodeStun,
	encodeStun,
	isDecodeError,
	isEarlyTurnControl,
	type StunAddress,
	type StunItem,
	type StunMessage,
	shortTermKey,
	verifyIntegrity,
} from "@whither/wire";

/** Addresses that lead to it; the first is told as MAPPED-ADDRESS. */
export type RelayAddresses = readonly [string, ...string[]];

/** Who may use it. */
export const RELAY_USER = { username: "somebody", password: "its password" };

interface Port {
	readonly client: StunAddress;
	peer: StunAddress | null;
}

const KEY = shortTermKey(RELAY_USER.password);
const key = ({ address, port }: StunAddress) => `${address} ${port}`;

/** One server with all of its ports. */
export class EarlyRelay {
	readonly ports = new Map<number, Port>();
	readonly #addresses: RelayAddresses;
	readonly #server: StunAddress;
	readonly #send: (from: StunAddress, to: StunAddress, bytes: Uint8Array) => void;
	#next = 8076;

	constructor(
		addresses: RelayAddresses,
		server: StunAddress,
		send: (from: StunAddress, to: StunAddress, bytes: Uint8Array) => void,
	) {
		this.#addresses = addresses;
		this.#server = server;
		this.#send = send;
	}

	hear(bytes: Uint8Array, from: StunAddress, to: StunAddress): void {
		if (to.port !== this.#server.port) this.#fromPeer(bytes, from, to.port);
		else if (isEarlyTurnControl(bytes)) this.#control(bytes, from);
		else this.#fromClient(bytes, from);
	}

	#fromPeer(bytes: Uint8Array, from: StunAddress, port: number): void {
		const found = this.ports.get(port);
		if (found === undefined) return;
		found.peer ??= from;
		if (key(found.peer) === key(from)) this.#send(this.#server, found.client, bytes);
	}

	#fromClient(bytes: Uint8Array, from: StunAddress): void {
		const port = this.#portOf(from);
		const peer = this.ports.get(port)?.peer;
		if (peer !== null && peer !== undefined) this.#send({ address: this.#server.address, port }, peer, bytes);
	}

	#portOf(client: StunAddress): number {
		for (const [port, { client: own }] of this.ports) if (key(own) === key(client)) return port;
		return 0;
	}

	#control(bytes: Uint8Array, from: StunAddress): void {
		const message = decodeStun(bytes);
		if (isDecodeError(message) || !verifyIntegrity(message, KEY)) return;
		const known = this.#portOf(from);
		if (attributeOf(message, "lifetime") === 0) {
			this.ports.delete(known);
			this.#answer(message, from, known, 0);
			return;
		}
		const wanted = attributeOf(message, "transportPreferences");
		const port = known > 0 ? known : wanted?.port === "preallocated" ? wanted.at.port : this.#next;
		if (port === this.#next) this.#next += 2;
		if (known === 0) this.ports.set(port, { client: from, peer: null });
		this.#answer(message, from, port, 600);
	}

	#answer({ transactionId }: StunMessage, to: StunAddress, port: number, lifetime: number): void {
		const [first, ...further] = this.#addresses;
		const attributes: StunItem[] = [
			{ name: "mappedAddress", value: { address: first, port } },
			...further.map((address) => ({ name: "moreAvailable", value: { address, port } }) as const),
			{ name: "lifetime", value: lifetime },
			{ name: "messageIntegrity", key: KEY },
		];
		this.#send(this.#server, to, encodeStun({ class: "success", method: "allocate", transactionId, attributes }));
	}
}
