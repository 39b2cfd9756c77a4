import { attributeOf, type StunItem, type StunMessage } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { Allocation, type Relay } from "./allocation.ts";
import { hasEnded } from "./authenticate.ts";
import { ticketItem } from "./mobility.ts";
import { closeAllocation, dropRelay, openRelay, tryAgain } from "./relays.ts";
import { familyOf, respond, withoutMapping } from "./replies.ts";
import { ignored, refused, type TurnRequest } from "./request.ts";
import { reserve, takeReserved } from "./reservations.ts";
import type { TurnServerInput, TurnServerOutput } from "./server-io.ts";
import { type TurnState, tupleKey } from "./state.ts";
import { TokenBucket } from "./token-bucket.ts";

type Outputs = readonly TurnServerOutput[];

/** What an Allocate asks for. */
interface Wanted {
	readonly transport: "udp" | "tcp";
	readonly families: readonly (4 | 6)[];
	readonly even: boolean;
	readonly pair: boolean;
	/** Of a reservation; null: none. */
	readonly token: Uint8Array | null;
}

/** RFC 8656 §7.2, with RFC 6062 §5.1. */
export function allocate(state: TurnState, request: TurnRequest, now: Instant): Outputs {
	const { message, reply, credential, allocation: present } = request;
	if (present !== undefined) return answerAgain(state, present, request);
	if (hasEnded(state, credential, now)) return refused(state, reply, 401, state.challenge(request.from, now));
	const wanted = wantedOf(state, request);
	if (typeof wanted === "number") return refused(state, reply, wanted);
	if (state.drain !== null) return refuseDrained(state, request);
	if (attributeOf(message, "mobilityTicket") !== undefined && state.config.mobility === false)
		return refused(state, reply, 405);
	const code = quotaFault(state, credential.owner, wanted);
	if (code !== null) return refused(state, reply, code);
	const allocation = newAllocation(state, request, now);
	const outputs =
		wanted.token === null ? open(state, allocation, wanted, now) : attach(state, allocation, wanted.token);
	return [...outputs, ...settle(state, allocation, now)];
}

/** The same request gets the same answer (RFC 8656 §7.2); another one may not have the 5-tuple. */
function answerAgain(state: TurnState, { answer, pending, owner }: Allocation, request: TurnRequest): Outputs {
	const { reply, credential } = request;
	const { transactionId, to, local } = reply;
	if (credential.owner !== owner) return refused(state, reply, 437);
	if (pending !== null)
		return sameId(pending.reply.transactionId, transactionId) ? ignored("pending") : refused(state, reply, 437);
	if (answer === null || !sameId(answer.subarray(8, 20), transactionId)) return refused(state, reply, 437);
	return [{ type: "send", bytes: answer, to, local }];
}

function sameId(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function wantedOf(state: TurnState, { message, transport: leg, from }: TurnRequest): Wanted | number {
	const protocol = attributeOf(message, "requestedTransport");
	if (protocol === undefined) return 400;
	const tcp = protocol === 6 && state.config.tcpRelays !== false;
	if (protocol !== 17 && !tcp) return 442;
	const even = attributeOf(message, "evenPort");
	const token = attributeOf(message, "reservationToken");
	const family = attributeOf(message, "requestedAddressFamily");
	// Deviation: coturn's clients ask on a number that no registry has.
	const additional =
		attributeOf(message, "additionalAddressFamily") ?? attributeOf(message, "draftAdditionalAddressFamily");
	if (tcp && (leg !== "stream" || even !== undefined || token !== undefined || has(message, "dontFragment")))
		return 400;
	if (token !== undefined && (even !== undefined || family !== undefined || additional !== undefined)) return 400;
	if (additional !== undefined && (family !== undefined || additional === 4 || even === true)) return 400;
	const unnamed = state.config.unnamedFamily === "client" ? familyOf(withoutMapping(from).address) : 4;
	const families = additional === 6 ? ([4, 6] as const) : [family ?? unnamed];
	const transport = tcp ? "tcp" : "udp";
	return { transport, families, even: even !== undefined, pair: even === true, token: token ?? null };
}

function has(message: StunMessage, name: "dontFragment"): boolean {
	return attributeOf(message, name) !== undefined;
}

/** 300 to a server of the client's family, where another is named; else 508 (RFC 8489 §10). */
function refuseDrained(state: TurnState, { reply, from }: TurnRequest): Outputs {
	const family = familyOf(withoutMapping(from).address);
	const other = state.drain?.alternate.find(({ address }) => familyOf(address) === family);
	if (other === undefined) return refused(state, reply, 508);
	const { address, port, domain } = other;
	const items: StunItem[] = [{ name: "alternateServer", value: { address, port } }];
	if (domain !== undefined) items.push({ name: "alternateDomain", value: domain });
	return refused(state, reply, 300, items);
}

/**
 * Null: it has been counted in the ledger, and there is to be an allocation. A port that is kept counts like an allocation
 * against whoever wants to keep another: else one user could keep them all.
 */
function quotaFault(state: TurnState, owner: string, { pair }: Wanted): 486 | 508 | null {
	const { perUser, total } = state.config.quotas ?? {};
	const kept = pair ? state.reservations.size : 0;
	if (total !== undefined && state.byId.size + kept >= total) return 508;
	const own = (state.byOwner.get(owner) ?? 0) + (pair ? (state.reservedByOwner.get(owner) ?? 0) : 0);
	if (perUser !== undefined && own >= perUser) return 486;
	const taken = state.config.ledger?.take(owner) ?? true;
	if (taken === true) return null;
	return taken === "perUser" ? 486 : 508;
}

function newAllocation(state: TurnState, request: TurnRequest, now: Instant): Allocation {
	const { from, local, transport, credential, message, reply } = request;
	const { owner } = credential;
	const client = { address: from.address, port: from.port };
	const allocation = new Allocation({ id: state.nextId(), owner, client, local, transport, credential });
	const { up, down } = state.config.bandwidth ?? {};
	if (up !== undefined) allocation.up = new TokenBucket(up, now);
	if (down !== undefined) allocation.down = new TokenBucket(down, now);
	const mobile = attributeOf(message, "mobilityTicket") !== undefined;
	allocation.pending = {
		reply: { ...reply, transactionId: reply.transactionId.slice() },
		failures: [],
		lifetimeSeconds: grantedSeconds(state, attributeOf(message, "lifetime")),
		mobile,
	};
	state.byTuple.set(tupleKey(local, client), allocation);
	state.byId.set(allocation.id, allocation);
	state.byOwner.set(owner, (state.byOwner.get(owner) ?? 0) + 1);
	return allocation;
}

/** What is granted of a wish: the default at least, the maximum at most (RFC 8656 §7.2). */
export function grantedSeconds(state: TurnState, wish: number | undefined): number {
	const { defaultSeconds, maximumSeconds } = state.lifetimes;
	return Math.min(Math.max(wish ?? 0, defaultSeconds), maximumSeconds);
}

function open(state: TurnState, allocation: Allocation, wanted: Wanted, now: Instant): TurnServerOutput[] {
	const outputs: TurnServerOutput[] = [];
	for (const family of wanted.families) {
		const opened = openRelay(state, allocation, { ...wanted, family }, now);
		if (typeof opened === "number") allocation.pending?.failures.push({ family, code: opened });
		else outputs.push(opened);
	}
	return outputs;
}

/** Gives an allocation the relay that a token keeps; an unknown token is 508. */
function attach(state: TurnState, allocation: Allocation, token: Uint8Array): TurnServerOutput[] {
	const relay = takeReserved(state, token, allocation.owner);
	if (relay === null) allocation.pending?.failures.push({ family: 4, code: 508 });
	else {
		relay.allocation = allocation;
		allocation.relays.push(relay);
		state.relays.set(relay.id, relay);
	}
	return [];
}

/** Answers an Allocate once every relay stands or has failed. */
function settle(state: TurnState, allocation: Allocation, now: Instant): Outputs {
	const { pending, relays } = allocation;
	if (pending === null || relays.some((relay) => !relay.open)) return [];
	if (relays.length === 0) {
		const closing = closeAllocation(state, allocation, "relayFailed");
		return [...closing, ...refused(state, pending.reply, pending.failures[0]?.code ?? 508)];
	}
	const items = grant(state, allocation, now);
	const answer = respond(pending.reply, items);
	allocation.answer = answer.bytes;
	allocation.pending = null;
	allocation.version++;
	state.counters.allocations++;
	state.counters.allocationsOpened++;
	return [answer, { type: "event", event: { kind: "allocationOpened", allocation } }];
}

function grant(state: TurnState, allocation: Allocation, now: Instant): readonly StunItem[] {
	const { pending, relays, client } = allocation;
	if (pending === null) return [];
	const items: StunItem[] = [];
	for (const relay of relays) {
		state.expiries.set(relay, now + pending.lifetimeSeconds * SECOND);
		items.push({ name: "xorRelayedAddress", value: { address: relay.address, port: relay.port } });
		if (relay.above !== null) items.push(reserve(state, relay, allocation.owner, now));
	}
	for (const { family, code } of pending.failures)
		items.push({ name: "addressErrorCode", value: { family, code, reason: "" } });
	items.push({ name: "lifetime", value: pending.lifetimeSeconds });
	items.push({ name: "xorMappedAddress", value: withoutMapping(client) });
	if (!pending.mobile) return items;
	allocation.moves = 0;
	return [...items, ticketItem(state, allocation)];
}

/** A relay stands; one that nobody waits for any more is closed again. */
export function relayOpened(state: TurnState, id: number, now: Instant): Outputs {
	const relay = state.relays.get(id);
	if (relay === undefined) return [{ type: "closeRelay", relay: id }, ...ignored("unknownRelay")];
	if (relay.open) return ignored("unknownRelay");
	relay.open = true;
	// How long it lives is decided once all stand that it was asked for with.
	state.expiries.delete(relay);
	return relay.allocation === null ? [] : settle(state, relay.allocation, now);
}

/** A relay does not stand: another port is tried, or it is given up. */
export function relayFailed(
	state: TurnState,
	{ relay: id, why }: Extract<TurnServerInput, { readonly type: "relayFailed" }>,
	now: Instant,
): Outputs {
	const relay = state.relays.get(id);
	if (relay === undefined || relay.open) return ignored("unknownRelay");
	const again = why === "portTaken" ? tryAgain(state, relay) : null;
	if (again !== null) return [again];
	// There is nothing to close.
	return giveUp(state, relay, why === "noFamily" ? 440 : 508, now).slice(relay.above === null ? 1 : 2);
}

/** Does without a relay that does not stand, or not in time. */
export function giveUp(state: TurnState, relay: Relay, code: 440 | 508, now: Instant): Outputs {
	const { allocation, family } = relay;
	const closing = dropRelay(state, relay);
	if (allocation === null) return closing;
	allocation.pending?.failures.push({ family, code });
	return [...closing, ...settle(state, allocation, now)];
}
