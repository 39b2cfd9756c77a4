import type { TransportAddress } from "../transport/transport.ts";

/** Somebody else who answers messages of a service's streams. */
export interface MessageAnswerer {
	/** The answer, which goes back on the stream; null: it is not theirs. `isSecure`: TLS protects the stream. */
	heard(message: Uint8Array, from: TransportAddress, isSecure: boolean): Uint8Array | null;
}
