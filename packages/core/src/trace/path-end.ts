/** Where the path ends, as far as the answers have told. */
import type { ReplyMeaning } from "./method.ts";

/** The last TTL of a path: the lowest that the target answered for, else the lowest that an unreachable came for. */
export class PathEnd {
	readonly #maxTtl: number;
	#targetTtl: number | null = null;
	#blockedTtl: number | null = null;

	constructor(maxTtl: number) {
		this.#maxTtl = maxTtl;
	}

	/** Takes an answer into account; true when it may have moved the end. */
	note(ttl: number, { place }: ReplyMeaning): boolean {
		if (place === "target") this.#targetTtl = Math.min(ttl, this.#targetTtl ?? ttl);
		else if (place === "end") this.#blockedTtl = Math.min(ttl, this.#blockedTtl ?? ttl);
		return place !== "hop";
	}

	get reached(): boolean {
		return this.#targetTtl !== null;
	}

	get known(): boolean {
		return this.#targetTtl !== null || this.#blockedTtl !== null;
	}

	get lastTtl(): number {
		return this.#targetTtl ?? this.#blockedTtl ?? this.#maxTtl;
	}
}
