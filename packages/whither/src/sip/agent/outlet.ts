import type { SipHop } from "../transport/hop.ts";
import type { SipAgentOutput, SipEvent } from "./agent-io.ts";

/** What the parts of an agent put out, in their order. */
export class Outlet {
	#outputs: SipAgentOutput[] = [];

	/** What was put out since the last time. */
	take(): readonly SipAgentOutput[] {
		const outputs = this.#outputs;
		this.#outputs = [];
		return outputs;
	}

	readonly send = (bytes: Uint8Array, to: SipHop): void => {
		this.#outputs.push({ type: "send", bytes, to });
	};

	locate(key: number, uri: string): void {
		this.#outputs.push({ type: "locate", key, uri });
	}

	tell(event: SipEvent): void {
		this.#outputs.push({ type: "event", event });
	}

	ignore(reason: string): void {
		this.#outputs.push({ type: "ignored", reason });
	}
}
