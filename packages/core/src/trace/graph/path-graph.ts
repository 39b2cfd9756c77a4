/** A path as a graph, from left to right: who answers at each distance, which links were seen, which of them belong to one network. */

/** One of those who answer at one distance, or a silent hop. */
export interface PathNode {
	/** `TTL/ADDRESS`, or `TTL/*`. */
	readonly id: string;
	readonly ttl: number;
	/** Null: silent. */
	readonly address: string | null;
	readonly name: string | null;
	readonly asn: string | null;
	readonly isSource: boolean;
	readonly isTarget: boolean;
	/** Best round trip; null: none. */
	readonly rttNs: number | null;
	/** Answers, of all that this distance gave. */
	readonly share: number;
	/** Of its distance; null: not known. */
	readonly lossRatio: number | null;
	/** What a reader should see at it: `NAT`, `MPLS`, `MTU 1400`, `DSCP 0`, ... */
	readonly marks: readonly string[];
	/** Where it is drawn: column (0 is the source) and row (0 is on top; halves where columns differ in height). */
	readonly column: number;
	readonly row: number;
}

/** A link that packets of one flow were seen to take. */
export interface PathLink {
	readonly from: string;
	readonly to: string;
	/** Flows or rounds that took it, of all. */
	readonly share: number;
	/** Both ends were seen by packets of one flow; else it is only their distances that make them neighbours. */
	readonly isSure: boolean;
}

/** Neighbouring nodes of one network. */
export interface PathGroup {
	readonly asn: string;
	readonly nodes: readonly string[];
}

/** The whole of it. */
export interface PathGraph {
	readonly nodes: readonly PathNode[];
	readonly links: readonly PathLink[];
	readonly groups: readonly PathGroup[];
	readonly columns: number;
	readonly rows: number;
}
