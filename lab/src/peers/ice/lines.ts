/**
 * What a program that speaks ICE is told and what it tells: one JSON object a line, on its standard input and output,
 * whoever's implementation it is. A program says `ready` once it is loaded, and begins with the `order`; `close` ends what
 * that began, and another order may follow. It ends itself when its input does.
 */
import type { Family, IcePairReport, IceRole, IceState } from "@whither/core";

/** Whose implementation a program is. */
export type IcePeerKind = "whither" | "werift" | "node-datachannel" | "aioice" | "chromium";

/** Where a server is asked. */
export interface IcePeerPlace {
	/** Numeric. */
	readonly address: string;
	readonly port: number;
}

/** A relay server, with long-term credentials. */
export interface IcePeerRelay extends IcePeerPlace {
	readonly username: string;
	readonly password: string;
	/** `udp` when absent. */
	readonly leg?: "udp" | "tcp" | "tls";
	/** PEM of whom to believe about its certificate. */
	readonly authority?: string;
}

/** How a program is to meet its peer. Who controls also offers. */
export interface IcePeerOrder {
	readonly role: IceRole;
	/** Programs that know one server alone take the first; likewise relays. */
	readonly stun?: readonly IcePeerPlace[];
	readonly turn?: readonly IcePeerRelay[];
	/** `all` when absent. */
	readonly policy?: "all" | "relay";
	/** Ta that is offered to the peer; programs that cannot agree on one keep theirs. */
	readonly pacingMs?: number;
	/** Both when absent. */
	readonly families?: readonly Family[];
	/** Only answers checks; false when absent. */
	readonly lite?: boolean;
	/** What only our own program knows: laid over its `IceOrder`. */
	readonly whither?: Readonly<Record<string, unknown>>;
}

/** What one side says of itself, and so much of its candidates as it knows by then. */
export interface IcePeerDescription {
	readonly ufrag: string;
	readonly pwd: string;
	readonly options: readonly string[];
	readonly lite: boolean;
	/** Null: nothing is said, which means 50. */
	readonly pacingMs: number | null;
	/** Each with `candidate:` in front, without `a=`. */
	readonly candidates: readonly string[];
	/** All there will be; else more follow by trickling. */
	readonly complete: boolean;
	/** Of programs that speak DTLS too: their certificate's digest, as `sha-256 AB:...`. Others carry it and do not use it. */
	readonly fingerprint?: string;
}

/** A line for a program: exactly one of these. */
export interface IcePeerInput {
	/** Begins. */
	readonly order?: IcePeerOrder;
	/** The peer's; one with another `ufrag` than before restarts. */
	readonly description?: IcePeerDescription;
	/** One of the peer's, with `candidate:` in front. */
	readonly candidate?: string;
	readonly endOfCandidates?: true;
	/** Text, sent on the selected pair. */
	readonly send?: string;
	/** New credentials: another `description` follows. */
	readonly restart?: true;
	/** `selected` is to follow where there is one, and `pairs`. */
	readonly askPairs?: true;
	/** `closed` is to follow. */
	readonly close?: true;
}

/** An end of a selected pair. */
export interface IcePeerEnd {
	/** As the program calls it: `host`, `srflx`, `prflx` or `relay`. */
	readonly type: string;
	/** Null where the program hides it. */
	readonly address: string | null;
	readonly port: number | null;
	readonly transport: "udp" | "tcp";
}

/** The pair that a program sends on. */
export interface IcePeerSelection {
	readonly local: IcePeerEnd;
	readonly remote: IcePeerEnd;
	/** Of ours alone: why it was this one. */
	readonly why?: string;
}

/** What a program is able to. */
export interface IcePeerFacts {
	readonly name: string;
	readonly version: string;
	/** Tells candidates as it finds them; else its description comes late and complete. */
	readonly trickles: boolean;
	/** Carries `send`. */
	readonly carriesData: boolean;
	readonly restarts: boolean;
	/** Can be told to be a lite agent. */
	readonly canBeLite: boolean;
}

/** A line of a program's: exactly one of these beside the time. */
export interface IcePeerOutput {
	/** Of the system's monotonic clock, the same for every process. */
	readonly atMs: number;
	readonly ready?: IcePeerFacts;
	readonly description?: IcePeerDescription;
	readonly candidate?: string;
	/** All candidates have been told. */
	readonly gathered?: true;
	readonly state?: IceState;
	readonly selected?: IcePeerSelection;
	/** Text of the peer's. */
	readonly data?: string;
	/** Null where the program does not tell. */
	readonly pairs?: readonly IcePairReport[] | null;
	/** Of ours alone, when it is started with the word `events`: all that happens, `at` nanoseconds of the connection's clock. */
	readonly event?: { readonly at: number; readonly kind: string } & Readonly<Record<string, unknown>>;
	/** For whoever looks into it. */
	readonly note?: string;
	/** It cannot do what it was told; nothing else is to be expected. */
	readonly error?: string;
	readonly closed?: true;
}

/** A program's own part: what it says besides the time, and what it does with a line. */
export type IcePeerSay = (line: Omit<IcePeerOutput, "atMs">) => void;

/** One implementation behind the lines. */
export interface IcePeerProgram {
	readonly facts: IcePeerFacts;
	/** What rejects or throws is told as `error`. Lines are handed over one after the other, each when the one before is done. */
	hear(line: IcePeerInput): void | Promise<void>;
	/** The input has ended; the process exits once it resolves. */
	end?(): Promise<void>;
}
