/** Where SIP is spoken on this machine, in plain data: what is asked for, and what is told. */
import type { Family, Instant, SystemError } from "@whither/core";
import type { StreamFailure } from "@whither/net/transport";
import type { SipHop } from "./hop.ts";

/** One place to listen on. */
export interface SipPlace {
	readonly transport: SipHop["transport"];
	/** Null: every address of this machine that others may reach it at. */
	readonly address: string | null;
	/** 0: any; the ports that others expect are 5060, and 5061 of TLS. */
	readonly port: number;
}

/** What sockets are opened with. */
export interface SipTransportOrder {
	/** UDP and TCP at every address, any port, when absent. TLS only where there is a certificate. */
	readonly places?: readonly SipPlace[];
	readonly families?: readonly Family[];
	/** The loopback's addresses too; else only where there are no others. */
	readonly loopback?: boolean;
	readonly tls?: SipTlsOrder;
}

/** Text of PEM files. */
export interface SipTlsOrder {
	/** Whom to trust instead of those that the system trusts. */
	readonly authorities?: string;
	/** Our own, chain and key, for whoever connects to us. */
	readonly certificate?: string;
	readonly key?: string;
}

/** What the sockets tell; never before they are open, nor after `close`. */
export interface SipTransportListener {
	/** A datagram or one message of a connection; `bytes` are the listener's to keep. */
	received(bytes: Uint8Array, from: SipHop, at: Instant): void;
	/** What was sent there, and what is under way there, cannot get there. */
	failed(to: SipHop, why: string): void;
}

/** Why there are no sockets. */
export type SipTransportFailure =
	/** One that was asked for is not to be had; of TLS also where certificate and key do not go together. */
	| { readonly code: "cannotListen"; readonly place: SipPlace; readonly error: SystemError | StreamFailure }
	/** TLS at a place, and nothing to show. */
	| { readonly code: "noCertificate"; readonly place: SipPlace }
	/** The machine has no address that others could answer. */
	| { readonly code: "noAddress" }
	| { readonly code: "system"; readonly error: SystemError };
