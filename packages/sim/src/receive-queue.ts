/** What a TCP receiver holds: bytes in order, pieces beyond a gap, and the blocks it tells the sender of. */
import { type SackBlock, sequenceBefore, sequenceDifference } from "@whither/wire";

/** Linux remembers so many blocks (TCP_NUM_SACKS). */
const MOST_BLOCKS = 4;

/** What came of a piece of data. */
export interface Taken {
	/** Bytes that went to the application. */
	readonly delivered: number;
	/** Whether pieces beyond a gap are held now. */
	readonly gap: boolean;
}

/** One connection's receive side in sequence space (RFC 9293 section 3.10.7.4, RFC 2018, RFC 2883). */
export class ReceiveQueue {
	#next: number;
	/** Everything beyond the gap, in any order, touching pieces joined. */
	#held: SackBlock[] = [];
	/** What is told of it, newest first. */
	#recent: SackBlock[] = [];
	#duplicate: SackBlock | null = null;

	constructor(next: number) {
		this.#next = next;
	}

	/** RCV.NXT. */
	get next(): number {
		return this.#next;
	}

	/** Takes the bytes from `start` up to but not including `end`. */
	take(start: number, end: number): Taken {
		if (!sequenceBefore(this.#next, end)) return this.#repeated({ start, end }, 0);
		if (sequenceBefore(this.#next, start)) return this.#hold({ start, end });
		if (sequenceBefore(start, this.#next)) this.#duplicate = { start, end: this.#next };
		const before = this.#next;
		this.#advance(end);
		return { delivered: sequenceDifference(this.#next, before), gap: this.#held.length > 0 };
	}

	/** Takes a FIN in order: what lies beyond it is thrown away, as Linux does. */
	finish(): void {
		this.#next = (this.#next + 1) >>> 0;
		this.#held = [];
		this.#recent = [];
	}

	/** Whether taking this piece would push a block out of those that are told. */
	crowds(start: number, end: number): boolean {
		return this.#recent.length >= MOST_BLOCKS && !this.#recent.some((block) => touches(block, { start, end }));
	}

	/** The blocks for the next acknowledgment, newest first; a repeat is told once (RFC 2883 section 4). */
	blocks(most: number): readonly SackBlock[] {
		const blocks = this.#duplicate === null ? this.#recent : [this.#duplicate, ...this.#recent];
		this.#duplicate = null;
		return blocks.slice(0, most);
	}

	#repeated(piece: SackBlock, delivered: number): Taken {
		this.#duplicate = piece;
		return { delivered, gap: this.#held.length > 0 };
	}

	#hold(piece: SackBlock): Taken {
		if (this.#held.some((block) => contains(block, piece))) this.#duplicate = piece;
		this.#held = joined(this.#held, piece);
		this.#recent = joined(this.#recent, piece).slice(0, MOST_BLOCKS);
		return { delivered: 0, gap: true };
	}

	#advance(end: number): void {
		this.#next = end;
		for (const block of [...this.#held].sort((a, b) => sequenceDifference(a.start, b.start))) {
			if (!sequenceBefore(this.#next, block.start) && sequenceBefore(this.#next, block.end)) this.#next = block.end;
		}
		const beyond = ({ start }: SackBlock) => sequenceBefore(this.#next, start);
		this.#held = this.#held.filter(beyond);
		this.#recent = this.#recent.filter(beyond);
	}
}

/** The blocks with a piece joined to those that it touches, in front of the others. */
function joined(blocks: readonly SackBlock[], piece: SackBlock): SackBlock[] {
	let whole = piece;
	let rest = [...blocks];
	for (let touching = rest.filter((block) => touches(block, whole)); touching.length > 0; ) {
		for (const block of touching) {
			const start = sequenceBefore(block.start, whole.start) ? block.start : whole.start;
			whole = { start, end: sequenceBefore(whole.end, block.end) ? block.end : whole.end };
		}
		rest = rest.filter((block) => !touching.includes(block));
		touching = rest.filter((block) => touches(block, whole));
	}
	return [whole, ...rest];
}

function touches(a: SackBlock, b: SackBlock): boolean {
	return sequenceDifference(a.start, b.end) <= 0 && sequenceDifference(b.start, a.end) <= 0;
}

function contains(block: SackBlock, piece: SackBlock): boolean {
	return sequenceDifference(piece.start, block.start) >= 0 && sequenceDifference(piece.end, block.end) <= 0;
}
