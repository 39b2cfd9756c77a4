/** Candidates of ours that are found late, as fragments by INFO (RFC 8840 §4.4). Pure. */
import { type IceSide, iceTrickle } from "@whither/core";
import { formatSdp, SDP_FRAGMENT_TYPE } from "@whither/wire";
import type { SipBody } from "../agent/agent-io.ts";
import { CALL_MEDIA } from "./call-description.ts";

/** Names it in Info-Package and Recv-Info (RFC 8840 §10). */
export const TRICKLE_PACKAGE = "trickle-ice";
/** The ICE option of ends that trickle (RFC 8838 §3). */
export const TRICKLE_OPTION = "trickle";

/** Sends what has not been told, once it may. */
export class Trickling {
	readonly #send: (body: SipBody) => void;
	#isOpen = false;
	#mid = CALL_MEDIA.mid;
	/** What the other end knows: of which generation, how many candidates, and whether that is all. */
	#told: { readonly ufrag: string; readonly count: number; readonly isComplete: boolean } | null = null;

	constructor(send: (body: SipBody) => void) {
		this.#send = send;
	}

	/** A description has told this much; `mid`: as it names our stream. */
	described(side: IceSide, mid: string): void {
		this.#mid = mid;
		this.#told = toldOf(side);
	}

	/** The other end trickles, and is known to have the dialog (RFC 8840 §4.3.1). */
	open(): void {
		this.#isOpen = true;
	}

	/** Tells what is new of the generation that descriptions have told; `anyway`: also where nothing is, so that something comes. */
	flush(side: IceSide | null, anyway = false): void {
		if (!this.#isOpen || side === null || this.#told === null || side.own.ufrag !== this.#told.ufrag) return;
		const { count, isComplete } = this.#told;
		const isNew = side.candidates.length > count || side.isComplete !== isComplete;
		if (!isNew && !anyway) return;
		this.#told = toldOf(side);
		const fragment = iceTrickle([{ ...CALL_MEDIA, mid: this.#mid }], side);
		this.#send({ type: SDP_FRAGMENT_TYPE, text: formatSdp(fragment), disposition: "Info-Package" });
	}
}

function toldOf({ own, candidates, isComplete }: IceSide) {
	return { ufrag: own.ufrag, count: candidates.length, isComplete };
}
