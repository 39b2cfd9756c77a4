/** What a connection by the first draft of ICE is ordered with and what it tells, as plain values. */
import type { FirstDraftConfig, FirstDraftStream, IcePairReport, IceRole, IceState, Instant } from "@whither/core";
import type { TransportAddress } from "../../transport/transport.ts";
import type { IceComponentPlace, IceConnectionEvent, IceFlow, IceListener, IceOrder } from "../ice-io.ts";

/** What two machines are to be connected by (draft-rosenberg-sipping-ice-01). All servers are numeric. */
export interface FirstDraftOrder
	extends Pick<FirstDraftConfig, "streams" | "relays" | "qvalues" | "gatherTimeoutMs" | "freeAfterMs">,
		Pick<IceOrder, "families" | "loopback" | "allowInterface" | "ports" | "tos"> {
	/** Nobody decides for the other here; it is what reports say of us. */
	readonly role: IceRole;
	readonly stunServers?: readonly TransportAddress[];
}

/** Whether packets of ours arrive at the other end, and its own here, for every component, as far as checks have shown. */
export interface FirstDraftWay {
	readonly send: boolean;
	readonly receive: boolean;
}

/** What it tells beside its data: what a connection of modern ICE does, where that fits, and what signalling is to tell. */
export type FirstDraftConnectionEvent =
	| IceConnectionEvent
	/** `description` is there, or has more: it is to be told, the first time or as another cycle (§5.9). */
	| { readonly kind: "description"; readonly streams: readonly FirstDraftStream[]; readonly cycle: boolean }
	/** `shown` may be another. */
	| { readonly kind: "shown" };

/** Who is told. Nothing is told before the call that opened the connection has returned. */
export interface FirstDraftListener extends Pick<IceListener, "data"> {
	event(event: FirstDraftConnectionEvent, at: Instant): void;
}

/** A connection under way, from `openFirstDraft` to `close`. */
export interface FirstDraftConnection {
	/** On the scale of all times that are told. */
	now(): Instant;
	readonly state: IceState;
	readonly role: IceRole;
	/** What is checked from which socket of ours; the best first. `priority` is the q-value in thousandths. */
	readonly pairs: readonly IcePairReport[];
	/** What signalling is to tell of each stream; null: addresses are still looked for. */
	readonly description: readonly FirstDraftStream[] | null;
	readonly shown: FirstDraftWay;
	/** What the other end said, all of it; a later one replaces it. No alternatives: it speaks no ICE of this kind. */
	peer(streams: readonly (FirstDraftStream | null)[]): void;
	/** Sends data to where it goes now; dropped where that is nowhere. The bytes may be used again after the call. */
	send(bytes: Uint8Array, to?: IceComponentPlace): void;
	/** What the first stream's packets leave by; null: there are none, or their socket is gone. */
	flow(): IceFlow | null;
	/** Ends it, gives relays back, and resolves when everything is closed, within four seconds. */
	close(): Promise<void>;
}
