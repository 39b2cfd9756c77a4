import { type Instant, SECOND } from "../../machine.ts";
import { type Allocation, type AllocationEnd, Relay } from "./allocation.ts";
import { addUsage } from "./counters.ts";
import { familyOf } from "./replies.ts";
import type { TurnServerOutput } from "./server-io.ts";
import { type TurnState, tupleKey } from "./state.ts";
import { closeConnection } from "./tcp-peers.ts";

/** Ports that are tried before it is said that there is none. */
const MOST_TRIES = 16;

/** How long an allocation waits for its relays before it is given up. */
const OPENING_NS = 30 * SECOND;

/** What a relay is to be. */
export interface RelayWish {
	readonly family: 4 | 6;
	readonly transport: "udp" | "tcp";
	readonly even: boolean;
	readonly pair: boolean;
}

/** Asks for a relay of an allocation; the reason if none can be had: 440 without an address of the family, 508 without a port. */
export function openRelay(
	state: TurnState,
	allocation: Allocation,
	wish: RelayWish,
	now: Instant,
): TurnServerOutput | 440 | 508 {
	const at = state.nextAddress(wish.family);
	const { family, transport } = wish;
	const configured = at === null ? undefined : state.config.relays[at];
	if (at === null || configured === undefined) return 440;
	const address = configured.publicAddress ?? configured.address;
	const fields = { family, transport, at, address };
	const relay = new Relay({ ...fields, id: state.nextId(), allocation });
	if (wish.pair) relay.above = new Relay({ ...fields, id: state.nextId(), allocation: null });
	const output = askFor(state, relay, wish.even);
	if (output === null) return 508;
	allocation.relays.push(relay);
	state.relays.set(relay.id, relay);
	state.expiries.set(relay, now + OPENING_NS);
	return output;
}

/** Chooses a port, and asks for it; null: there is none. */
function askFor(state: TurnState, relay: Relay, even: boolean): TurnServerOutput | null {
	const want = { even: even || relay.above !== null, pair: relay.above !== null };
	const port = state.portsOf(relay)?.take(state.draw(), want) ?? null;
	const address = state.config.relays[relay.at]?.address;
	if (port === null || address === undefined) return null;
	relay.port = port;
	relay.even = want.even;
	if (relay.above !== null) relay.above.port = port + 1;
	const { id, transport, above } = relay;
	return { type: "openRelay", relay: id, address, port, transport, above: above?.id ?? null };
}

/** Asks for another port in place of one that was taken; null: enough has been tried. */
export function tryAgain(state: TurnState, relay: Relay): TurnServerOutput | null {
	releasePorts(state, relay);
	return ++relay.tries >= MOST_TRIES ? null : askFor(state, relay, relay.even);
}

function releasePorts(state: TurnState, relay: Relay): void {
	const ports = state.portsOf(relay);
	if (relay.port !== 0) ports?.release(relay.port);
	if (relay.above !== null) ports?.release(relay.above.port);
}

/** Forgets a relay that stands or was asked for, with the one above that was asked for with it and its peers' connections. */
export function dropRelay(state: TurnState, relay: Relay): readonly TurnServerOutput[] {
	const ended = relay.allocation === null ? [] : closeConnections(state, relay.allocation, relay.family);
	releasePorts(state, relay);
	state.relays.delete(relay.id);
	state.expiries.delete(relay);
	const { allocation } = relay;
	if (allocation !== null) {
		allocation.relays = allocation.relays.filter((other) => other !== relay);
		allocation.version++;
	}
	const closed: TurnServerOutput = { type: "closeRelay", relay: relay.id };
	return [...ended, closed, ...(relay.above === null ? [] : [{ type: "closeRelay", relay: relay.above.id } as const])];
}

function closeConnections(state: TurnState, { connections }: Allocation, family: 4 | 6): readonly TurnServerOutput[] {
	const outputs: TurnServerOutput[] = [];
	for (const id of [...(connections ?? [])])
		if (familyOf(state.connections.get(id)?.peer.address ?? "") === family) outputs.push(...closeConnection(state, id));
	return outputs;
}

/** Ends an allocation with all that it has. One whose Allocate was never answered ends without a word. */
export function closeAllocation(state: TurnState, allocation: Allocation, why: AllocationEnd): TurnServerOutput[] {
	const outputs: TurnServerOutput[] = [];
	for (const relay of allocation.relays) outputs.push(...dropRelay(state, relay));
	state.byTuple.delete(tupleKey(allocation.local, allocation.client));
	state.byId.delete(allocation.id);
	const left = (state.byOwner.get(allocation.owner) ?? 1) - 1;
	if (left > 0) state.byOwner.set(allocation.owner, left);
	else state.byOwner.delete(allocation.owner);
	state.config.ledger?.give(allocation.owner);
	allocation.closed = true;
	allocation.version++;
	if (allocation.pending !== null) return outputs;
	state.counters.allocations--;
	state.counters.allocationsClosed++;
	addUsage(state.counters.closedUsage, allocation.usage);
	const { usage } = allocation;
	return [...outputs, { type: "event", event: { kind: "allocationClosed", allocation, usage, why } }];
}
