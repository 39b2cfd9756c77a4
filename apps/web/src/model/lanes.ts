/** What became of each pair, as lanes over time. Pure. */
import type { MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";

/** What a pair was during a while. */
export type LaneState = MeetPair["state"] | "nominated" | "selected" | "gone";

/** A while in which a pair was the same. */
export interface LanePart {
	readonly state: LaneState;
	readonly fromMs: number;
	/** Null: it still is. */
	readonly toMs: number | null;
}

/** One pair's. */
export interface Lane {
	readonly id: string;
	readonly label: string;
	readonly parts: readonly LanePart[];
}

/** All of one end's, in the order in which they came. */
export type Lanes = readonly Lane[];

const MOST_LANES = 200;
const MOST_PARTS = 100;

/** What a pair counts as. */
export function laneState({
	state,
	nominated,
	selected,
}: Pick<MeetPair, "state" | "nominated" | "selected">): LaneState {
	if (selected) return "selected";
	return nominated && state === "succeeded" ? "nominated" : state;
}

/** With these pairs as they are now; those that are no longer there are gone. */
export function withPairs(
	lanes: Lanes,
	pairs: readonly { readonly id: string; readonly pair: MeetPair }[],
	atMs: number,
): Lanes {
	const there = new Map(pairs.map(({ id, pair }) => [id, pair]));
	let isNew = false;
	const known = lanes.map((lane) => {
		const pair = there.get(lane.id);
		const next = turned(lane, pair === undefined ? "gone" : laneState(pair), atMs);
		isNew ||= next !== lane;
		return next;
	});
	const added = pairs.filter(({ id }) => !lanes.some((lane) => lane.id === id));
	if (added.length === 0) return isNew ? known : lanes;
	return [...known, ...added.map(({ id, pair }) => begun(id, pair, atMs))].slice(0, MOST_LANES);
}

/** With one pair as it is now; null: it is gone. */
export function withPair(lanes: Lanes, id: string, pair: MeetPair | null, atMs: number): Lanes {
	const lane = lanes.find((each) => each.id === id);
	if (lane === undefined) return pair === null ? lanes : [...lanes, begun(id, pair, atMs)].slice(0, MOST_LANES);
	const next = turned(lane, pair === null ? "gone" : laneState(pair), atMs);
	return next === lane ? lanes : lanes.map((each) => (each === lane ? next : each));
}

/** When the first pair was formed; 0 where there is none. */
export function firstMs(lanes: Lanes): number {
	const began = lanes.flatMap(({ parts }) => (parts[0] === undefined ? [] : [parts[0].fromMs]));
	return began.length === 0 ? 0 : Math.min(...began);
}

/** The last moment at which anything changed. */
export function lastChangeMs(lanes: Lanes): number {
	return Math.max(0, ...lanes.flatMap(({ parts }) => parts.map(({ fromMs }) => fromMs)));
}

/** In words, for those who do not see it. */
export function laneWords({ label, parts }: Lane): string {
	const words = parts.map(({ state, fromMs }) => `${STATE_WORDS[state]} at ${Math.round(fromMs)} ms`);
	return `${label}: ${words.join(", ")}`;
}

/** What each state is called. */
export const STATE_WORDS: Readonly<Record<LaneState, string>> = {
	frozen: "frozen",
	waiting: "waiting",
	inProgress: "in progress",
	succeeded: "succeeded",
	failed: "failed",
	nominated: "nominated",
	selected: "in use",
	gone: "gone",
};

function turned(lane: Lane, state: LaneState, atMs: number): Lane {
	const last = lane.parts.at(-1);
	if (last === undefined || last.state === state || lane.parts.length >= MOST_PARTS) return lane;
	const closed = lane.parts.map((part) => (part === last ? { ...part, toMs: atMs } : part));
	return { ...lane, parts: [...closed, { state, fromMs: atMs, toMs: null }] };
}

function begun(id: string, pair: MeetPair, atMs: number): Lane {
	return { id, label: pairLabel(pair), parts: [{ state: laneState(pair), fromMs: atMs, toMs: null }] };
}

/** Both ends by type and address. */
function pairLabel({ local, remote }: MeetPair): string {
	return `${local.type} – ${remote.type} ${shortAddress(remote.address)}`;
}

/** Long names of multicast DNS by their beginning. */
export function shortAddress(address: string): string {
	return /^[0-9a-f-]{36}\.local$/i.test(address) ? `${address.slice(0, 8)}….local` : address;
}
