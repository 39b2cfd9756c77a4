import { attributeOf, type StunItem } from "@whither/wire";
import type { Allocation } from "./allocation.ts";
import { giverOf, type HandOver, handOverTo, withGiver } from "./instances.ts";
import type { TurnRequest } from "./request.ts";
import { type TurnState, tupleKey } from "./state.ts";

/** Bytes of a ticket: the allocation, how often it has moved, a digest of both, and which server has the allocation. */
const TICKET_LENGTH = 25;
const DIGEST_LENGTH = 16;

/** The ticket by which an allocation's client may come from elsewhere (RFC 8016 §3.1). */
export function ticketItem(state: TurnState, { id, moves }: Allocation): StunItem {
	return { name: "mobilityTicket", value: withGiver(state, ticket(state, state.instance, id, moves)) };
}

/** All of a ticket but its last byte. */
function ticket(state: TurnState, instance: number, id: number, moves: number): Uint8Array {
	const bytes = new Uint8Array(TICKET_LENGTH - 1);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, id);
	view.setUint32(4, moves);
	bytes.set(state.digestOf(instance, `ticket ${id} ${moves}`).subarray(0, DIGEST_LENGTH), 8);
	return bytes;
}

/**
 * The allocation that a Refresh from a 5-tuple without one has a ticket for, brought over to it (RFC 8016 §3.2.2). Only
 * its own user may. 400: no ticket of ours, or one used up; 405: clients may not move here; undefined: no ticket at all.
 * A ticket that a sibling has made is for it to judge.
 */
export function moveHere(state: TurnState, request: TurnRequest): Allocation | HandOver | 400 | 405 | 441 | undefined {
	const shown = attributeOf(request.message, "mobilityTicket");
	if (shown === undefined) return undefined;
	if (state.config.mobility === false) return 405;
	if (shown.length !== TICKET_LENGTH) return 400;
	const view = new DataView(shown.buffer, shown.byteOffset);
	const [id, moves] = [view.getUint32(0), view.getUint32(4)];
	const giver = giverOf(state, shown);
	if (!isTicket(state, giver, id, moves, shown)) return 400;
	if (giver !== state.instance) return handOverTo(state, giver) ?? 400;
	const allocation = state.byId.get(id);
	if (allocation === undefined || allocation.pending !== null || allocation.moves < 0) return 400;
	if (!isGood(allocation, moves) || (allocation.isTcp && request.transport !== "stream")) return 400;
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

/** Whether this server of the service has made it. */
function isTicket(state: TurnState, giver: number, id: number, moves: number, shown: Uint8Array): boolean {
	let difference = 0;
	for (const [index, byte] of ticket(state, giver, id, moves).entries()) difference |= byte ^ (shown[index] ?? 0);
	return difference === 0;
}

/**
 * Any ticket from the last that the client has shown on: the answers that told it of later ones may have been lost, however
 * many they were.
 */
function isGood({ moves, ticketsFrom }: Allocation, at: number): boolean {
	return at >= ticketsFrom && at <= moves;
}
