/**
 * Runs core's TURN server on this thread's event loop: every kind of client and of relay, on either backend. Binding
 * requests on the same ports are answered beside it.
 */
import {
	type PeerRules,
	SECOND,
	TurnServer,
	type TurnServerInput,
	type TurnServerOutput,
	type TurnUsers,
} from "@whither/core";
import { CHANNEL_NUMBERS } from "@whither/wire";
import type { Backend } from "../backend.ts";
import { DelayedCall } from "../delayed-call.ts";
import { BindingAnswers, type BindingOrder, isBinding } from "../serving/binding.ts";
import { type ClientStream, ClientStreams } from "../serving/client-streams.ts";
import type { MessageAnswerer } from "../serving/message-answerer.ts";
import { ServedPlaces } from "../serving/places.ts";
import type { StunListening, StunPlace, StunServiceFailure } from "../serving/places-io.ts";
import type { ReceivedDatagram, TransportAddress } from "../transport/transport.ts";
import { ListenerNumbers } from "./listener-numbers.ts";
import { OutgoingBatches } from "./outgoing-batches.ts";
import { PeerStreams } from "./peer-streams.ts";
import { RelaySockets } from "./relay-sockets.ts";
import {
	TURN_STREAMS,
	type TurnDrain,
	type TurnServiceOrder,
	type TurnThreadConfig,
	type TurnThreadCounters,
} from "./service-io.ts";

/** What a driver is opened with. */
export interface TurnThreadOrder {
	readonly config: TurnThreadConfig;
	/** UDP ones too, where no worker has them. */
	readonly places: readonly StunPlace[];
	readonly binding: BindingOrder;
	/** Where the service listens for UDP besides: streams hear of it (RFC 5780). */
	readonly elsewhere: readonly TransportAddress[];
	readonly streams?: TurnServiceOrder["streams"];
	readonly others?: MessageAnswerer;
	readonly certificate?: string;
	readonly key?: string;
}

/** What a client's stream may hold back before data towards it is dropped, as a full link would. */
const MOST_WAITING_DATA_BYTES = 128 * 1024;

/** One driver. */
export class TurnThread {
	readonly #backend: Backend;
	readonly #server: TurnServer;
	readonly #places: ServedPlaces;
	readonly #streams: ClientStreams;
	readonly #relays: RelaySockets;
	readonly #peers: PeerStreams;
	readonly #listeners = new ListenerNumbers();
	readonly #outgoing = new OutgoingBatches();
	readonly #timer: DelayedCall;
	readonly #others: MessageAnswerer | null;
	#binding: BindingAnswers;
	#depth = 0;
	#droppedPackets = 0;
	#failed = 0;

	constructor(backend: Backend, { config, binding, elsewhere, others }: TurnThreadOrder) {
		this.#backend = backend;
		this.#others = others ?? null;
		const unixSecondsAtZero = Number(backend.clock.toUnix(0)) / SECOND;
		this.#server = new TurnServer({ ...config, unixSecondsAtZero });
		this.#binding = new BindingAnswers(backend, elsewhere, binding);
		this.#timer = new DelayedCall(backend.clock, () => this.#step({ type: "timer" }));
		this.#streams = new ClientStreams(
			{
				localOf: (ends) => this.#listeners.ofStream(ends),
				opened: () => {
					this.#binding.counts.streams++;
				},
				heard: (message, client) => this.#heard(message, client),
				ended: ({ from, local }) => this.#step({ type: "streamClosed", from, local }),
				lives: ({ from, local }) => this.#server.allocationAt(local, from) !== undefined,
			},
			{
				channelData: true,
				lastChannel: config.wideChannels ? CHANNEL_NUMBERS.lastOf5766 : CHANNEL_NUMBERS.last,
				classic: others !== undefined,
			},
		);
		this.#places = new ServedPlaces(backend, {
			received: (socket, datagrams) => this.#together(() => this.#received(socket, datagrams)),
			failed: () => {
				this.#failed++;
			},
			accept: (stream) => this.#streams.accept(stream),
		});
		this.#peers = new PeerStreams({
			connected: (connection) => this.#step({ type: "peerConnected", connection }),
			notConnected: (connection) => this.#step({ type: "peerConnectFailed", connection }),
			accepted: (relay, from, handle) => this.#step({ type: "peerAccepted", relay, from, handle }),
			closed: (connection) => this.#step({ type: "peerClosed", connection }),
		});
		this.#relays = new RelaySockets(backend, {
			received: (relay, datagrams) =>
				this.#together(() => {
					for (const { from, bytes } of datagrams) this.#step({ type: "relayReceived", relay, from, bytes });
				}),
			failed: (relay, to, icmp) => this.#step({ type: "relayError", relay, to, ...(icmp && { icmp }) }),
			accepted: (relay, stream, ends) => this.#peers.accept(relay, stream, ends),
			opened: (relay) => this.#step({ type: "relayOpened", relay }),
			notOpened: (relay, why) => this.#step({ type: "relayFailed", relay, why }),
		});
	}

	/** Opens every place, or none: the first that fails is told. */
	async open(order: TurnThreadOrder): Promise<StunServiceFailure | null> {
		const { places, binding, elsewhere, certificate, key } = order;
		const failed = this.#places.openDatagrams(places);
		const sockets = [...this.#places.sockets.map(({ local }) => local), ...elsewhere];
		this.#binding = new BindingAnswers(this.#backend, sockets, binding);
		const secrets = certificate === undefined || key === undefined ? {} : { certificate, key };
		const streams = { ...TURN_STREAMS, ...order.streams };
		const failure = failed ?? (await this.#places.openStreams(places, { streams, ...secrets }));
		if (failure !== null) this.#places.closeAll();
		return failure;
	}

	get listening(): readonly StunListening[] {
		return this.#places.listening;
	}

	get counters(): TurnThreadCounters {
		return {
			server: this.#server.counters,
			binding: { ...this.#binding.counts },
			streams: this.#streams.size,
			peerStreams: this.#peers.size,
			droppedPackets: this.#droppedPackets,
			failed: this.#failed,
		};
	}

	users(users: TurnUsers): void {
		this.#step({ type: "users", users });
	}

	peers(peers: PeerRules): void {
		this.#step({ type: "peers", peers });
	}

	renew(certificate: string, key: string): boolean {
		return this.#places.renew(certificate, key);
	}

	drain({ seconds, alternate = [] }: TurnDrain): void {
		this.#step({ type: "drain", until: this.#backend.clock.now() + seconds * SECOND, alternate });
	}

	/** Ends everything; resolves once streams have ended, or a second later. */
	async close(): Promise<void> {
		this.#places.closeListeners();
		this.#step({ type: "drain", until: this.#backend.clock.now(), alternate: [] });
		this.#timer.arm(null);
		this.#peers.closeAll();
		this.#relays.closeAll();
		this.#places.closeAll();
		await this.#streams.drain();
	}

	#received(socket: number, datagrams: readonly ReceivedDatagram[]): void {
		const bindings = datagrams.filter(({ bytes }) => isBinding(bytes));
		if (bindings.length > 0) this.#binding.received(socket, bindings, this.#places.sockets);
		if (bindings.length === datagrams.length) return;
		for (const { bytes, from, to } of datagrams) {
			if (isBinding(bytes)) continue;
			const local = this.#listeners.ofDatagram(socket, to, from);
			this.#step({ type: "received", bytes, from, local, transport: "datagram" });
		}
	}

	#heard(message: Uint8Array, { stream, from, ours, local }: ClientStream): void {
		if (isBinding(message)) {
			for (const answer of this.#binding.heard(message, from, ours)) stream.send(answer);
			return;
		}
		const other = this.#others?.heard(message, from, this.#places.isTls(ours)) ?? null;
		if (other !== null) stream.send(other);
		else this.#step({ type: "received", bytes: message, from, local, transport: "stream" });
	}

	#step(input: TurnServerInput): void {
		this.#together(() => {
			for (const output of this.#server.step(input, this.#backend.clock.now())) this.#carryOut(output);
		});
	}

	/** What is put out meanwhile leaves when the outermost of these is done, and then the timer is set. */
	#together(work: () => void): void {
		this.#depth++;
		try {
			work();
		} finally {
			this.#depth--;
		}
		if (this.#depth > 0) return;
		this.#outgoing.flush();
		this.#timer.arm(this.#server.deadline?.at ?? null);
	}

	#carryOut(output: TurnServerOutput): void {
		switch (output.type) {
			case "send":
				this.#send(output);
				break;
			case "relaySend": {
				const { relay, to, bytes, dontFragment } = output;
				this.#outgoing.add(this.#relays.datagrams(relay), { to, bytes, dontFragment });
				break;
			}
			case "openRelay":
				this.#relays.open(output);
				break;
			case "closeRelay":
				// What was put out before goes first.
				this.#outgoing.flush();
				this.#relays.close(output.relay);
				break;
			case "connectPeer":
				this.#peers.connect(output.connection, this.#relays.port(output.relay), output.to);
				break;
			case "adoptPeer":
				this.#peers.adopt(output.handle, output.connection);
				break;
			case "refusePeer":
				this.#peers.refuse(output.handle);
				break;
			case "closePeer":
				this.#peers.close(output.connection);
				break;
			case "bindConnection": {
				const client = this.#streams.at(output.local, output.from);
				if (client !== undefined) this.#peers.bind(output.connection, client);
				break;
			}
			case "closeStream":
				this.#streams.at(output.local, output.from)?.stream.close();
				break;
			case "event":
			case "ignored":
				break;
		}
	}

	#send({ bytes, to, local }: Extract<TurnServerOutput, { readonly type: "send" }>): void {
		const listener = this.#listeners.at(local);
		if (listener === undefined) return;
		const { socket, source, zone } = listener;
		if (socket !== null) {
			const address = zone === undefined ? to : { ...to, zone };
			this.#outgoing.add(this.#places.sockets[socket], { to: address, bytes, from: source });
			return;
		}
		const client = this.#streams.at(local, to);
		if (client === undefined) return;
		if (isData(bytes) && client.stream.waitingBytes > MOST_WAITING_DATA_BYTES) this.#droppedPackets++;
		else client.stream.send(bytes);
	}
}

/** The first byte of channel data is no less (RFC 8656 section 12). */
const CHANNEL_DATA = 0x40;
/** The type of a Data indication (RFC 8656 section 17). */
const DATA_INDICATION = 0x0017;

/** Channel data, or a Data indication: what may be lost. */
function isData([first = 0, second = 0]: Uint8Array): boolean {
	return first >= CHANNEL_DATA || ((first << 8) | second) === DATA_INDICATION;
}
