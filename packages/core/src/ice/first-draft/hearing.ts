import { classifyPacket, decodeStun, isDecodeError, type PacketClass, type StunMessage } from "@whither/wire";
import type { Instant } from "../../machine.ts";
import { Answering } from "./answering.ts";
import type { FirstDraftIgnoreReason, FirstDraftInput } from "./first-draft-io.ts";
import type { Ground } from "./ground.ts";
import type { Relays } from "./relays.ts";
import type { Base } from "./sites.ts";

type Received = Extract<FirstDraftInput, { readonly type: "received" }>;

/** Tells apart what comes to a socket: media, checks, and answers to ours and from relays (rule 4). */
export class Hearing {
	readonly #ground: Ground;
	readonly #relays: Relays;
	readonly #answering: Answering;

	constructor(ground: Ground, relays: Relays) {
		this.#ground = ground;
		this.#relays = relays;
		this.#answering = new Answering(ground);
	}

	received(input: Received, now: Instant): void {
		const { sites, outlet } = this.#ground;
		const base = sites.base(input.base);
		const kind = classifyPacket(input.bytes);
		if (base === null) outlet.ignore("unknownBase");
		else if (kind === "stun") this.#message(input, base, now);
		else this.#data(input, base, kind, now);
	}

	/** The first two bits say STUN. Of RTP nothing begins so; of anything else what is neither a check nor an answer is data. */
	#message(input: Received, base: Base, now: Instant): void {
		const { bytes, from, at = now } = input;
		const message = decodeStun(bytes);
		const isClassic = !isDecodeError(message) && message.classic;
		if (isClassic && this.#relays.received(base.number, from, bytes, at, now)) return;
		if (this.#ground.sites.isRtp(this.#ground.sites.streamOf(base.number))) {
			const reason = isDecodeError(message) ? "notStun" : this.#hear(message, base, input, now);
			if (reason !== null) this.#ground.outlet.ignore(reason);
			return;
		}
		const isOurs = isClassic && (message.class !== "request" || this.#answering.knows(message));
		if (!isOurs || this.#hear(message, base, input, now) !== null) this.#data(input, base, "stun", now);
	}

	/** Why it is none of ours; null: it was. */
	#hear(message: StunMessage, base: Base, input: Received, now: Instant): FirstDraftIgnoreReason | null {
		const { bytes, from, at = now } = input;
		if (message.class === "success" || message.class === "error")
			return this.#ground.requests.received(base.number, from, bytes, at, now) ? null : "unknownAnswer";
		if (message.class !== "request" || message.method !== "binding") return "notStun";
		if (message.classic) this.#answering.hear(message, base, from, now);
		else this.#answering.refuseModern(message, base, from, now);
		return null;
	}

	#data({ bytes, from }: Received, base: Base, kind: PacketClass, now: Instant): void {
		const stream = this.#ground.sites.streamOf(base.number);
		this.#relays.passed(base.number, from, true, now);
		this.#ground.outlet.put({ type: "data", stream, component: base.component, base: base.number, from, kind, bytes });
	}
}
