import type { StunItem } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import type { Relay, Reservation } from "./allocation.ts";
import type { TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

/** RFC 8656 §7.2. */
const RESERVED_NS = 30 * SECOND;

const TOKEN_LENGTH = 8;

/** Keeps the relay above this one for whoever shows the token, which it tells. */
export function reserve(state: TurnState, relay: Relay, owner: string, now: Instant): StunItem {
	const token = state.digest(`token ${state.nextId()}`).slice(0, TOKEN_LENGTH);
	const kept = relay.above;
	if (kept !== null) {
		relay.above = null;
		kept.open = true;
		const text = tokenText(token);
		const reservation: Reservation = { kind: "reservation", token: text, owner, relay: kept, expiresAt: 0, place: -1 };
		state.reservations.set(text, reservation);
		state.reservedByOwner.set(owner, (state.reservedByOwner.get(owner) ?? 0) + 1);
		state.expiries.set(reservation, now + RESERVED_NS);
	}
	return { name: "reservationToken", value: token };
}

/** The relay that a token keeps, which it then keeps no longer. Null: none, or for another user. */
export function takeReserved(state: TurnState, token: Uint8Array, owner: string): Relay | null {
	const reservation = state.reservations.get(tokenText(token));
	if (reservation === undefined || reservation.owner !== owner) return null;
	state.expiries.delete(reservation);
	forget(state, reservation);
	return reservation.relay;
}

function forget(state: TurnState, { token, owner }: Reservation): void {
	state.reservations.delete(token);
	const left = (state.reservedByOwner.get(owner) ?? 1) - 1;
	if (left > 0) state.reservedByOwner.set(owner, left);
	else state.reservedByOwner.delete(owner);
}

/** Nobody came. */
export function endReservation(state: TurnState, reservation: Reservation): readonly TurnServerOutput[] {
	const { relay } = reservation;
	forget(state, reservation);
	state.portsOf(relay)?.release(relay.port);
	return [{ type: "closeRelay", relay: relay.id }];
}

function tokenText(token: Uint8Array): string {
	return String.fromCharCode(...token);
}
