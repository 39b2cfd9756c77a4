/** What the screen of a meeting shows: pairs of candidates with what became of each over time, as a value. */
import type { IceState, PairState } from "@whither/core";
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetPair, MeetResult } from "../../api/meet/result.ts";
import { meetNews } from "../../report/meet/meet-words.ts";
import type { Charset } from "../views/glyphs.ts";

/** A pair's state, or what it has become beyond that. */
export type LaneState = PairState | "nominated" | "selected";

/** From then on. */
export interface LaneStep {
	readonly atMs: number;
	readonly state: LaneState;
}

/** One pair over time. */
export interface Lane {
	readonly id: number;
	readonly pair: MeetPair;
	readonly steps: readonly LaneStep[];
	/** When it went; null: it is there. */
	readonly goneMs: number | null;
}

/** Views of a meeting. */
export type MeetView = "pairs" | "details" | "way" | "log" | "help";

/** All of it. */
export interface MeetModel {
	/** What the two say to each other, and where they meet. */
	readonly code: string | null;
	readonly server: string | null;
	readonly isMaker: boolean;
	readonly peerTool: string | null;
	readonly state: IceState | null;
	readonly lanes: readonly Lane[];
	/** What happened, a sentence each; the oldest first. */
	readonly log: readonly string[];
	/** Of the latest event that concerns the pairs. */
	readonly atMs: number;
	readonly why: string | null;
	readonly result: MeetResult | null;
	/** The error that it ended with. */
	readonly failure: string | null;
	readonly view: MeetView;
	/** The selected pair's; null: the best. */
	readonly pairId: number | null;
	readonly scroll: number;
	readonly charset: Charset;
	readonly size: { readonly columns: number; readonly rows: number };
}

/** Sentences that are kept. */
const LOG_KEPT = 500;
/** Changes of one pair that are kept. */
const STEPS_KEPT = 200;

/** Before anything has happened. */
export function initialMeet(charset: Charset): MeetModel {
	return {
		...{ code: null, server: null, isMaker: true, peerTool: null, state: null, lanes: [], log: [], atMs: 0 },
		...{ why: null, result: null, failure: null, view: "pairs", pairId: null, scroll: 0, charset },
		size: { columns: 80, rows: 24 },
	};
}

/** The model with one more sentence of what happened. */
export function meetNoted(model: MeetModel, text: string): MeetModel {
	return { ...model, log: [...model.log, text].slice(-LOG_KEPT) };
}

/** The model after an event, so many milliseconds after the beginning. */
export function meetAfter(model: MeetModel, event: MeetEvent, atMs: number): MeetModel {
	const news = meetNews(event);
	const said = news === null ? model : meetNoted(model, news);
	switch (event.kind) {
		case "code":
			return { ...said, code: event.code, server: event.server, isMaker: event.role === "controlling" };
		case "peer":
			return { ...said, peerTool: event.tool };
		case "pair":
		case "selected":
			return withPair(said, event.id, event.pair, atMs);
		case "pairGone": {
			const lanes = said.lanes.map((lane) => (lane.id === event.id ? { ...lane, goneMs: atMs } : lane));
			return { ...said, lanes, atMs };
		}
		case "state":
			return { ...said, state: event.state };
		case "outcome":
			return { ...said, why: event.why };
		default:
			return said;
	}
}

function withPair(model: MeetModel, id: number, pair: MeetPair, atMs: number): MeetModel {
	const state: LaneState = pair.selected
		? "selected"
		: pair.nominated && pair.state === "succeeded"
			? "nominated"
			: pair.state;
	const before = model.lanes.find((lane) => lane.id === id);
	const last = before?.steps.at(-1)?.state;
	const steps = [...(before?.steps ?? []), ...(last === state ? [] : [{ atMs, state }])].slice(-STEPS_KEPT);
	const lane = { id, pair, steps, goneMs: null };
	const lanes =
		before === undefined ? [...model.lanes, lane] : model.lanes.map((each) => (each.id === id ? lane : each));
	return { ...model, lanes: lanes.toSorted(byRank), atMs };
}

/** The selected first, then those of higher priority. */
function byRank(a: Lane, b: Lane): number {
	const [selectedA, selectedB] = [a.pair.selected ? 1 : 0, b.pair.selected ? 1 : 0];
	if (selectedA !== selectedB) return selectedB - selectedA;
	return BigInt(a.pair.priority) > BigInt(b.pair.priority) ? -1 : 1;
}

/** The state of a pair at a moment; null: it was not there. */
export function stateAt({ steps, goneMs }: Lane, atMs: number): LaneState | null {
	if (goneMs !== null && atMs >= goneMs) return null;
	return steps.findLast((step) => step.atMs <= atMs)?.state ?? null;
}

/** The pair that is looked at; null: there is none. */
export function laneInView({ lanes, pairId }: MeetModel): Lane | null {
	return lanes.find(({ id }) => id === pairId) ?? lanes[0] ?? null;
}
