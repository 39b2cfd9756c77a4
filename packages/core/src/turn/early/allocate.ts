import { attributeOf, type StunItem, type StunMessage, type TransportPreferences } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { addUsage, count } from "../server/counters.ts";
import { familyOf, withoutMapping } from "../server/replies.ts";
import { tupleKey } from "../server/state.ts";
import { TokenBucket } from "../server/token-bucket.ts";
import { Binding, type BindingUser, type EarlyRelay } from "./binding.ts";
import { claim, dropRelay, openRelay, setAside, tryAgain } from "./relays.ts";
import { type Reply, refuse, respond } from "./replies.ts";
import type { EarlyBindingEnd, EarlyTurnServerInput, EarlyTurnServerOutput } from "./server-io.ts";
import { type EarlyState, ignored, type Outputs } from "./state.ts";

/** An Allocate of somebody who is authenticated. */
export interface AllocateRequest {
	readonly message: StunMessage;
	readonly user: BindingUser;
	readonly reply: Reply;
}

/** How long a binding waits for its relay before it is given up. */
const OPENING_NS = 30 * SECOND;

/** An error response, counted. */
export function refused(state: EarlyState, reply: Reply, code: number, items: readonly StunItem[] = []): Outputs {
	count(state.counters.refusals, code);
	return [refuse(reply, code, items)];
}

/** A new binding: refused at once, or once its relay has failed, or granted once it stands. */
export function allocate(state: EarlyState, request: AllocateRequest, now: Instant): Outputs {
	const { message, user, reply } = request;
	if (state.drain !== null) return sendElsewhere(state, reply);
	const wanted = attributeOf(message, "transportPreferences") ?? { port: "any", next: false };
	const lifetimeSeconds = grantedSeconds(state, attributeOf(message, "lifetime"), user, now);
	if (lifetimeSeconds === 0) return refused(state, reply, 430);
	if (!hasRoom(state, user.owner, wanted) || !takes(state, user, reply, now)) return refused(state, reply, 500);
	const pending = {
		reply: { ...reply, transactionId: reply.transactionId.slice() },
		bandwidthKbps: grantedKbps(state, attributeOf(message, "bandwidth")),
	};
	const { to: client, local } = reply;
	const binding = new Binding({ id: state.nextId(), user, client, local, lifetimeSeconds, pending });
	state.byTuple.set(tupleKey(local, client), binding);
	state.countOwned(user.owner, 1);
	state.expiries.set(binding, now + OPENING_NS);
	return attach(state, binding, wanted, now);
}

/** While the server drains: another one of the client's family where there is such, and otherwise none. */
function sendElsewhere(state: EarlyState, reply: Reply): Outputs {
	const family = familyOf(withoutMapping(reply.to).address);
	const other = state.drain?.alternate.find(({ address }) => familyOf(address) === family);
	if (other === undefined) return refused(state, reply, 500);
	return refused(state, reply, 300, [{ name: "earlyAlternateServer", value: other }]);
}

/**
 * Never more than was asked for (§9.2), than the server's own maximum, and than the credential has left.
 * 0: that has ended.
 */
export function grantedSeconds(state: EarlyState, wish: number | undefined, user: BindingUser, now: Instant): number {
	const { defaultSeconds, maximumSeconds } = state.lifetimes;
	const granted = Math.min(wish ?? defaultSeconds, maximumSeconds);
	const ends = user.once ? null : user.endsAtUnixSeconds;
	const left = ends === null ? granted : Math.max(0, ends - state.unixSeconds(now));
	if (state.drain === null) return Math.min(granted, left);
	return Math.min(granted, left, Math.max(1, Math.ceil((state.drain.until - now) / SECOND)));
}

function grantedKbps({ config: { maximumKbps } }: EarlyState, wish: number | undefined): number | null {
	if (maximumKbps === undefined) return wish ?? null;
	return Math.min(wish ?? maximumKbps, maximumKbps);
}

/** A port that is set aside counts like a binding, and whoever claims it takes no more than it had. */
function hasRoom(state: EarlyState, owner: string, wanted: TransportPreferences): boolean {
	const { perUser, total } = state.config.quotas ?? {};
	if (wanted.port === "preallocated") return true;
	const more = wanted.next ? 2 : 1;
	const all = state.byTuple.size + state.reserved;
	if (total !== undefined && all + more > total) return false;
	return perUser === undefined || (state.byOwner.get(owner) ?? 0) + more <= perUser;
}

/** Notes that a one-time name is used, and counts in the ledger; false: there is no room for either, and nothing is noted. */
function takes(state: EarlyState, user: BindingUser, { to, local }: Reply, now: Instant): boolean {
	const { used, config } = state;
	const { username, owner, once, endsAtUnixSeconds } = user;
	const end = endsAtUnixSeconds ?? Number.POSITIVE_INFINITY;
	const use = { tuple: tupleKey(local, to), owner, endsAtUnixSeconds: end };
	if (once && !used.add(username, use, state.unixSeconds(now))) return false;
	if (config.ledger === undefined || config.ledger.take(owner) === true) return true;
	if (once) used.delete(username);
	return false;
}

function attach(state: EarlyState, binding: Binding, wanted: TransportPreferences, now: Instant): Outputs {
	if (wanted.port === "preallocated") {
		const relay = claim(state, wanted.at, binding.owner);
		if (relay === null) return giveUp(state, binding, 400);
		relay.binding = binding;
		binding.relay = relay;
		return grant(state, binding, now);
	}
	const family = familyOf(withoutMapping(binding.client).address);
	const output = openRelay(state, binding, { family, parity: wanted.port, next: wanted.next });
	return output === null ? giveUp(state, binding, 500) : [output];
}

/** Its relay stands: the Allocate is answered. */
function grant(state: EarlyState, binding: Binding, now: Instant): Outputs {
	const { pending, relay, owner, lifetimeSeconds } = binding;
	if (pending === null || relay === null) return [];
	binding.pending = null;
	binding.activeAt = now;
	binding.bandwidthKbps = pending.bandwidthKbps;
	if (pending.bandwidthKbps !== null) binding.bucket = bucketOf(pending.bandwidthKbps, now);
	setAside(state, relay, owner, now);
	state.expiries.set(binding, now + lifetimeSeconds * SECOND);
	const answer = respond(pending.reply, bindingItems(binding));
	binding.answered = { id: pending.reply.transactionId, bytes: answer.bytes };
	state.counters.bindings++;
	state.counters.bindingsOpened++;
	return [answer, { type: "event", event: { kind: "bindingOpened", binding } }];
}

/** A second's worth may come at once. */
function bucketOf(kbps: number, now: Instant): TokenBucket {
	const bytesPerSecond = kbps * 125;
	return new TokenBucket({ bytesPerSecond, burstBytes: Math.max(bytesPerSecond, LONGEST_DATAGRAM) }, now);
}

/** What UDP carries at most in IPv4. */
const LONGEST_DATAGRAM = 65_507;

/** What a binding's client is told, at first and with each refresh. */
export function bindingItems({ relayed, lifetimeSeconds, bandwidthKbps }: Binding): readonly StunItem[] {
	const [mapped, ...more] = relayed;
	const items: StunItem[] = mapped === undefined ? [] : [{ name: "mappedAddress", value: mapped }];
	items.push({ name: "lifetime", value: lifetimeSeconds });
	if (bandwidthKbps !== null) items.push({ name: "bandwidth", value: bandwidthKbps });
	for (const value of more) items.push({ name: "moreAvailable", value });
	return items;
}

/** A relay stands; one that nobody waits for any more is closed again. */
export function relayOpened(state: EarlyState, id: number, now: Instant): Outputs {
	const relay = state.relays.get(id);
	if (relay === undefined) return [{ type: "closeRelay", relay: id }, ...ignored("unknownRelay")];
	if (relay.open || relay.binding === null) return ignored("unknownRelay");
	relay.open = true;
	return grant(state, relay.binding, now);
}

/** A relay does not stand: another port is tried, or the binding is given up. */
export function relayFailed(
	state: EarlyState,
	{ relay: id, why }: Extract<EarlyTurnServerInput, { readonly type: "relayFailed" }>,
): Outputs {
	const relay = state.relays.get(id);
	if (relay === undefined || relay.open || relay.binding === null) return ignored("unknownRelay");
	const again = why === "portTaken" ? tryAgain(state, relay) : null;
	if (again !== null) return [again];
	const { binding } = relay;
	// There is nothing to close.
	dropRelay(state, relay);
	binding.relay = null;
	return giveUp(state, binding, 500);
}

/** Does without a binding whose Allocate has not been answered: its name is as good as before. */
export function giveUp(state: EarlyState, binding: Binding, code: 400 | 500): Outputs {
	const { pending, user } = binding;
	const closed = endBinding(state, binding);
	if (user.once) state.used.delete(user.username);
	return pending === null ? closed : [...closed, ...refused(state, pending.reply, code)];
}

/** Ends a binding with its relay. */
export function closeBinding(state: EarlyState, binding: Binding, why: EarlyBindingEnd): Outputs {
	const closed = endBinding(state, binding);
	state.counters.bindings--;
	state.counters.bindingsClosed++;
	addUsage(state.counters.usage, binding.usage);
	return [...closed, { type: "event", event: { kind: "bindingClosed", binding, why } }];
}

function endBinding(state: EarlyState, binding: Binding): EarlyTurnServerOutput[] {
	const relay: EarlyRelay | null = binding.relay;
	state.byTuple.delete(tupleKey(binding.local, binding.client));
	state.expiries.delete(binding);
	state.countOwned(binding.owner, -1);
	state.config.ledger?.give(binding.owner);
	return relay === null ? [] : dropRelay(state, relay);
}
