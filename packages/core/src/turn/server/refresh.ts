import { attributeOf, type StunItem } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { grantedSeconds } from "./allocate.ts";
import type { Allocation, Relay } from "./allocation.ts";
import { hasEnded } from "./authenticate.ts";
import { moveHere, ticketItem } from "./mobility.ts";
import { closeAllocation, dropRelay } from "./relays.ts";
import { respond } from "./replies.ts";
import { allocationFor, refused, type TurnRequest } from "./request.ts";
import type { TurnServerOutput } from "./server-io.ts";
import type { TurnState } from "./state.ts";

type Outputs = readonly TurnServerOutput[];

/** RFC 8656 §8.2; with a ticket the client may have moved (RFC 8016 §3.2). */
export function refresh(state: TurnState, request: TurnRequest, now: Instant): Outputs {
	const { message, reply, credential, from } = request;
	const wish = attributeOf(message, "lifetime");
	// Whoever ends an allocation may do so at any time.
	if (wish !== 0 && hasEnded(state, credential, now)) return refused(state, reply, 401, state.challenge(from, now));
	const moved = request.allocation === undefined ? moveHere(state, request) : undefined;
	if (typeof moved === "object" && "type" in moved) return [moved];
	const allocation = moved ?? allocationFor(request);
	if (typeof allocation === "number") return refused(state, reply, allocation);
	const outputs = refreshed(state, request, allocation, now);
	return moved === undefined
		? outputs
		: [{ type: "event", event: { kind: "allocationMoved", allocation } }, ...outputs];
}

function refreshed(state: TurnState, request: TurnRequest, allocation: Allocation, now: Instant): Outputs {
	const { message, reply, credential } = request;
	const wish = attributeOf(message, "lifetime");
	const family = attributeOf(message, "requestedAddressFamily");
	const relays = allocation.relays.filter((relay) => family === undefined || relay.family === family);
	if (relays.length === 0) return refused(state, reply, 443);
	state.counters.refreshes++;
	allocation.answer = null;
	allocation.credential = credential;
	if (wish === 0) return [respond(reply, [{ name: "lifetime", value: 0 }]), ...end(state, allocation, relays)];
	const seconds = secondsLeft(state, grantedSeconds(state, wish), now);
	for (const relay of relays) state.expiries.set(relay, now + seconds * SECOND);
	allocation.version++;
	const items: StunItem[] = [{ name: "lifetime", value: seconds }];
	const moves = allocation.moves >= 0 && attributeOf(message, "mobilityTicket") !== undefined;
	return [respond(reply, moves ? [...items, ticketItem(state, allocation)] : items)];
}

/** While the server drains, nothing is promised beyond its end. */
function secondsLeft(state: TurnState, seconds: number, now: Instant): number {
	if (state.drain === null) return seconds;
	return Math.max(1, Math.min(seconds, Math.ceil((state.drain.until - now) / SECOND)));
}

function end(state: TurnState, allocation: Allocation, relays: readonly Relay[]): Outputs {
	if (relays.length === allocation.relays.length) return closeAllocation(state, allocation, "refreshedAway");
	return relays.flatMap((relay) => dropRelay(state, relay));
}
