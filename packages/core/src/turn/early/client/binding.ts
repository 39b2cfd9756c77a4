/** What an early relay's client has once the relay stands. */
import { attributeOf, type StunAddress, type StunMessage } from "@whither/wire";
import { type Instant, SECOND } from "../../../machine.ts";
import { mayPointAt } from "../../../stun/answers.ts";

/** A relay that is ours for a time. */
export interface Binding {
	readonly mapped: StunAddress;
	lifetimeSeconds: number;
	/** When it was last refreshed, by us or by what passed through it. */
	activeAt: Instant;
}

/** Between refreshes at least: a server that gives little time must not have us ask without end. */
const LEAST_NS = 5 * SECOND;

/** When to refresh it: after three quarters of its lifetime without activity (draft-rosenberg-midcom-turn-01 §8). */
export function refreshAt({ activeAt, lifetimeSeconds }: Binding): Instant {
	return activeAt + Math.max(LEAST_NS, 0.75 * lifetimeSeconds * SECOND);
}

/** When it ends unless it is refreshed. */
export function endOf({ activeAt, lifetimeSeconds }: Binding): Instant {
	return activeAt + lifetimeSeconds * SECOND;
}

/**
 * Where peers send to, the public address first; none: nobody could send there. Of the others (MORE-AVAILABLE) those that no peer could
 * are left out.
 */
export function relayedBy(server: StunAddress, message: StunMessage): readonly StunAddress[] {
	const mapped = attributeOf(message, "mappedAddress");
	if (mapped === undefined || !mayPointAt(server, mapped)) return [];
	const more = message.attributes.flatMap((each) =>
		each.name === "moreAvailable" && each.protected && mayPointAt(server, each.value) ? [each.value] : [],
	);
	return [mapped, ...more];
}

/** The port that was set aside above the one given; null: there is none above. */
export function nextPort([mapped]: readonly StunAddress[]): StunAddress | null {
	if (mapped === undefined || mapped.port >= 65_535) return null;
	return { address: mapped.address, port: mapped.port + 1 };
}
