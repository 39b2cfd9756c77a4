/** What carries a meeting's packets: an agent of one ICE or the other, and what it says and hears by signalling. */
import type { ExchangeEnd, IceRole, Instant } from "@whither/core";
import type { IceConnection, IceConnectionEvent, IceDatagram, IceOrder } from "@whither/net/ice";
import type { MeetIceKind } from "../signalling/call.ts";
import type {
	AlternativesMessage,
	DescriptionMessage,
	DestinationMessage,
	MeetMessage,
} from "../signalling/message.ts";
import type { MeetWorld } from "../world.ts";
import type { EarlyRelays } from "./early-relays.ts";

/** What all agents have in common. */
export type MeetConnection = Pick<IceConnection, "now" | "state" | "role" | "pairs" | "send" | "flow" | "close">;

/** What the other end said of itself. */
export interface MeetPeer {
	/** Empty: it does not say. */
	readonly tool: string;
	/** What it speaks of what we do; `none`: packets go unchecked. */
	readonly ice: MeetIceKind | "none";
	/** Where that is `none`: what it speaks instead; null: no ICE that we know. */
	readonly otherIce: MeetIceKind | null;
	/** It will tell what it found on its way, over the way itself. */
	readonly traces: boolean;
	/** It cannot hear of our trace so, and wants it by signalling. */
	readonly wantsPath: boolean;
}

/** Whether packets of ours arrive at the other end, and its own here, as far as checks have shown. */
export interface ShownWay {
	readonly send: boolean;
	readonly receive: boolean;
}

/** What an end says of itself. */
export type DescribingMessage = DescriptionMessage | AlternativesMessage | DestinationMessage;

/** What a leg is made from. */
export interface LegOrder {
	readonly world: Pick<MeetWorld, "openIce" | "openFirstDraft">;
	readonly role: IceRole;
	readonly ice: Omit<IceOrder, "role">;
	/** Of the first draft. */
	readonly earlyRelays?: EarlyRelays;
	readonly traces: boolean;
	readonly say: (message: MeetMessage) => void;
	readonly event: (event: IceConnectionEvent, at: Instant) => void;
	/** `shown` may be another, where no event tells of it. */
	readonly shown: () => void;
	readonly data: (datagram: IceDatagram) => void;
}

/** One agent with its words; nothing is told before its constructor has returned. */
export interface MeetLeg {
	readonly connection: MeetConnection;
	/** Null: the other end has said nothing of itself yet. */
	readonly peer: MeetPeer | null;
	/** What is told as soon as signalling is there; once. */
	begin(): void;
	/** Whether it says where the other end is, in a way that is of use here. */
	describes(message: MeetMessage): message is DescribingMessage;
	hear(message: MeetMessage): void;
	/** Signalling is over: nothing more will come. */
	ended(): void;
	/** What an exchange over the way is sealed with, known to both ends and to nobody else; null: there is nothing of that kind. */
	readonly secrets: { readonly own: ExchangeEnd; readonly peer: ExchangeEnd } | null;
	readonly shown: ShownWay;
}
