/**
 * A service of early relays on this thread's event loop, on either backend: core's machine, the sockets that clients come
 * to and those behind relays. What is given out for a binding each (Shared Secret) is for another service's TLS streams.
 */
import { randomBytes } from "node:crypto";
import {
	anyRelayUsers,
	type EarlyRelayUsers,
	EarlyTurnServer,
	type EarlyTurnServerInput,
	type EarlyTurnServerOutput,
	OneTimeUsers,
	type PeerRules,
	restRelayUsers,
	SECOND,
	SharedSecretServer,
	type TurnUsers,
} from "@whither/core";
import { type Backend, openBackend } from "../../backend.ts";
import { DelayedCall } from "../../delayed-call.ts";
import { isSystemError } from "../../errors.ts";
import type { MessageAnswerer } from "../../serving/message-answerer.ts";
import { ServedPlaces } from "../../serving/places.ts";
import { firstOf, type StunListening, type StunServiceFailure } from "../../serving/places-io.ts";
import type { ReceivedDatagram, StreamTransport } from "../../transport/transport.ts";
import { ListenerNumbers } from "../listener-numbers.ts";
import { OutgoingBatches } from "../outgoing-batches.ts";
import { ownAddresses, watchOwnAddresses } from "../own-addresses.ts";
import { RelaySockets } from "../relay-sockets.ts";
import type { TurnDrain } from "../service-io.ts";
import { usableRelays } from "../usable-relays.ts";
import type { EarlyRelayCounters, EarlyRelayOrder, EarlyRelayPlace, EarlyRelayService } from "./service-io.ts";

/** How often a draining service looks whether anybody is left. */
const DRAIN_LOOK_MS = 100;

type Relays = readonly Omit<EarlyRelayPlace, "optional">[];

/** Opens every place, or none: the first that fails is told. Throws RangeError for relay ports below 49152. */
export function openEarlyRelay(order: EarlyRelayOrder): EarlyRelayService | StunServiceFailure {
	const backend = openBackend();
	if (isSystemError(backend)) return { place: firstOf(order.places), error: backend };
	const relays = usableRelays(backend, order.relays);
	if ("error" in relays) return relays;
	const service = new Service(backend, order, relays);
	return service.open(order) ?? service;
}

class Service implements EarlyRelayService {
	readonly relays: readonly string[];
	readonly sharedSecrets: MessageAnswerer;
	readonly #backend: Backend;
	readonly #server: EarlyTurnServer;
	readonly #given = new OneTimeUsers(randomBytes(32));
	readonly #secrets: SharedSecretServer;
	readonly #places: ServedPlaces;
	readonly #relays: RelaySockets;
	readonly #listeners = new ListenerNumbers();
	readonly #outgoing = new OutgoingBatches();
	readonly #timer: DelayedCall;
	readonly #unwatch: () => void;
	#users: EarlyRelayUsers;
	#depth = 0;
	#failed = 0;
	#closed = false;

	constructor(backend: Backend, { config, realm, users }: EarlyRelayOrder, relays: Relays) {
		this.#backend = backend;
		this.relays = relays.map(({ address }) => address);
		this.#users = this.#usersOf(users);
		const unixSecondsAtZero = Number(backend.clock.toUnix(0)) / SECOND;
		const common = { secret: randomBytes(32), unixSecondsAtZero };
		const rulesFor = (own: readonly string[]): PeerRules => {
			return { ...config.peers, own: [...(config.peers?.own ?? []), ...own] };
		};
		const own = ownAddresses();
		this.#server = new EarlyTurnServer({
			...config,
			...common,
			peers: rulesFor(own),
			relays,
			users: (username, unixSeconds) => this.#users(username, unixSeconds),
		});
		this.#secrets = new SharedSecretServer({ ...common, realm, users, given: this.#given });
		this.sharedSecrets = { heard: (message, from, isSecure) => this.#asked(message, from, isSecure) };
		this.#timer = new DelayedCall(backend.clock, () => this.#step({ type: "timer" }));
		this.#places = this.#servedPlaces();
		this.#relays = this.#relaySockets();
		this.#unwatch = watchOwnAddresses(own, (addresses) => this.#step({ type: "peers", peers: rulesFor(addresses) }));
	}

	#servedPlaces(): ServedPlaces {
		return new ServedPlaces(this.#backend, {
			received: (socket, datagrams) => this.#together(() => this.#received(socket, datagrams)),
			failed: () => {
				this.#failed++;
			},
			accept: noStream,
		});
	}

	#relaySockets(): RelaySockets {
		return new RelaySockets(this.#backend, {
			received: (relay, datagrams) =>
				this.#together(() => {
					for (const { from, bytes } of datagrams) this.#step({ type: "relayReceived", relay, from, bytes });
				}),
			failed: () => {
				this.#failed++;
			},
			accepted: (_, stream) => noStream(stream),
			opened: (relay) => this.#step({ type: "relayOpened", relay }),
			notOpened: (relay, why) => this.#step({ type: "relayFailed", relay, why }),
		});
	}

	open({ places }: EarlyRelayOrder): StunServiceFailure | null {
		const failure = this.#places.openDatagrams(places);
		if (failure !== null) this.close();
		return failure;
	}

	get listening(): readonly StunListening[] {
		return this.#places.listening;
	}

	counters(): EarlyRelayCounters {
		return { server: this.#server.counters, sharedSecrets: this.#secrets.counters, failed: this.#failed };
	}

	users(users: TurnUsers): void {
		this.#users = this.#usersOf(users);
		this.#secrets.step({ type: "users", users }, this.#backend.clock.now());
	}

	#usersOf({ restSecrets = [] }: TurnUsers): EarlyRelayUsers {
		return anyRelayUsers([
			(username, unixSeconds) => this.#given.find(username, unixSeconds),
			restRelayUsers(restSecrets),
		]);
	}

	async drain({ seconds, alternate = [] }: TurnDrain): Promise<void> {
		this.#step({ type: "drain", until: this.#backend.clock.now() + seconds * SECOND, alternate });
		while (!this.#closed && this.#server.counters.bindings > 0)
			await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#unwatch();
		this.#step({ type: "drain", until: this.#backend.clock.now() });
		this.#timer.arm(null);
		this.#relays.closeAll();
		this.#places.closeAll();
	}

	#asked(message: Uint8Array, from: Parameters<MessageAnswerer["heard"]>[1], isSecure: boolean): Uint8Array | null {
		const now = this.#backend.clock.now();
		const [output] = this.#secrets.step({ type: "received", bytes: message, from, isSecure }, now);
		return output?.type === "send" ? output.bytes : null;
	}

	#received(socket: number, datagrams: readonly ReceivedDatagram[]): void {
		for (const { bytes, from, to } of datagrams) {
			const local = this.#listeners.ofDatagram(socket, to, from);
			this.#step({ type: "received", bytes, from, local });
		}
	}

	#step(input: EarlyTurnServerInput): void {
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
		this.#timer.arm(this.#closed ? null : (this.#server.deadline?.at ?? null));
	}

	#carryOut(output: EarlyTurnServerOutput): void {
		switch (output.type) {
			case "send":
				this.#send(output);
				break;
			case "relaySend":
				this.#outgoing.add(this.#relays.datagrams(output.relay), { to: output.to, bytes: output.bytes });
				break;
			case "openRelay":
				this.#relays.open(output);
				break;
			case "closeRelay":
				// What was put out before goes first.
				this.#outgoing.flush();
				this.#relays.close(output.relay);
				break;
			case "event":
			case "ignored":
				break;
		}
	}

	/** From the very address that the client knows: its NAT lets nothing else in. */
	#send({ bytes, to, local }: Extract<EarlyTurnServerOutput, { readonly type: "send" }>): void {
		const listener = this.#listeners.at(local);
		if (listener === undefined || listener.socket === null) return;
		const { socket, source, zone } = listener;
		const address = zone === undefined ? to : { ...to, zone };
		this.#outgoing.add(this.#places.sockets[socket], { to: address, bytes, from: source });
	}
}

/** There are none here. */
function noStream(stream: StreamTransport) {
	stream.destroy();
	return { opened: () => {}, received: () => {}, closed: () => {} };
}
