/** Where a relay is tried: this machine's network, or an internet in memory. */
import type { Instant, SystemError } from "@whither/core";
import type { PeerListener, PeerOrder, PeerSocket, Relay, RelayListener, RelayOrder } from "@whither/net/turn-client";
import { openRealStunWorld, type StunWorld } from "../stun/world.ts";

/** A relay as a trial holds it. */
export type TriedRelay = Pick<
	Relay,
	"now" | "local" | "counters" | "send" | "sendBatch" | "permit" | "bind" | "close" | "destroy"
> &
	Partial<Pick<Relay, "borrow">>;

/** A network with TURN servers in it. */
export interface TurnWorld extends StunWorld {
	readonly backend: "native" | "portable" | "simulated";
	readonly openRelay: (order: RelayOrder, listener: RelayListener) => TriedRelay;
	readonly openPeer: (order: PeerOrder, listener: PeerListener) => PeerSocket | SystemError;
	/** Nanoseconds on a clock of the world's. */
	readonly now: () => Instant;
	/** Calls back after so long, unless the function that it returns was called. */
	readonly after: (delayMs: number, call: () => void) => () => void;
}

/** This machine's network. */
export async function openRealTurnWorld(): Promise<TurnWorld> {
	const [stun, { openRelay, openPeerSocket, backendName }] = await Promise.all([
		openRealStunWorld(),
		import("@whither/net/turn-client"),
	]);
	return {
		...stun,
		backend: backendName(),
		openRelay,
		openPeer: openPeerSocket,
		now: () => performance.now() * 1e6,
		after: (delayMs, call) => {
			const timer = setTimeout(call, delayMs);
			return () => clearTimeout(timer);
		},
	};
}
