import { encodeUtf8, type SdpAlt, type StunAddress } from "@whither/wire";
import { mayPointAt } from "../../stun/answers.ts";
import type { FirstDraftCheck } from "./first-draft-io.ts";
import { type Base, portAbove, type Site } from "./sites.ts";

/** An alternative of the peer's. */
export interface PeerAddress {
	readonly stream: number;
	readonly alt: SdpAlt;
	/** By component. */
	readonly places: readonly StunAddress[];
}

/** What the peer's line means for a stream; null: nothing, for RFC 3489 §11.2.6 has no such username, or there is no room for RTCP above. */
export function peerAddress(stream: number, alt: SdpAlt, isRtp: boolean): PeerAddress | null {
	const places = placesOf(alt, isRtp);
	const fits = encodeUtf8(alt.username).length % 4 === 0 && places.length === (isRtp ? 2 : 1);
	return fits ? { stream, alt, places } : null;
}

/** Where each component goes; none for RTCP where there is no such port. */
export function placesOf({ at, rtcp }: Pick<SdpAlt, "at" | "rtcp">, isRtp: boolean): readonly StunAddress[] {
	const above = rtcp ?? portAbove(at);
	return isRtp && above !== null ? [at, above] : [at];
}

/** Whether a site may send to an address that a peer tells: one of its family, and such as a host can have. */
export function mayReach(site: Site, places: readonly StunAddress[]): boolean {
	return places.every((place) => mayPointAt(site.base.place, place));
}

/** Of one socket to one place. */
export class Leg {
	readonly id: number;
	readonly base: Base;
	readonly to: StunAddress;
	state: FirstDraftCheck["state"] = "inProgress";
	mapped: StunAddress | null = null;
	isNew = false;
	rttNs: number | null = null;
	requestsSent = 0;
	failure: string | null = null;
	/** It has been asked once more after an error. */
	isRetried = false;
	key = 0;

	constructor(id: number, base: Base, to: StunAddress) {
		this.id = id;
		this.base = base;
		this.to = to;
	}
}

/**
 * Whether one address of the peer's can be reached from one site of ours. Deviation: where there is RTCP it takes both, of which §5.5 and §5.7 say
 * nothing: media without it is not what was agreed, and nothing may be given up for an address that only half of the packets reach.
 */
export class Check {
	readonly site: Site;
	readonly peer: PeerAddress;
	/** By component. */
	readonly legs: readonly Leg[];

	constructor(site: Site, peer: PeerAddress, legs: readonly Leg[]) {
		this.site = site;
		this.peer = peer;
		this.legs = legs;
	}

	get isUnderWay(): boolean {
		return this.legs.some(({ state }) => state === "inProgress");
	}

	get hasSucceeded(): boolean {
		return this.legs.every(({ state }) => state === "succeeded");
	}

	/** How the peer saw us, by component, once it has succeeded. */
	get mapped(): readonly StunAddress[] {
		return this.legs.flatMap(({ mapped }) => mapped ?? []);
	}

	report(leg: Leg): FirstDraftCheck {
		const { id, base, state, mapped, isNew, rttNs, requestsSent, failure } = leg;
		const { stream, alt } = this.peer;
		const where = { id, stream, component: base.component, base: base.number, alt };
		return { ...where, state, mapped, isNew, rttNs, requestsSent, failure };
	}
}
