/** Relays of bindings: opened, set aside, closed. */
import type { StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../../machine.ts";
import { EARLY_TURN_LIFETIMES } from "../lifetimes.ts";
import type { Binding, EarlyRelay, EarlyReservation } from "./binding.ts";
import type { EarlyTurnServerOutput } from "./server-io.ts";
import type { EarlyState, Outputs } from "./state.ts";

/** Ports that are tried before it is said that there is none. */
const MOST_TRIES = 16;

/** What a relay is to be (TRANSPORT-PREFERENCES). */
export interface RelayWish {
	readonly family: 4 | 6;
	readonly parity: "any" | "odd" | "even";
	/** The port above is to be set aside too. */
	readonly next: boolean;
}

/** Asks for a relay of a binding; null: there is no address of the family, or no port. */
export function openRelay(state: EarlyState, binding: Binding, wish: RelayWish): EarlyTurnServerOutput | null {
	const at = state.nextAddress(wish.family);
	const configured = at === null ? undefined : state.config.relays[at];
	if (at === null || configured === undefined) return null;
	const { address, publicAddress, alsoAt = [] } = configured;
	const { parity } = wish;
	const common = { at, addresses: [publicAddress ?? address, ...alsoAt], parity, port: 0, tries: 0, open: false };
	const above: EarlyRelay | null = wish.next ? { ...common, id: state.nextId(), above: null, binding: null } : null;
	const relay: EarlyRelay = { ...common, id: state.nextId(), above, binding };
	const output = askFor(state, relay);
	if (output === null) return null;
	binding.relay = relay;
	state.relays.set(relay.id, relay);
	return output;
}

function askFor(state: EarlyState, relay: EarlyRelay): EarlyTurnServerOutput | null {
	const { id, at, parity, above } = relay;
	const want = { even: parity === "even", odd: parity === "odd", pair: above !== null };
	const port = state.portsOf(relay)?.take(state.draw(), want) ?? null;
	const address = state.config.relays[at]?.address;
	if (port === null || address === undefined) return null;
	relay.port = port;
	if (above !== null) above.port = port + 1;
	return { type: "openRelay", relay: id, address, port, transport: "udp", above: above?.id ?? null };
}

/** Asks for another port in place of one that was taken; null: enough has been tried. */
export function tryAgain(state: EarlyState, relay: EarlyRelay): EarlyTurnServerOutput | null {
	releasePorts(state, relay);
	return ++relay.tries >= MOST_TRIES ? null : askFor(state, relay);
}

function releasePorts(state: EarlyState, relay: EarlyRelay): void {
	const ports = state.portsOf(relay);
	if (relay.port !== 0) ports?.release(relay.port);
	if (relay.above !== null) ports?.release(relay.above.port);
	relay.port = 0;
}

/** Forgets a relay, with the one above where that was asked for with it and is not set aside yet. */
export function dropRelay(state: EarlyState, relay: EarlyRelay): EarlyTurnServerOutput[] {
	releasePorts(state, relay);
	state.relays.delete(relay.id);
	const closed: EarlyTurnServerOutput = { type: "closeRelay", relay: relay.id };
	return relay.above === null ? [closed] : [closed, { type: "closeRelay", relay: relay.above.id }];
}

/** Sets the relay above this one aside, for five minutes, for its owner alone. */
export function setAside(state: EarlyState, relay: EarlyRelay, owner: string, now: Instant): void {
	const kept = relay.above;
	if (kept === null) return;
	relay.above = null;
	kept.open = true;
	const reservation: EarlyReservation = { kind: "reservation", owner, relay: kept, expiresAt: 0, place: -1 };
	for (const address of kept.addresses) state.reservations.set(placeKey({ address, port: kept.port }), reservation);
	state.relays.set(kept.id, kept);
	state.reserved++;
	state.countOwned(owner, 1);
	state.expiries.set(reservation, now + EARLY_TURN_LIFETIMES.preallocatedSeconds * SECOND);
}

/** The relay that was set aside at a place, which it then is no longer; null: none, or for somebody else. */
export function claim(state: EarlyState, at: StunAddress, owner: string): EarlyRelay | null {
	const reservation = state.reservations.get(placeKey(at));
	if (reservation === undefined || reservation.owner !== owner) return null;
	forget(state, reservation);
	return reservation.relay;
}

function forget(state: EarlyState, reservation: EarlyReservation): void {
	const { relay, owner } = reservation;
	for (const address of relay.addresses) state.reservations.delete(placeKey({ address, port: relay.port }));
	state.expiries.delete(reservation);
	state.reserved--;
	state.countOwned(owner, -1);
}

/** Nobody came. */
export function endReservation(state: EarlyState, reservation: EarlyReservation): Outputs {
	forget(state, reservation);
	return dropRelay(state, reservation.relay);
}

function placeKey({ address, port }: StunAddress): string {
	return `${address} ${port}`;
}
