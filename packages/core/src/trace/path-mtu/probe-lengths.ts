/**
 * Path MTU discovery over all hops at once: the first probe to every TTL is as long as our own link takes, and whoever
 * refuses it for its length has it sent again at once as long as it told. The other probes have the usual length, so
 * that silence about long packets is told from a silent hop.
 */
import type { IcmpErrorReply, Reply } from "../channel.ts";
import type { ProbeContext } from "../method.ts";
import type { ProbeBook, Slot, Transmission } from "../probe-book.ts";
import { firstSize, nextPlateau, plausibleMtu } from "./sizes.ts";

/** A probe is sent so often at most; a path has fewer links that are each narrower than the one before. */
const MOST_ATTEMPTS = 12;

/** A packet that a router refused for its length. */
export interface Refusal {
	/** TTL it was sent with; null where the router quoted too little to tell. */
	readonly ttl: number | null;
	/** Bytes of the whole IP packet; null likewise. */
	readonly size: number | null;
	/** What the router told that its next link takes, where that can be. */
	readonly told: number | null;
	readonly from: string;
	/** TTL that it arrived at the router with; null where the channel is not told. */
	readonly quotedTtl: number | null;
}

/** The lengths of one trace's probes, and who refused which. */
export class ProbeLengths {
	readonly refusals: Refusal[] = [];
	readonly #book: ProbeBook;
	readonly #context: ProbeContext;

	constructor(book: ProbeBook, context: ProbeContext) {
		this.#book = book;
		this.#context = context;
		const size = firstSize(context.linkMtu ?? null);
		for (const slot of book.slots()) {
			if (slot.query === 0 && size > context.length) slot.length = size;
		}
	}

	/** A packet was refused on the way. `resend`: its slot has another length now and is to be sent again. */
	refused(transmission: Transmission, reply: IcmpErrorReply): "resend" | "noted" | "final" {
		const { slot, size } = transmission;
		if (size === null) return "final";
		const { family } = this.#context;
		const told = plausibleMtu(family, reply.mtu, size);
		const quotedTtl = reply.quoted.ip?.ttl ?? null;
		this.refusals.push({ ttl: slot.ttl, size, told, from: reply.from, quotedTtl });
		if (slot.companion !== null) return "final";
		if (slot.answer !== null || slot.transmission !== transmission || slot.state === "unsent") return "noted";
		const next = told ?? nextPlateau(family, size);
		if (next === null || !this.#shrink(slot, next)) return "final";
		const rttNs = Math.max(0, reply.at - transmission.sentAt);
		slot.refusals.push({ from: reply.from, length: size, mtu: reply.mtu, rttNs });
		for (const later of this.#book.slots()) {
			if (later.ttl >= slot.ttl && later.state === "unsent" && this.#lengthOf(later) > next) later.length = next;
		}
		return "resend";
	}

	/** A router refused a packet for its length and quoted too little to say which. */
	refusedUnnamed(reply: Reply): void {
		if (reply.type !== "icmpError") return;
		const told = plausibleMtu(this.#context.family, reply.mtu, Number.POSITIVE_INFINITY);
		this.refusals.push({ ttl: null, size: null, told, from: reply.from, quotedTtl: reply.quoted.ip?.ttl ?? null });
	}

	/** Our own link does not take a packet so long. True: the slot has another length now and is to be sent again. */
	refusedHere(slot: Slot, mtu: number | null): boolean {
		const size = slot.transmission?.size ?? null;
		if (size === null || slot.companion !== null) return false;
		const { family } = this.#context;
		const next = plausibleMtu(family, mtu, size) ?? nextPlateau(family, size);
		if (next === null || !this.#shrink(slot, next)) return false;
		for (const other of this.#book.slots()) {
			if (other.state === "unsent" && this.#lengthOf(other) > next) other.length = next;
		}
		return true;
	}

	/**
	 * A slot was waited for in vain. True: a narrower link is known before its hop whose word about this packet was lost,
	 * and it is to be sent again that long.
	 */
	mayHaveLostWord(slot: Slot): boolean {
		const size = slot.transmission?.size ?? null;
		if (size === null) return false;
		const known = this.refusals.flatMap(({ ttl, told, from }) => {
			const lies = ttl === null ? (this.hopOf(from) ?? slot.ttl) < slot.ttl : ttl <= slot.ttl;
			return lies && told !== null && told < size ? [told] : [];
		});
		return known.length > 0 && this.#shrink(slot, Math.max(...known));
	}

	/** The hop that an address answered for; null: none, or several. */
	hopOf(from: string): number | null {
		const hops = new Set<number>();
		for (const { ttl, answer } of this.#book.slots()) {
			if (answer?.reply.from === from && answer.meaning.kind === "timeExceeded") hops.add(ttl);
		}
		const [hop] = hops;
		return hops.size === 1 && hop !== undefined ? hop : null;
	}

	/** Routers that told what their next link takes, and the least that each told. */
	speakingRouters(): readonly (readonly [string, number])[] {
		const routers = new Map<string, number>();
		for (const { from, told } of this.refusals) {
			if (told !== null) routers.set(from, Math.min(told, routers.get(from) ?? told));
		}
		return [...routers];
	}

	/** Every router that refused a packet, and the longest that it did. */
	longestRefused(): ReadonlyMap<string, number> {
		const routers = new Map<string, number>();
		for (const { from, size } of this.refusals) {
			if (size !== null) routers.set(from, Math.max(size, routers.get(from) ?? 0));
		}
		return routers;
	}

	/** Routers that only refused, and the shortest packet that each refused. */
	muteRouters(): readonly (readonly [string, number])[] {
		const speaking = new Map(this.speakingRouters());
		const routers = new Map<string, number>();
		for (const { from, size } of this.refusals) {
			if (size !== null && !speaking.has(from)) routers.set(from, Math.min(size, routers.get(from) ?? size));
		}
		return [...routers];
	}

	/** False where the method's packet cannot be that short. */
	#shrink(slot: Slot, length: number): boolean {
		const asked = this.#lengthOf(slot);
		if ((slot.transmission?.size ?? 0) > asked || slot.attempts >= MOST_ATTEMPTS) return false;
		slot.length = length;
		return true;
	}

	#lengthOf(slot: Slot): number {
		return slot.length ?? this.#context.length;
	}
}
