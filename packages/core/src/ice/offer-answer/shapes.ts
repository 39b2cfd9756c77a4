import type {
	IceCandidateLine,
	SdpAttribute,
	SdpFingerprint,
	SdpMediaLine,
	SdpRemoteCandidate,
	StunAddress,
} from "@whither/wire";
import type { IceOwnDescription } from "../credentials.ts";
import type { IcePairReport, IcePeer, IceRemoteLine, IceRole } from "../ice-io.ts";

/** Who describes, for `o=` (RFC 8866 §5.2). */
export interface SdpOrigin {
	/** Decimal digits, the same in every description of a session. */
	readonly id: string;
	/** One more in each. */
	readonly version: number;
}

/** One `m=` section beside what ICE says in it. */
export interface SdpMedia extends Omit<SdpMediaLine, "port"> {
	readonly mid: string;
	/** What the application says, such as fingerprints, `setup`, `sctp-port` and `rtpmap`: carried as it is. */
	readonly attributes?: readonly SdpAttribute[];
}

/** What an agent has to say when a description is made. */
export interface IceSide {
	readonly own: IceOwnDescription;
	/** All candidates found so far, in the order in which they were. */
	readonly candidates: readonly IceRemoteLine[];
	/** Whether there will be no more. */
	readonly isComplete: boolean;
	/** The pair of each component, once it is selected (RFC 8839 §4.4.1.2.2). */
	readonly selected?: readonly IcePairReport[];
	/** The controlling side names the peer's ends of selected pairs in its offers; `controlled` when absent. */
	readonly role?: IceRole;
}

/** What a stream's description means to ICE: `mismatch` where the address that it is to be sent to is no candidate, `refused` where the peer says that of ours. */
export type IceSupport = "ice" | "mismatch" | "refused" | "none";

/** One transport that a description speaks of (RFC 8839 §4): a stream of an agent's. */
export interface IceStreamReading {
	/** The `m=` sections that it carries, by place, that which speaks for all first (RFC 9143 §7). */
	readonly sections: readonly number[];
	/** Of the same sections. */
	readonly mids: readonly (string | null)[];
	readonly support: IceSupport;
	/** Null where there is no ICE. */
	readonly peer: IcePeer | null;
	readonly candidates: readonly IceCandidateLine[];
	readonly endOfCandidates: boolean;
	/** Where each component is sent to without ICE; those with an address alone. */
	readonly destinations: ReadonlyMap<number, StunAddress>;
	/** What the peer, controlling, says that our ends of selected pairs are (RFC 8839 §5.2). */
	readonly remoteCandidates: readonly SdpRemoteCandidate[];
	/** Of DTLS: carried, not used by ICE. */
	readonly fingerprints: readonly SdpFingerprint[];
	readonly setup: string | null;
}
