/** Where two machines meet: this machine's network, or an internet in memory. */
import type {
	FirstDraftConnection,
	FirstDraftListener,
	FirstDraftOrder,
	IceConnection,
	IceFlow,
	IceListener,
	IceOrder,
} from "@whither/net/ice";
import type { StunLookups } from "../stun/find-server.ts";
import type { TracedPath } from "./events.ts";
import type { AskSharedSecret } from "./legs/early-relays.ts";
import type { Offered, OpenRendezvous, RendezvousOrder, SignallingFailure } from "./signalling/signalling.ts";

/** A connection as a meeting holds it. */
export type MeetIce = Pick<
	IceConnection,
	| "now"
	| "own"
	| "state"
	| "role"
	| "pairs"
	| "peer"
	| "addRemote"
	| "endOfRemote"
	| "withoutIce"
	| "send"
	| "flow"
	| "close"
>;

/** A network that two ends are in, names and a rendezvous in it. */
export interface MeetWorld extends StunLookups {
	readonly backend: "native" | "portable" | "simulated";
	/** As `@whither/net/ice` has it: nothing is told before it has returned. */
	readonly openIce: (order: IceOrder, listener: IceListener) => MeetIce;
	/** The same by the first draft of ICE; absent: there is none here. */
	readonly openFirstDraft?: (order: FirstDraftOrder, listener: FirstDraftListener) => FirstDraftConnection;
	/** Asks for a name that an early relay is used by; absent: nobody gives any out. */
	readonly askSharedSecret?: AskSharedSecret;
	/** Stopped by the signal it gives what it has; without it it ends within `timeoutMs`. */
	readonly tracePath: (
		flow: IceFlow,
		asked: { readonly signal: AbortSignal; readonly timeoutMs: number },
	) => Promise<TracedPath>;
	readonly rendezvous: OpenRendezvous;
	/** What a rendezvous server lends to ends that meet in another way; absent: there is nobody to ask. */
	readonly offers?: (
		order: Pick<RendezvousOrder, "url" | "token" | "authorities">,
	) => Promise<Offered | SignallingFailure>;
	/** Calls back after so long, unless the function that it returns was called. */
	readonly after: (delayMs: number, call: () => void) => () => void;
}
