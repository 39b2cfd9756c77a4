import type { StunAddress } from "@whither/wire";
import type { IceAgentOutput, IceEvent, IceIgnoreReason } from "./ice-io.ts";

/** What the parts of an agent put out, in their order. */
export class Outlet {
	#outputs: IceAgentOutput[] = [];

	/** What was put out since the last time. */
	take(): readonly IceAgentOutput[] {
		const outputs = this.#outputs;
		this.#outputs = [];
		return outputs;
	}

	put(output: IceAgentOutput): void {
		this.#outputs.push(output);
	}

	send(base: number, to: StunAddress, bytes: Uint8Array): void {
		this.#outputs.push({ type: "send", base, to, bytes });
	}

	tell(event: IceEvent): void {
		this.#outputs.push({ type: "event", event });
	}

	ignore(reason: IceIgnoreReason): void {
		this.#outputs.push({ type: "ignored", reason });
	}
}
