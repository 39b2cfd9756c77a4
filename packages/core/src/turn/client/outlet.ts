import type { StunAddress } from "@whither/wire";
import type { TurnClientEvent, TurnClientIgnoreReason, TurnClientOutput } from "./client-io.ts";

/** What the parts of a client put out, in their order, and where the server is to them all. */
export class Outlet {
	/** The server that is asked now. */
	server: StunAddress;
	/** The driver's socket or connection to it. */
	local: number;
	#outputs: TurnClientOutput[] = [];

	constructor(server: StunAddress, local: number) {
		this.server = server;
		this.local = local;
	}

	/** What was put out since the last time. */
	take(): readonly TurnClientOutput[] {
		const outputs = this.#outputs;
		this.#outputs = [];
		return outputs;
	}

	/** To the server. */
	send(bytes: Uint8Array): void {
		this.#outputs.push({ type: "send", bytes, to: this.server, local: this.local });
	}

	put(output: TurnClientOutput): void {
		this.#outputs.push(output);
	}

	tell(event: TurnClientEvent): void {
		this.#outputs.push({ type: "event", event });
	}

	ignore(reason: TurnClientIgnoreReason): void {
		this.#outputs.push({ type: "ignored", reason });
	}
}

/** Whether what had no effect is an answer that was not signed as it has to be: by another, or with another password. */
export function isDisbelieved(reason: TurnClientIgnoreReason): boolean {
	return reason === "badIntegrity" || reason === "unprotected" || reason === "bidDown";
}
