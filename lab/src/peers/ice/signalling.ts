/** Signalling between two programs that speak ICE: what one says is told the other, at once. */

import type { IcePeerDescription, IcePeerOutput } from "./lines.ts";
import type { IcePeer } from "./peer.ts";

/** How their words are carried. */
export interface IceSignallingOptions {
	/** Descriptions wait until they are complete, as where nobody trickles; default: as they come. */
	readonly whole?: boolean;
	/** How long words take, one way; default 0. */
	readonly delayMs?: number;
}

/** Carries what either says from now on to the other, descriptions of restarts as well. The result ends it. */
export function joinIcePeers(a: IcePeer, b: IcePeer, options: IceSignallingOptions = {}): () => void {
	const ends = [
		[a, b],
		[b, a],
	] as const;
	const stops = ends.map(([from, to]) => {
		const carry = options.whole === true ? wholly(to) : trickling(to);
		const { delayMs = 0 } = options;
		return from.listen(delayMs === 0 ? carry : (line) => setTimeout(carry, delayMs, line));
	});
	return () => {
		for (const stop of stops) stop();
	};
}

function trickling(to: IcePeer): (line: IcePeerOutput) => void {
	// A complete description ends candidates by itself.
	let isComplete = false;
	return ({ description, candidate, gathered }) => {
		if (description !== undefined) {
			isComplete = description.complete;
			to.tell({ description });
		} else if (candidate !== undefined) to.tell({ candidate });
		else if (gathered === true && !isComplete) to.tell({ endOfCandidates: true });
	};
}

function wholly(to: IcePeer): (line: IcePeerOutput) => void {
	let held: IcePeerDescription | null = null;
	return ({ description, candidate, gathered }) => {
		if (description !== undefined) held = description;
		else if (held === null) return;
		else if (candidate !== undefined) held = { ...held, candidates: [...held.candidates, candidate] };
		if (gathered !== true || held === null) return;
		to.tell({ description: { ...held, complete: true } });
		held = null;
	};
}
