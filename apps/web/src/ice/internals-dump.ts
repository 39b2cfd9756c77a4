/** What Chromium saves at chrome://webrtc-internals ("Create a dump"), read into connections with their pairs over time. Pure. */
import type { MeetPair } from "../../../../packages/whither/src/api/meet/result.ts";
import { type Lanes, withPair } from "../model/lanes.ts";
import { type BrowserIce, readStats } from "./browser-pairs.ts";

/** One RTCPeerConnection. */
export interface DumpedConnection {
	/** Chromium's name for it, such as `23-1`: process and connection. */
	readonly id: string;
	/** The page that made it; "" where that is not told. */
	readonly url: string;
	/** As it was last. */
	readonly ice: BrowserIce;
	readonly lanes: Lanes;
	/** What it told of its states, in its order. */
	readonly states: readonly DumpedState[];
}

/** A change of state; `atMs` from the first moment that is known of the connection. */
interface DumpedState {
	readonly atMs: number;
	readonly what: string;
	readonly state: string;
}

const LONGEST = 64 << 20;
const MOST_CONNECTIONS = 64;
const MOST_SERIES = 20_000;
const MOST_SAMPLES = 1_000;
const MOST_STATES = 200;
const MOST_LANES = 200;
/** Of one figure. */
const MOST_CHANGES = 100;
const MOST_TEXT = 200;

type Fields = Readonly<Record<string, unknown>>;

/** All in the dump, those with pairs first; null: the text is no such dump. Never throws. */
export function readDump(text: string): readonly DumpedConnection[] | null {
	if (text.length > LONGEST || !/^\s*\{/.test(text)) return null;
	const { PeerConnections: all } = fieldsOf(parsed(text));
	if (typeof all !== "object" || all === null || Array.isArray(all)) return null;
	const connections = Object.entries(all).slice(0, MOST_CONNECTIONS).map(connectionOf);
	return connections.toSorted((one, other) => other.ice.pairs.length - one.ice.pairs.length);
}

/** The values of one figure of one object, and when they were measured. */
interface Series {
	readonly values: readonly unknown[];
	readonly fromMs: number;
	readonly toMs: number;
}

/** Everything told of one object of `getStats()`. */
interface Told {
	readonly type: string;
	readonly series: Map<string, Series>;
}

function connectionOf([id, value]: readonly [string, unknown]): DumpedConnection {
	const { url, stats, updateLog } = fieldsOf(value);
	const told = toldOf(fieldsOf(stats));
	const ice = readStats([...told].map(([name, object]) => lastOf(name, object)));
	const log = Array.isArray(updateLog) ? updateLog.slice(0, 50_000).map(fieldsOf) : [];
	const began = log.map(({ time }) => momentOf(time)).filter(Number.isFinite);
	const measured = [...told.values()].flatMap(({ series }) => [...series.values()].map(({ fromMs }) => fromMs));
	const startMs = least([...began, ...measured]);
	return {
		id: shortened(id),
		url: typeof url === "string" ? shortened(url) : "",
		ice,
		lanes: lanesOf(told, ice, startMs),
		states: statesOf(log, startMs),
	};
}

/** Keys are the object's name, a hyphen and the figure's; figures in brackets are Chromium's own sums. */
function toldOf(stats: Fields): ReadonlyMap<string, Told> {
	const told = new Map<string, Told>();
	for (const [key, value] of Object.entries(stats).slice(0, MOST_SERIES)) {
		const [, id, name] = /^(.+)-([A-Za-z]+)$/.exec(key) ?? [];
		const { statsType, values, startTime, endTime } = fieldsOf(value);
		if (id === undefined || name === undefined || typeof statsType !== "string") continue;
		const object = told.get(id) ?? { type: statsType, series: new Map<string, Series>() };
		told.set(id, object);
		const list = typeof values === "string" ? parsed(values) : values;
		if (!Array.isArray(list)) continue;
		const kept = list.slice(-MOST_SAMPLES);
		object.series.set(name, { values: kept, fromMs: momentOf(startTime), toMs: momentOf(endTime) });
	}
	return told;
}

/** As a report of that moment would have it. */
function lastOf(id: string, { type, series }: Told): Fields {
	const figures = [...series].map(([name, { values }]) => [name, values.at(-1)] as const);
	return { ...Object.fromEntries(figures), id, type };
}

function lanesOf(told: ReadonlyMap<string, Told>, { pairs }: BrowserIce, startMs: number): Lanes {
	const transport = [...told.values()].find(({ type }) => type === "transport");
	const chosen = changesOf(transport?.series.get("selectedCandidatePairId"));
	const chosenAt = (ms: number) => chosen.findLast(({ atMs }) => atMs <= ms)?.value;
	const lanes = pairs.slice(0, MOST_LANES).flatMap(({ id, pair }): Lanes => {
		const series = told.get(id)?.series;
		const states = changesOf(series?.get("state"));
		const nominated = changesOf(series?.get("nominated"));
		const first = states[0]?.atMs ?? startMs;
		const times = new Set([...states, ...nominated, ...chosen].map(({ atMs }) => Math.max(first, atMs)));
		return [...times]
			.sort((one, other) => one - other)
			.reduce<Lanes>((lane, atMs) => {
				const state = states.findLast((one) => one.atMs <= atMs)?.value;
				const isNominated = nominated.findLast((one) => one.atMs <= atMs)?.value === true;
				const selected = chosen.length === 0 ? pair.selected : chosenAt(atMs) === id;
				return withPair(lane, id, pairAt(pair, state, { nominated: isNominated, selected }), atMs - startMs);
			}, []);
	});
	return lanes.toSorted((one, other) => (one.parts[0]?.fromMs ?? 0) - (other.parts[0]?.fromMs ?? 0));
}

function pairAt(pair: MeetPair, state: unknown, marks: Pick<MeetPair, "nominated" | "selected">): MeetPair {
	const [read] = readStats([{ id: "P", type: "candidate-pair", state }]).pairs;
	return { ...pair, ...marks, state: read?.pair.state ?? pair.state };
}

/** Where the value becomes another. Samples stand evenly between the first and the last, for no time is told of each. */
function changesOf(series: Series | undefined): readonly { readonly atMs: number; readonly value: unknown }[] {
	if (series === undefined || !Number.isFinite(series.fromMs)) return [];
	const { values, fromMs, toMs } = series;
	const step = values.length > 1 && toMs > fromMs ? (toMs - fromMs) / (values.length - 1) : 0;
	const changes = values.flatMap((value, index) =>
		index > 0 && values[index - 1] === value ? [] : [{ atMs: fromMs + index * step, value }],
	);
	return changes.slice(0, MOST_CHANGES);
}

const TOLD_STATES: Readonly<Record<string, string>> = {
	iceconnectionstatechange: "ICE",
	connectionstatechange: "connection",
	icegatheringstatechange: "gathering",
	signalingstatechange: "signalling",
};

function statesOf(log: readonly Fields[], startMs: number): readonly DumpedState[] {
	const told = log.flatMap(({ time, type, value }): readonly DumpedState[] => {
		const what = typeof type === "string" && Object.hasOwn(TOLD_STATES, type) ? TOLD_STATES[type] : undefined;
		if (what === undefined || typeof value !== "string") return [];
		const atMs = momentOf(time) - startMs;
		return [{ atMs: Number.isFinite(atMs) ? Math.max(0, atMs) : 0, what, state: shortened(value.replaceAll('"', "")) }];
	});
	return told.slice(0, MOST_STATES);
}

/** Milliseconds since 1970; NaN where it is no time. */
function momentOf(time: unknown): number {
	return typeof time === "string" || typeof time === "number" ? new Date(time).getTime() : Number.NaN;
}

function least(moments: readonly number[]): number {
	const known = moments.filter(Number.isFinite);
	return known.length === 0 ? 0 : known.reduce((one, other) => Math.min(one, other));
}

function shortened(text: string): string {
	return text.slice(0, MOST_TEXT);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function fieldsOf(value: unknown): Fields {
	return typeof value === "object" && value !== null ? (value as Fields) : {};
}
