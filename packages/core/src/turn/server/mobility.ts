import { attributeOf, type StunItem } from "@whither/wire";
import type { Allocation } from "./allocation.ts";
import type { TurnRequest } from "./request.ts";
import { type TurnState, tupleKey } from "./state.ts";

/** Bytes of a ticket: the allocation, how often it has moved, and a digest of both. */
const TICKET_LENGTH = 24;

/** The ticket by which an allocation's client may come from elsewhere (RFC 8016 §3.1). */
export function ticketItem(state: TurnState, { id, moves }: Allocation): StunItem {
	return { name: "mobilityTicket", value: ticket(state, id, moves) };
}

function ticket(state: TurnState, id: number, moves: number): Uint8Array {
	const bytes = new Uint8Array(TICKET_LENGTH);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, id);
	view.setUint32(4, moves);
	bytes.set(state.digest(`ticket ${id} ${moves}`).subarray(0, TICKET_LENGTH - 8), 8);
	return bytes;
}

/**
 * The allocation that a Refresh from a 5-tuple without one has a ticket for, brought over to it (RFC 8016 §3.2.2). Only
 * its own user may. 400: no ticket of ours, or one used up; 405: clients may not move here; undefined: no ticket at all.
 */
export function moveHere(state: TurnState, request: TurnRequest): Allocation | 400 | 405 | 441 | undefined {
	const shown = attributeOf(request.message, "mobilityTicket");
	if (shown === undefined) return undefined;
	if (state.config.mobility === false) return 405;
	if (shown.length !== TICKET_LENGTH) return 400;
	const allocation = state.byId.get(new DataView(shown.buffer, shown.byteOffset).getUint32(0));
	if (allocation === undefined || allocation.pending !== null || allocation.moves < 0) return 400;
	const moves = new DataView(shown.buffer, shown.byteOffset).getUint32(4);
	if (!isTicketOf(state, allocation, shown, moves) || (allocation.isTcp && request.transport !== "stream")) return 400;
	if (allocation.owner !== request.credential.owner) return 441;
	const client = { address: request.from.address, port: request.from.port };
	state.byTuple.delete(tupleKey(allocation.local, allocation.client));
	allocation.client = client;
	allocation.local = request.local;
	allocation.transport = request.transport;
	state.byTuple.set(tupleKey(request.local, client), allocation);
	allocation.ticketsFrom = moves;
	allocation.moves++;
	allocation.version++;
	state.counters.moves++;
	return allocation;
}

/**
 * Any ticket from the last that the client has shown on: the answers that told it of later ones may have been lost, however
 * many they were.
 */
function isTicketOf(state: TurnState, { id, moves, ticketsFrom }: Allocation, shown: Uint8Array, at: number): boolean {
	if (at < ticketsFrom || at > moves) return false;
	let difference = 0;
	for (const [index, byte] of ticket(state, id, at).entries()) difference |= byte ^ (shown[index] ?? 0);
	return difference === 0;
}
