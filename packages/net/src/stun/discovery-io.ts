/** What a STUN discovery is asked and what it says, as plain data. */
import type { Family, NatBehaviour, NatBehaviourConfig, NatBehaviourEvent, SystemError } from "@whither/core";
import type { StreamFailure, TransportAddress } from "../transport/transport.ts";

/** One discovery to run: one server over one family and one transport. */
export interface StunOrder {
	readonly family: Family;
	readonly server: TransportAddress;
	/** TLS: the name in the server's certificate. */
	readonly serverName: string;
	/** Over TCP and TLS the mapped address alone is asked for: what filters and bindings do is a matter of datagrams. */
	readonly transport: "udp" | "tcp" | "tls";
	/** Our address; null: as routed. */
	readonly source: string | null;
	/** TLS: certificates (PEM) that are trusted instead of the system's. */
	readonly authorities?: string;
	readonly classic?: boolean;
	readonly lifetime?: NonNullable<NatBehaviourConfig["lifetime"]>;
	/** For the whole discovery; null: as long as it takes. */
	readonly timeoutMs: number | null;
}

/** What was found, and how. */
export interface StunFindings {
	readonly behaviour: NatBehaviour;
	/** `timeout`: out of time (`timeoutMs`); `interrupted`: it was stopped. What was known by then stands. */
	readonly ended: "complete" | "timeout" | "interrupted";
	/** The last thing that a socket said against it: a refusal, no route, a certificate. */
	readonly error: SystemError | StreamFailure | null;
	/** Whose clocks the round trip is made of. */
	readonly stamps: "kernel" | "user";
	readonly backend: "native" | "portable" | "simulated";
	/** Datagrams or messages; `foreign`: what came and answered nothing. */
	readonly counters: { readonly sent: number; readonly received: number; readonly foreign: number };
}

/** Why a discovery could not begin, or a defect of our own. */
export type StunRunFailure =
	| SystemError
	| { readonly code: "internal"; readonly where: "stun"; readonly about: string };

/** What a running discovery says. After `result` or `failed` it says nothing more. */
export type StunRunMessage =
	| { readonly type: "event"; readonly event: Exclude<NatBehaviourEvent, { readonly kind: "end" }> }
	| { readonly type: "result"; readonly findings: StunFindings }
	| { readonly type: "failed"; readonly error: StunRunFailure };

/** A discovery under way. */
export interface RunningStun {
	/** Ends it: the result follows with what is known. */
	stop(): void;
}
