/** What a server's early relays (draft-rosenberg-midcom-turn-01) are asked for, as the service wants it. */
import { RELAY_PORTS } from "@whither/core";
import type { StunPlace } from "@whither/net/stun";
import type { EarlyRelayOrder } from "@whither/net/turn";
import { WhitherError } from "../api/error.ts";
import { STUN_PORT } from "../api/stun/server-name.ts";
import type { ServeOptions } from "./serve-options.ts";
import { relayPlaces, turnConfig } from "./turn-options.ts";

/** The drafts leave it open; draft-rosenberg-sipping-ice-01 has its relays there. */
const EARLY_RELAY_PORT = 5556;

/** The order; null: there are none. Throws `WhitherError` with code `badOption`. */
export function earlyRelayOrder(
	options: ServeOptions,
	places: readonly StunPlace[],
	defaultAddress: (family: 4 | 6) => string | null,
): EarlyRelayOrder | null {
	const { classic = false, earlyRelayPort: port = EARLY_RELAY_PORT, stunPort = STUN_PORT } = options;
	if (!classic || port === 0) return null;
	if (places.some((place) => place.transport === "udp" && place.port === port))
		throw badOption("earlyRelayPort", `Early relays want a UDP port of their own, and ${port} is that of STUN`);
	const { realm, users, peers, quotas } = turnConfig(options);
	const { maxBytesPerSecond } = options;
	const relayPorts = earlyPorts(options.relayPorts);
	checkRelayPorts(port, [options.relayPorts ?? RELAY_PORTS, relayPorts]);
	return {
		places: places
			.filter((place) => place.transport === "udp" && place.port === stunPort)
			.map((place) => ({ ...place, port })),
		// What stands behind a translation is reached from before it and from behind.
		relays: relayPlaces(options, places, defaultAddress).map((relay) =>
			relay.publicAddress === undefined ? relay : { ...relay, alsoAt: [relay.address] },
		),
		realm,
		users,
		config: {
			relayPorts,
			...(peers === undefined ? {} : { peers }),
			...(quotas === undefined ? {} : { quotas }),
			...(maxBytesPerSecond === undefined ? {} : { maximumKbps: bothWays(maxBytesPerSecond) }),
		},
	};
}

/** A port where relays are is one that their peers may not have: our own would be taken for one of them. */
function checkRelayPorts(port: number, ranges: readonly { readonly first: number; readonly last: number }[]): void {
	const range = ranges.find(({ first, last }) => first <= port && port <= last);
	if (range === undefined) return;
	const sentence = `Early relays want a UDP port of their own, and ${port} is one of the relays' own ports`;
	throw badOption("earlyRelayPort", `${sentence}, ${range.first} to ${range.last}`);
}

/** Bytes a second each way, as kilobits a second of both. */
function bothWays(bytesPerSecond: number): number {
	return Math.ceil((2 * 8 * bytesPerSecond) / 1000);
}

/** The draft forbids ports below the dynamic ones. */
function earlyPorts({ first, last }: NonNullable<ServeOptions["relayPorts"]> = RELAY_PORTS) {
	const ports = { first: Math.max(first, RELAY_PORTS.first), last };
	if (ports.first <= ports.last) return ports;
	const sentence = `Early relays have ports from ${RELAY_PORTS.first} on, and none of those is between ${first} and ${last}`;
	throw badOption("relayPorts", `${sentence}; choose others, or 0 as the port of early relays, which is none`);
}

function badOption(option: string, sentence: string): WhitherError {
	return new WhitherError("badOption", sentence, { option });
}
