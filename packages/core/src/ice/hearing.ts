import { classifyPacket, decodeStun, isDecodeError, type StunAddress, type StunMessage } from "@whither/wire";
import type { Instant } from "../machine.ts";
import type { Ground } from "./ground.ts";
import type { IceAgentInput } from "./ice-io.ts";
import { IncomingChecks } from "./incoming.ts";
import type { Pair } from "./pair.ts";
import type { Session } from "./session.ts";

/** Tells apart what comes in: checks, answers and data, of this generation and of the one before. */
export class Hearing {
	readonly #ground: Ground;
	readonly #incoming: IncomingChecks;
	readonly #sessions: () => readonly Session[];

	constructor(ground: Ground, sessions: () => readonly Session[]) {
		this.#ground = ground;
		this.#incoming = new IncomingChecks(ground);
		this.#sessions = sessions;
	}

	received({ base, from, bytes, at }: Extract<IceAgentInput, { readonly type: "received" }>, now: Instant): void {
		const { outlet, locals, requests } = this.#ground;
		if (!locals.bases.has(base)) outlet.ignore("unknownBase");
		else if (classifyPacket(bytes) !== "stun") this.#data(base, from, bytes, now);
		else {
			const message = decodeStun(bytes);
			if (isDecodeError(message) || message.classic) outlet.ignore("notStun");
			else if (message.method !== "binding") outlet.ignore("otherMethod");
			else if (message.class === "request") this.#request(message, base, from, now);
			else if (message.class === "indication") this.#indication(base, from, now);
			else if (!requests.received(base, from, bytes, at ?? now, now)) outlet.ignore("unknownAnswer");
		}
	}

	/** The pair of a base with a remote end, and the generation that it is of; null: there is none. */
	pairAt(base: number, from: StunAddress): { readonly session: Session; readonly pair: Pair } | null {
		return this.#pairAt(base, from, () => true);
	}

	#request(message: StunMessage, base: number, from: StunAddress, now: Instant): void {
		if (this.#ground.locals.ofBase(base) === null) {
			this.#ground.outlet.ignore("policy");
			return;
		}
		const found = this.#incoming.weigh(message, base, from, this.#sessions(), now);
		if (found === null) return;
		this.#incoming.accept(message, found.check, found.session);
		found.session.checked(found.check, now);
	}

	#indication(base: number, from: StunAddress, now: Instant): void {
		const found = this.#inUse(base, from);
		if (found !== null) found.session.heard(found.pair, now);
		this.#ground.outlet.ignore("indication");
	}

	/** From where a check has come or been answered, and from nowhere else; of a peer without ICE from anywhere. */
	#data(base: number, from: StunAddress, bytes: Uint8Array, now: Instant): void {
		const found = this.#inUse(base, from) ?? this.#unproved(base);
		if (found === null) {
			this.#ground.outlet.ignore("unknownSource");
			return;
		}
		found.session.heard(found.pair, now);
		const { stream, component } = found.pair.local;
		this.#ground.outlet.put({ type: "data", stream, component, base, from, kind: classifyPacket(bytes), bytes });
	}

	/** The same, of a pair on which packets are believed: after a restart that is at first the one of before, though both know it. */
	#inUse(base: number, from: StunAddress): ReturnType<Hearing["pairAt"]> {
		return this.#pairAt(base, from, (pair) => pair.readable || pair.valid !== null);
	}

	/**
	 * Whoever speaks no ICE may send from another port, and behind a NAT from another address, than its description says it
	 * receives at (RFC 3264 §5.1; that both are the same is RFC 4961's wish).
	 */
	#unproved(base: number): ReturnType<Hearing["pairAt"]> {
		for (const session of this.#sessions())
			for (const { selected: pair } of session.generation.components)
				if (pair?.isUnproved && pair.local.base === base) return { session, pair };
		return null;
	}

	#pairAt(base: number, from: StunAddress, fits: (pair: Pair) => boolean): ReturnType<Hearing["pairAt"]> {
		const transport = this.#ground.locals.bases.get(base)?.at.transport ?? "udp";
		for (const session of this.#sessions()) {
			const pair = session.generation.list.find(base, { transport, ...from });
			if (pair !== undefined && fits(pair)) return { session, pair };
		}
		return null;
	}
}
