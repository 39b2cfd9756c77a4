/**
 * A TURN service: workers for UDP clients where the backend has them, and this thread for all others. They count
 * allocations together, take each other's nonces, and divide the relay ports.
 */
import { randomBytes } from "node:crypto";
import { type PeerRules, RELAY_PORTS, type SystemError, type TurnRelayAddress, type TurnUsers } from "@whither/core";
import { type Backend, openBackend } from "../backend.ts";
import { isSystemError } from "../errors.ts";
import { isMissing } from "../serving/places.ts";
import { firstOf, type StunPlace, type StunServiceFailure } from "../serving/places-io.ts";
import { openDatagram } from "../transport/open.ts";
import type { TurnWorkerOrder, TurnWorkers } from "./data-path/worker-io.ts";
import { createTurnLedger, openTurnLedger } from "./ledger.ts";
import { ownAddresses, watchOwnAddresses } from "./own-addresses.ts";
import { divideRange, type PortRange } from "./relay-range.ts";
import { sumCounters } from "./service-counters.ts";
import type { TurnDrain, TurnService, TurnServiceCounters, TurnServiceOrder } from "./service-io.ts";
import { TurnThread, type TurnThreadOrder } from "./thread-driver.ts";
import { NOBODY, usableRelays } from "./usable-relays.ts";

/** How often a draining service looks whether anybody is left. */
const DRAIN_LOOK_MS = 100;

/** Opens every place, or none: the first that fails is told. */
export async function openTurnService(order: TurnServiceOrder): Promise<TurnService | StunServiceFailure> {
	const backend = openBackend();
	if (isSystemError(backend)) return { place: firstOf(order.places), error: backend };
	const relays = usableRelays(backend, order.relays);
	if ("error" in relays) return relays;
	const plan = planOf(backend, order, relays);
	const workers = plan.workers === null ? null : await openWorkers(backend, plan.workers, order);
	if (workers !== null && "error" in workers) return workers;
	const elsewhere = workers?.listening.map(({ local }) => local) ?? [];
	const thread = new TurnThread(backend, { ...plan.thread, elsewhere });
	const failure = await thread.open({ ...plan.thread, elsewhere });
	if (failure === null) return new Service({ thread, workers, relays, rulesFor: plan.rulesFor, own: plan.own });
	await workers?.close();
	return failure;
}

/** What each part of the service is opened with. */
interface Plan {
	readonly thread: Omit<TurnThreadOrder, "elsewhere">;
	/** Null: this thread serves all. */
	readonly workers: { readonly order: TurnWorkerOrder; readonly count: number } | null;
	/** Whom relays may send to, while these are our addresses; those that are now. */
	readonly rulesFor: (own: readonly string[]) => PeerRules;
	readonly own: readonly string[];
}

function planOf(backend: Backend, order: TurnServiceOrder, relays: readonly TurnRelayAddress[]): Plan {
	const { places, binding, certificate, key, streams, others: answerer } = order;
	const { quotas = {}, ...wishes } = order.config;
	const { relayPorts = RELAY_PORTS } = wishes;
	const own = ownAddresses();
	const rulesFor = rulesOf(wishes);
	const shared = {
		...wishes,
		relays,
		peers: rulesFor(own),
		secret: randomBytes(32),
		// Node's sockets have no word for it.
		...(backend.name === "portable" ? { dontFragment: false } : {}),
	};
	const ledger = createTurnLedger(quotas, randomBytes(32));
	const tls = certificate === undefined || key === undefined ? {} : { certificate, key };
	const answering = answerer === undefined ? {} : { others: answerer };
	const common = { binding, ...tls, ...answering, ...(streams === undefined ? {} : { streams }) };
	const threadWith = (served: readonly StunPlace[], ports: PortRange) => {
		return { ...common, places: served, config: { ...shared, relayPorts: ports, ledger: openTurnLedger(ledger) } };
	};
	const datagrams = places.filter(({ transport }) => transport === "udp");
	const divided = backend.name === "native" && datagrams.length > 0 ? divideRange(relayPorts, order.workers) : null;
	if (divided === null) return { rulesFor, own, thread: threadWith(places, relayPorts), workers: null };
	const config = { ...shared, relayPorts: divided.workers, instance: 1 };
	const workerOrder = { config, places: datagrams, binding: { classic: false, ...binding }, ledger };
	const others = places.filter(({ transport }) => transport !== "udp");
	const thread = threadWith(others, divided.own);
	return { rulesFor, own, thread, workers: { order: workerOrder, count: divided.count } };
}

/** Whom relays may send to while our addresses are these. */
function rulesOf({ peers = {}, relayPorts = RELAY_PORTS }: TurnServiceOrder["config"]): Plan["rulesFor"] {
	return (addresses) => ({ ...peers, own: [...(peers.own ?? []), ...addresses], relayPorts });
}

/** Ports that are the system's choice are chosen before: all workers have the same. */
async function openWorkers(
	backend: Backend,
	{ order, count }: NonNullable<Plan["workers"]>,
	{ workerUrl }: TurnServiceOrder,
): Promise<TurnWorkers | StunServiceFailure> {
	const places: StunPlace[] = [];
	for (const place of order.places) {
		const port = place.port === 0 ? freePort(backend, place) : place.port;
		if (isSystemError(port)) {
			if (isMissing(place, port)) continue;
			return { place, error: port };
		}
		places.push({ ...place, port });
	}
	const { openTurnWorkers } = await import("./data-path/workers.ts");
	return openTurnWorkers({ ...order, places }, count, workerUrl);
}

function freePort(backend: Backend, { optional: _, transport, ...place }: StunPlace): number | SystemError {
	const socket = openDatagram(backend, { ...place, use: "server" }, NOBODY);
	if (isSystemError(socket)) return socket;
	socket.close();
	return socket.local.port;
}

interface Parts extends Pick<Plan, "rulesFor" | "own"> {
	readonly thread: TurnThread;
	readonly workers: TurnWorkers | null;
	readonly relays: readonly TurnRelayAddress[];
}

class Service implements TurnService {
	readonly relays: readonly TurnRelayAddress[];
	readonly failed: TurnService["failed"];
	readonly #thread: TurnThread;
	readonly #workers: TurnWorkers | null;
	readonly #unwatch: () => void;
	#closed = false;

	constructor({ thread, workers, relays, rulesFor, own }: Parts) {
		this.#thread = thread;
		this.#workers = workers;
		this.relays = relays;
		this.#unwatch = watchOwnAddresses(own, (addresses) => {
			thread.peers(rulesFor(addresses));
			workers?.peers(rulesFor(addresses));
		});
		this.failed = workers?.failed ?? new Promise(() => {});
	}

	get listening() {
		return [...(this.#workers?.listening ?? []), ...this.#thread.listening];
	}

	users(users: TurnUsers): void {
		this.#thread.users(users);
		this.#workers?.users(users);
	}

	renew(certificate: string, key: string): boolean {
		return this.#thread.renew(certificate, key);
	}

	async drain(order: TurnDrain): Promise<void> {
		this.#thread.drain(order);
		this.#workers?.drain(order);
		while (!this.#closed && (await this.counters()).server.allocations > 0) {
			await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
		}
	}

	async counters(): Promise<TurnServiceCounters> {
		return sumCounters(this.#thread.counters, (await this.#workers?.counters()) ?? []);
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#unwatch();
		await Promise.all([this.#thread.close(), this.#workers?.close()]);
	}
}
