/** STUN alone, or STUN and TURN on the same places: one service to whoever runs it. */

import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import type { TurnUsers } from "@whither/core";
import type { StunListening, StunPlace, StunServiceCounts, StunServiceFailure } from "@whither/net/stun";
import type { TurnDrain, TurnService, TurnServiceCounters } from "@whither/net/turn";
import type { ServeOptions } from "./serve-options.ts";
import { relayPlaces, turnConfig } from "./turn-options.ts";

/** Set by the bundler: the file, beside the bundle, that relay workers run. Absent when run from source. */
declare const WHITHER_RELAY_FILE: string | undefined;

/** What it has done so far; `turn` null: that role is off. */
export interface ServerCounters {
	readonly stun: StunServiceCounts;
	readonly turn: TurnServiceCounters | null;
}

/** The service under way. */
export interface Relaying {
	readonly listening: readonly StunListening[];
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
	const service = await net.openTurnService({
		config: turnConfig(options),
		relays: relayPlaces(options, places, net.defaultAddress),
		places,
		binding: { classic },
		workers: options.workers ?? availableParallelism(),
		...workerFile(),
		...tls,
	});
	if (net.isTurnServiceFailure(service)) return service;
	return {
		listening: service.listening,
		relays: service.relays.map(({ address }) => address),
		users: (users) => service.users(users),
		renew: (certificate, key) => service.renew(certificate, key),
		drain: (order) => service.drain(order),
		counters: async () => {
			const turn = await service.counters();
			return { stun: turn.binding, turn };
		},
		close: () => service.close(),
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
		relays: [],
		users: () => {},
		renew: (certificate, key) => service.renew(certificate, key),
		drain: () => Promise.resolve(),
		counters: () => Promise.resolve({ stun: service.counts, turn: null }),
		close: () => service.close(),
		failed: new Promise(() => {}),
	};
}
