import type { StunAddress } from "@whither/wire";
import { type Instant, SECOND } from "../../machine.ts";
import { placeKey } from "./sites.ts";

/** Checks of one address that are remembered: a peer that follows the draft makes a few for each of its own addresses. */
const MOST_REMEMBERED = 512;

/** A request leaves for the last time after 7.9 s and is given up after 9.5 (RFC 3489 §9.3); a little more for the way. */
const LAST_REPEAT_NS = 12 * SECOND;

/**
 * The checks that one address of ours has had, each by its transaction's id. Deviation: RFC 3489 §8.1 answers whatever is signed; here what
 * was heard once is answered again only as its own repetition, from the same source to the same socket and in time. Everything else of that
 * id is a recording that somebody plays back. Nothing is forgotten before the call ends, so that no recording is ever new: when
 * it is full, no more checks are taken.
 */
export class CheckMemory {
	readonly #heard = new Map<string, { readonly from: string; readonly base: number; readonly at: Instant }>();

	/** Of a request whose digest is right. */
	judge(id: Uint8Array, base: number, source: StunAddress, now: Instant): "first" | "again" | "replayed" | "tooMany" {
		const key = id.join();
		const from = placeKey(source);
		const before = this.#heard.get(key);
		if (before !== undefined) {
			const isRepeated = before.from === from && before.base === base && now - before.at <= LAST_REPEAT_NS;
			return isRepeated ? "again" : "replayed";
		}
		if (this.#heard.size >= MOST_REMEMBERED) return "tooMany";
		this.#heard.set(key, { from, base, at: now });
		return "first";
	}

	/** Whether a check came from one of these places to this socket. */
	hasHeard(base: number, places: readonly StunAddress[]): boolean {
		const keys = new Set(places.map(placeKey));
		return [...this.#heard.values()].some((one) => one.base === base && keys.has(one.from));
	}
}
