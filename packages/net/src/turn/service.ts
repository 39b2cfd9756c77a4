/**
 * A TURN service: workers for UDP clients where the backend has them, and this thread for all others. They count
 * allocations together, take each other's nonces, and divide the relay ports.
 */
import { randomBytes } from "node:crypto";
import { RELAY_PORTS, type TurnRelayAddress, type TurnUsers } from "@whither/core";
import { addressFamily } from "@whither/wire";
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import type { StunServiceFailure } from "../stun/service-io.ts";
import { openDatagram } from "../transport/open.ts";
import { createTurnLedger, openTurnLedger } from "./ledger.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { TurnDrain, TurnRelayPlace, TurnService, TurnServiceCounters, TurnServiceOrder } from "./service-io.ts";
import { TurnThread } from "./thread-driver.ts";

/** How often a draining service looks whether anybody is left. */
const DRAIN_LOOK_MS = 100;

/** Opens every place, or none: the first that fails is told. */
export async function openTurnService(order: TurnServiceOrder): Promise<TurnService | StunServiceFailure> {
	const backend = openBackend();
	const [first] = order.places;
	if (isSystemError(backend)) {
		return { place: first ?? { transport: "udp", family: 4, address: null, port: 0 }, error: backend };
	}
	const relays = usableRelays(backend, order.relays);
	if ("error" in relays) return relays;
	const thread = await openThread(backend, order, relays);
	return thread instanceof TurnThread ? new Service(thread, relays) : thread;
}

/** Tries an address of each, so that whoever runs the service hears of it, and not its clients. */
function usableRelays(
	backend: Backend,
	relays: readonly TurnRelayPlace[],
): readonly TurnRelayAddress[] | StunServiceFailure {
	const usable: TurnRelayAddress[] = [];
	for (const { optional, ...relay } of relays) {
		const place = { family: addressFamily(relay.address) ?? 4, address: relay.address, port: 0 };
		const socket = openDatagram(backend, { ...place, use: "relay" }, { received: () => {}, failed: () => {} });
		if (!isSystemError(socket)) socket.close();
		else if (optional !== true) return { place: { transport: "udp", ...place }, error: socket };
		else continue;
		usable.push(relay);
	}
	return usable;
}

async function openThread(
	backend: Backend,
	order: TurnServiceOrder,
	relays: readonly TurnRelayAddress[],
): Promise<TurnThread | StunServiceFailure> {
	const { quotas = {}, ...config } = order.config;
	const { peers = {}, relayPorts = RELAY_PORTS } = config;
	const threadOrder = {
		...order,
		elsewhere: [],
		config: {
			...config,
			relays,
			relayPorts,
			peers: { ...peers, own: [...(peers.own ?? []), ...ownAddresses()], relayPorts },
			secret: randomBytes(32),
			ledger: openTurnLedger(createTurnLedger(quotas, randomBytes(32))),
		},
	};
	const thread = new TurnThread(backend, threadOrder);
	return (await thread.open(threadOrder)) ?? thread;
}

class Service implements TurnService {
	readonly failed = new Promise<never>(() => {});
	readonly #thread: TurnThread;
	#closed = false;

	readonly relays: readonly TurnRelayAddress[];

	constructor(thread: TurnThread, relays: readonly TurnRelayAddress[]) {
		this.#thread = thread;
		this.relays = relays;
	}

	get listening() {
		return this.#thread.listening;
	}

	users(users: TurnUsers): void {
		this.#thread.users(users);
	}

	renew(certificate: string, key: string): boolean {
		return this.#thread.renew(certificate, key);
	}

	async drain(order: TurnDrain): Promise<void> {
		this.#thread.drain(order);
		while (!this.#closed && (await this.counters()).server.allocations > 0) {
			await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
		}
	}

	async counters(): Promise<TurnServiceCounters> {
		const thread = this.#thread.counters;
		return { server: thread.server, binding: thread.binding, thread, workers: [] };
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#thread.close();
	}
}
