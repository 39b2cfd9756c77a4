/** What a server's TURN role is asked for, as the service wants it. */
import { PeerFilter, type TurnUsers } from "@whither/core";
import type { StunPlace } from "@whither/net/stun";
import type { TurnRelayPlace, TurnServiceOrder } from "@whither/net/turn";
import { encodeUtf8 } from "@whither/wire";
import { WhitherError } from "../api/error.ts";
import { literalTarget } from "../api/resolve.ts";

/** Options of the TURN role; every one may be left out. */
export interface TurnOptions {
	/** Serve TURN on the places of STUN; by default true. */
	readonly turn?: boolean | undefined;
	/** What users belong to; by default "whither". */
	readonly realm?: string | undefined;
	/** Who may relay; by default nobody. */
	readonly users?: TurnUsers | undefined;
	/**
	 * Addresses that relays are opened on, each with the one that peers know it by where that is another (`ADDR=PUBLIC`).
	 * By default those that are listened on.
	 */
	readonly relayAddresses?: readonly string[] | undefined;
	/** By default 49152 to 65535. */
	readonly relayPorts?: { readonly first: number; readonly last: number } | undefined;
	/** Addresses or ranges that relays may send to though they are private, and others that they may not. */
	readonly allowPeers?: readonly string[] | undefined;
	readonly denyPeers?: readonly string[] | undefined;
	/** Allocations at one time, in all and of each user; by default without a bound. */
	readonly maxAllocations?: number | undefined;
	readonly maxPerUser?: number | undefined;
	/** Bytes a second that one allocation may relay, each way; by default without a bound. */
	readonly maxBytesPerSecond?: number | undefined;
	/** Threads that serve UDP clients, by default one for each core; 0: none but the main one. */
	readonly workers?: number | undefined;
}

/** RFC 8489 §14.9: what every challenge is to hold. */
const LONGEST_REALM = 763;

/** At least what an endpoint sends at once after silence. */
const LEAST_BURST_BYTES = 65_536;

/** The part of a service's order that these options say; throws `WhitherError` with code `badOption`. */
export function turnConfig(options: TurnOptions): TurnServiceOrder["config"] {
	const { realm = "whither", users = {}, relayPorts, allowPeers = [], denyPeers = [] } = options;
	const { maxAllocations: total, maxPerUser: perUser, maxBytesPerSecond: bytesPerSecond } = options;
	const { length } = encodeUtf8(realm);
	if (length === 0 || length > LONGEST_REALM) throw badOption("realm", `A realm has 1 to ${LONGEST_REALM} bytes`);
	checkPorts(relayPorts);
	checkRanges("allowPeers", allowPeers);
	checkRanges("denyPeers", denyPeers);
	const rate = bytesPerSecond && { bytesPerSecond, burstBytes: Math.max(bytesPerSecond, LEAST_BURST_BYTES) };
	return {
		realm,
		users,
		// Clients of RFC 5766 take channels from all of its range.
		wideChannels: true,
		peers: { allow: allowPeers, deny: denyPeers },
		quotas: { ...(total === undefined ? {} : { total }), ...(perUser === undefined ? {} : { perUser }) },
		...(relayPorts === undefined ? {} : { relayPorts }),
		...(rate ? { bandwidth: { up: rate, down: rate } } : {}),
	};
}

/** Where relays are opened, if not where we listen; throws `WhitherError` with code `badOption`. */
export function relayPlaces(
	{ relayAddresses = [] }: TurnOptions,
	places: readonly StunPlace[],
	defaultAddress: (family: 4 | 6) => string | null,
): readonly TurnRelayPlace[] {
	if (relayAddresses.length > 0) return relayAddresses.map(readRelayAddress);
	const relays = new Map<string, TurnRelayPlace>();
	for (const { family, address, zone, optional } of places) {
		const own = address ?? defaultAddress(family);
		// A link-local address is of no use to peers elsewhere.
		if (own === null || zone !== undefined) continue;
		relays.set(own, { address: own, ...(optional === undefined ? {} : { optional }) });
	}
	if (relays.size === 0) throw badOption("relayAddresses", "There is no address to relay from; name one");
	return [...relays.values()];
}

function readRelayAddress(text: string): TurnRelayPlace {
	const [own, shown, ...more] = text.split("=");
	const address = literalTarget(own ?? "");
	const publicAddress = shown === undefined ? null : literalTarget(shown);
	const isWrong = address === null || address.zone !== null || more.length > 0;
	if (isWrong || (shown !== undefined && publicAddress?.family !== address.family))
		throw badOption(
			"relayAddresses",
			`"${text}" is no address to relay from; write ADDR, or ADDR=PUBLIC of one family`,
		);
	return { address: address.address, ...(publicAddress === null ? {} : { publicAddress: publicAddress.address }) };
}

function checkPorts(ports: TurnOptions["relayPorts"]): void {
	if (ports === undefined) return;
	const { first, last } = ports;
	const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535;
	if (!isPort(first) || !isPort(last) || first > last)
		throw badOption("relayPorts", `There are no ports from ${first} to ${last}`);
}

function checkRanges(option: string, texts: readonly string[]): void {
	for (const text of texts) {
		try {
			new PeerFilter({ allow: [text] });
		} catch {
			throw badOption(option, `"${text}" is no address and no range of addresses such as 10.0.0.0/8`);
		}
	}
}

function badOption(option: string, sentence: string): WhitherError {
	return new WhitherError("badOption", sentence, { option });
}
