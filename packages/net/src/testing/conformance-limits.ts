/** What each kind of channel cannot do, as the conformance suite holds it to the rest. */
import type { ChannelKind } from "@whither/core";

/** The limits of one kind. */
export interface ChannelLimits {
	/** Routers on the way are heard. */
	readonly hops: boolean;
	/** A refusal names the probe it is for, where all share a socket. */
	readonly namesRefused: boolean;
	readonly stamp: "kernel" | "user";
	/** TTL and TOS of answers are told. */
	readonly headers: boolean;
	readonly mtu: boolean;
	/** Probes can be kept from being cut into fragments. */
	readonly dontFragment: boolean;
}

/** The kinds that the suite runs on. */
export type ConformingChannel = Extract<ChannelKind, "errorQueue" | "raw" | "borrowed" | "portable">;

const NONE: ChannelLimits = {
	hops: true,
	namesRefused: true,
	stamp: "kernel",
	headers: true,
	mtu: true,
	dontFragment: true,
};

/** What every channel cannot be held to, by its kind. */
export const LIMITS: Readonly<Record<ConformingChannel, ChannelLimits>> = {
	errorQueue: NONE,
	raw: NONE,
	borrowed: NONE,
	portable: { hops: false, namesRefused: false, stamp: "user", headers: false, mtu: false, dontFragment: false },
};
