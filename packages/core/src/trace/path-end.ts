/** Where the path ends, as far as the answers have told. */
import type { ReplyMeaning } from "./method.ts";

/** The last TTL of a path: the lowest that the target answered for, else the lowest that an unreachable came for. */
export class PathEnd {
	readonly #maxTtl: number;
	#targetTtl: number | null = null;
	#blockedTtl: number | null = null;
	/** Where the end is at the latest, by an answer of its own that did not say which probe it was to. */
	#latestTtl: number | null = null;
	#targetHeard = false;

	constructor(maxTtl: number) {
		this.#maxTtl = maxTtl;
	}

	/** Takes an answer into account; true when it may have moved the end. */
	note(ttl: number, { place }: ReplyMeaning): boolean {
		if (place === "target") this.#targetTtl = Math.min(ttl, this.#targetTtl ?? ttl);
		else if (place === "end") this.#blockedTtl = Math.min(ttl, this.#blockedTtl ?? ttl);
		return place !== "hop";
	}

	/** Takes in an answer to one of the probes up to this TTL, nobody knows which; true when it moved the end. */
	noteUnnamed(latestTtl: number, { place }: ReplyMeaning): boolean {
		if (place === "hop") return false;
		this.#targetHeard ||= place === "target";
		const before = this.lastTtl;
		this.#latestTtl = Math.min(latestTtl, this.#latestTtl ?? latestTtl);
		return this.lastTtl < before;
	}

	/** The target answered, be it not known to which probe. */
	get reached(): boolean {
		return this.#targetTtl !== null || this.#targetHeard;
	}

	get known(): boolean {
		return this.#targetTtl !== null || this.#blockedTtl !== null;
	}

	get lastTtl(): number {
		return this.#targetTtl ?? this.#blockedTtl ?? this.#latestTtl ?? this.#maxTtl;
	}
}
