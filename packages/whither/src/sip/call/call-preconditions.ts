/** The connectivity precondition of a call (RFC 5898): nobody's phone rings before both ways are proved. Pure. */
import type { SdpAttribute, SdpPreconditionDirection } from "@whither/wire";
import type { CallPrecondition } from "../../api/meet/signalling/call.ts";
import type { ReadPreconditions } from "./call-reading.ts";

/** What checks have shown: whether what we send arrives, and what they send. */
export interface ProvedWay {
	readonly send: boolean;
	readonly receive: boolean;
}

const NOTHING: ProvedWay = { send: false, receive: false };
/** The one that checks can meet. */
const TYPE = "conn";

/** Of one call, from the first description to the last. */
export class CallPreconditions {
	#isWanted: boolean;
	#isRefused = false;
	#proved = NOTHING;
	/** What the other end says that it has proved, as we see it. */
	#theirs = NOTHING;
	/** What we have told of ours. */
	#told = NOTHING;
	/** It wants to be told. */
	#tells = false;

	/** `wants`: our own end does not go on without it. */
	constructor(wants: boolean) {
		this.#isWanted = wants;
	}

	/** One of the ends does not go on without it. */
	get isWanted(): boolean {
		return this.#isWanted;
	}

	/** Both ways are proved by checks of our own. */
	get isProved(): boolean {
		return isBoth(this.#proved);
	}

	/** A check of the other end's has come. */
	get hasHeard(): boolean {
		return this.#proved.receive;
	}

	/** They are so by the other end's as well. */
	get isConfirmed(): boolean {
		return isBoth(this.#theirs);
	}

	/** What we have proved is more than we have told to an end that waits for it. */
	get isToBeTold(): boolean {
		return this.#isWanted && this.#tells && this.isProved && !isBoth(this.#told);
	}

	get state(): CallPrecondition {
		if (!this.#isWanted) return "none";
		return this.#isRefused ? "refused" : this.isProved && this.isConfirmed ? "met" : "waiting";
	}

	proved(way: ProvedWay): void {
		this.#proved = way;
	}

	/** The call is over, as they could not be met or would not be. */
	refused(): void {
		this.#isRefused = true;
	}

	/** A description of the other end's. */
	heard({ current, desired, confirm }: ReadPreconditions, as: "offer" | "answer"): void {
		const mandatory = desired.filter(({ strength }) => strength === "mandatory");
		if (mandatory.some(({ type }) => type === TYPE)) this.#isWanted = true;
		if (desired.some(({ strength }) => strength === "failure")) this.#isRefused = true;
		const said = current.find(({ type, status }) => type === TYPE && status === "e2e")?.direction;
		if (said !== undefined) this.#theirs = wayOf(said);
		// Whoever answers that it is mandatory does not ring before our word, whether or not it asks for it.
		const asks = confirm.some(({ type }) => type === TYPE) || (as === "answer" && mandatory.length > 0);
		if (this.#isWanted && asks) this.#tells = true;
	}

	/** What our next description says of it; `asks`: that we want to be told, as answers do. */
	lines(asks: boolean): readonly SdpAttribute[] {
		if (!this.#isWanted) return [];
		this.#told = this.#proved;
		const row = { type: TYPE, status: "e2e" } as const;
		return [
			{ name: "curr", value: { ...row, direction: directionOf(this.#proved) } },
			{ name: "des", value: { ...row, strength: "mandatory", direction: "sendrecv" } },
			...(asks && !this.isConfirmed ? [{ name: "conf", value: { ...row, direction: "recv" } } as const] : []),
		];
	}
}

/** Whether all that is mandatory is such that checks can meet it; `qos`, `sec` and segments of the way are not. */
export function canMeet({ desired }: ReadPreconditions): boolean {
	const mandatory = desired.filter(({ strength }) => strength === "mandatory");
	return mandatory.every(({ type, status }) => type === TYPE && status === "e2e");
}

/** What refuses preconditions that cannot be met (RFC 3312 §8): of each that is mandatory, that it fails. */
export function failedPreconditions({ desired }: ReadPreconditions): readonly SdpAttribute[] {
	const mandatory = desired.filter(({ strength }) => strength === "mandatory");
	return mandatory.map((value): SdpAttribute => ({ name: "des", value: { ...value, strength: "failure" } }));
}

function isBoth({ send, receive }: ProvedWay): boolean {
	return send && receive;
}

/** As the other end says it: what it sends, we receive. */
function wayOf(direction: SdpPreconditionDirection): ProvedWay {
	const isBothWays = direction === "sendrecv";
	return { send: isBothWays || direction === "recv", receive: isBothWays || direction === "send" };
}

function directionOf({ send, receive }: ProvedWay): SdpPreconditionDirection {
	return send && receive ? "sendrecv" : send ? "send" : receive ? "recv" : "none";
}
