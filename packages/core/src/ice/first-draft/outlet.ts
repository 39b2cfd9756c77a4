import type { StunAddress } from "@whither/wire";
import type { FirstDraftEvent, FirstDraftIgnoreReason, FirstDraftOutput } from "./first-draft-io.ts";

/** What the parts of an agent put out, in their order. */
export class Outlet {
	#outputs: FirstDraftOutput[] = [];

	/** What was put out since the last time. */
	take(): readonly FirstDraftOutput[] {
		const outputs = this.#outputs;
		this.#outputs = [];
		return outputs;
	}

	put(output: FirstDraftOutput): void {
		this.#outputs.push(output);
	}

	send(base: number, to: StunAddress, bytes: Uint8Array): void {
		this.#outputs.push({ type: "send", base, to, bytes });
	}

	tell(event: FirstDraftEvent): void {
		this.#outputs.push({ type: "event", event });
	}

	ignore(reason: FirstDraftIgnoreReason): void {
		this.#outputs.push({ type: "ignored", reason });
	}
}
