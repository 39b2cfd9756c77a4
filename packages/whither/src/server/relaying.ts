/** STUN alone, or STUN and TURN on the same places: one service to whoever runs it. */

import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import type { TurnUsers } from "@whither/core";
import type { StunListening, StunPlace, StunServiceCounts, StunServiceFailure } from "@whither/net/stun";
import type {
	EarlyRelayCounters,
	EarlyRelayService,
	TurnDrain,
	TurnService,
	TurnServiceCounters,
} from "@whither/net/turn";
import { earlyRelayOrder } from "./early-relay.ts";
import type { ServeOptions } from "./serve-options.ts";
import { relayPlaces, turnConfig } from "./turn-options.ts";

/** Set by the bundler: the file, beside the bundle, that relay workers run. Absent when run from source. */
declare const WHITHER_RELAY_FILE: string | undefined;

/** What it has done so far; null: that role is off. */
export interface ServerCounters {
	readonly stun: StunServiceCounts;
	readonly turn: TurnServiceCounters | null;
	readonly early: EarlyRelayCounters | null;
}

/** The service under way. */
export interface Relaying {
	readonly listening: readonly StunListening[];
	/** Where early relays are asked for; nowhere where they are off. */
	readonly early: readonly StunListening[];
	/** Addresses that relays are opened on; none: TURN is off. */
	readonly relays: readonly string[];
	users(users: TurnUsers): void;
	renew(certificate: string, key: string): boolean;
	drain(order: TurnDrain): Promise<void>;
	counters(): Promise<ServerCounters>;
	close(): Promise<void>;
	readonly failed: TurnService["failed"];
}

/** Opens every place, or none: the first that fails is told. */
export async function openRelaying(
	options: ServeOptions,
	places: readonly StunPlace[],
): Promise<Relaying | StunServiceFailure> {
	const { certificate, key, classic = false } = options;
	const tls = certificate === undefined || key === undefined ? {} : { certificate, key };
	if (options.turn === false) return openStunAlone({ places, classic, ...tls });
	const net = await import("@whither/net/turn");
	const early = earlyRelayOrder(options, places, net.defaultAddress);
	const beside = early === null ? null : net.openEarlyRelay(early);
	if (beside !== null && net.isEarlyRelayFailure(beside)) return beside;
	const service = await net.openTurnService({
		config: turnConfig(options),
		relays: relayPlaces(options, places, net.defaultAddress),
		places,
		binding: { classic },
		workers: options.workers ?? availableParallelism(),
		...(beside === null ? {} : { others: beside.sharedSecrets }),
		...workerFile(),
		...tls,
	});
	if (!net.isTurnServiceFailure(service)) return relayingOf(service, beside);
	beside?.close();
	return service;
}

/** Both services as one. */
function relayingOf(service: TurnService, early: EarlyRelayService | null): Relaying {
	return {
		listening: service.listening,
		early: early?.listening ?? [],
		relays: service.relays.map(({ address }) => address),
		users: (users) => {
			service.users(users);
			early?.users(users);
		},
		renew: (certificate, key) => service.renew(certificate, key),
		drain: async (order) => {
			// Its servers to go to instead are those of TURN, where nobody serves early relays.
			await Promise.all([service.drain(order), early?.drain({ seconds: order.seconds })]);
		},
		counters: async () => {
			const turn = await service.counters();
			return { stun: turn.binding, turn, early: early?.counters() ?? null };
		},
		close: () => {
			early?.close();
			return service.close();
		},
		failed: service.failed,
	};
}

/** In the command's bundle a path stands for this file, and not its URL. */
function workerFile(): { readonly workerUrl?: URL } {
	if (typeof WHITHER_RELAY_FILE !== "string") return {};
	const here = import.meta.url;
	return { workerUrl: new URL(WHITHER_RELAY_FILE, here.startsWith("file:") ? here : pathToFileURL(here)) };
}

async function openStunAlone(
	order: import("@whither/net/stun").StunServiceOrder,
): Promise<Relaying | StunServiceFailure> {
	const net = await import("@whither/net/stun");
	const service = await net.openStunService(order);
	if (net.isServiceFailure(service)) return service;
	return {
		listening: service.listening,
		early: [],
		relays: [],
		users: () => {},
		renew: (certificate, key) => service.renew(certificate, key),
		drain: () => Promise.resolve(),
		counters: () => Promise.resolve({ stun: service.counts, turn: null, early: null }),
		close: () => service.close(),
		failed: new Promise(() => {}),
	};
}
