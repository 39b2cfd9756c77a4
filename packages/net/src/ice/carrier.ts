/** What carries the packets of a base, and what it tells the connection that it is of. */
import type { IceBase, IceCandidateError, SystemError } from "@whither/core";
import type { StunAddress } from "@whither/wire";
import type { IceBaseEnd, IceFlow } from "./ice-io.ts";
import type { Arrival } from "./ice-socket.ts";

/** A socket, or one address of a relay. */
export interface Carrier {
	readonly at: IceBase;
	/** The bytes may be used again once it has returned. Null, or why they did not leave, where that is known at once. */
	send(to: StunAddress, bytes: Uint8Array): SystemError | null;
	/** Something is going to be sent there. */
	permit(address: string): void;
	/** Data is sent there from now on; false: no more. */
	use(peer: StunAddress, isUsed: boolean): void;
	/** How packets to this peer leave. */
	flow(peer: StunAddress): Pick<IceFlow, "socket" | "remote" | "relay">;
	/** No pair needs it any more, or the connection is closed. */
	close(): void;
}

/** What sockets and relays tell their connection. */
export interface CarrierEars {
	/** There is one more; its number. */
	opened(carrier: Carrier): number;
	/** It is of no more use, and closed. */
	gone(base: number, why: IceBaseEnd): void;
	/** `bytes` are the hearer's to keep. */
	received(base: number, from: StunAddress, bytes: Uint8Array, arrival: Arrival): void;
	/** What was sent there did not arrive, as far as the network tells. */
	refused(base: number, to: StunAddress, code: string): void;
	/** A relay may send nothing there, since its server says so. */
	forbidden(base: number, address: string, why: string): void;
	/** One that did not come to be. */
	failed(error: IceCandidateError): void;
}
