/** The result of `stun` as `whither.stun/1` (docs/schema/stun-1.json) has it. */
import type { ClassicNatKind, NatBehaviour, StunFailure, SystemError } from "@whither/core";
import type { StunFindings } from "@whither/net/stun";
import type { StunTransport } from "./server-name.ts";

/** What stands in `schema` of every result. */
export const STUN_SCHEMA = "whither.stun/1";

/** One end of a flow. */
export interface PlaceResult {
	readonly address: string;
	readonly port: number;
}

/** Why a server gave no address over one family. */
export type StunNoAnswer =
	/** `error`: it answered with an error, whose code stands beside; the others are what became of the request. */
	| { readonly code: StunFailure | "error"; readonly stunError: number | null; readonly system: SystemError | null }
	/** The TLS handshake failed; `reason` in Node's words, such as CERT_HAS_EXPIRED. */
	| { readonly code: "tls"; readonly reason: string; readonly about: string }
	/** Nothing was sent: there is no route, and so on. */
	| { readonly code: "system"; readonly system: SystemError }
	/** Out of time, or stopped, before there was an answer. */
	| { readonly code: "outOfTime" | "stopped" };

/** What was found of one server over one family. `unknown` and null: see `unknowns`. */
export interface StunFamilyResult {
	readonly family: 4 | 6;
	readonly transport: StunTransport;
	readonly server: PlaceResult;
	/** What the server sees us as. */
	readonly mappedAddress: PlaceResult | null;
	readonly localAddress: PlaceResult | null;
	readonly mapping: NatBehaviour["mapping"];
	readonly filtering: NatBehaviour["filtering"];
	readonly hairpin: boolean | null;
	/** The longest wait after which a binding was there still; `goneAfterSeconds`: the shortest after which it was not. */
	readonly lifetimeSeconds: number | null;
	readonly goneAfterSeconds: number | null;
	/** In the words of RFC 3489. */
	readonly classic: ClassicNatKind | null;
	readonly rttNs: number | null;
	readonly stamps: "kernel" | "user" | null;
	/** The standard that the server could be tested by, and its other address. */
	readonly tests: NatBehaviour["tests"];
	readonly otherAddress: PlaceResult | null;
	/** Null: it answered. */
	readonly noAnswer: StunNoAnswer | null;
	/** Where UDP went unanswered: what TCP to the same place did; null: not tried. */
	readonly tcp: "answers" | "accepts" | "refuses" | "silent" | null;
	/** What could not be found out, and why. */
	readonly unknowns: readonly StunUnknown[];
	readonly counters: StunFindings["counters"];
	readonly summary: string;
}

/** The findings where nothing was sent. */
export const NOTHING_FOUND = {
	mappedAddress: null,
	localAddress: null,
	mapping: "unknown",
	filtering: "unknown",
	hairpin: null,
	lifetimeSeconds: null,
	goneAfterSeconds: null,
	classic: null,
	rttNs: null,
	stamps: null,
	tests: "none",
	otherAddress: null,
	noAnswer: null,
	tcp: null,
	unknowns: [],
	counters: { sent: 0, received: 0, foreign: 0 },
} as const satisfies Partial<StunFamilyResult>;

/** Something that stays unknown. */
export interface StunUnknown {
	readonly what: "mapping" | "filtering" | "hairpin" | "lifetime";
	/**
	 * `oneAddress`: the server has no second address to test with. `stream`: TCP and TLS tell the address alone.
	 * `otherSilent`: its other address did not answer. `refused`: it does not do what the test asks for. `unanswered`: it
	 * stopped answering. `outOfTime`: the time was up, or the run stopped. `notTranslated`: there is nothing to measure.
	 */
	readonly why: "oneAddress" | "stream" | "otherSilent" | "refused" | "unanswered" | "outOfTime" | "notTranslated";
}

/** One run. The findings on top are those of the first family that answered, else of the first. */
export interface StunResult extends Omit<StunFamilyResult, "server"> {
	readonly schema: typeof STUN_SCHEMA;
	readonly tool: { readonly name: string; readonly version: string };
	readonly args: readonly string[];
	/** As it was asked for, the host that an SRV record may have named instead, and where it is. */
	readonly server: { readonly name: string; readonly host: string; readonly address: string; readonly port: number };
	readonly backend: StunFindings["backend"] | null;
	readonly startedAt: string;
	readonly durationNs: number;
	readonly stopReason: "complete" | "timeout" | "interrupted";
	/** Each family that the server has an address of. */
	readonly families: readonly StunFamilyResult[];
}
