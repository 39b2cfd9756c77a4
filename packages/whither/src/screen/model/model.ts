/** What the screen shows, as a value: the targets with their figures, and how the reader wants to see them. */
import type { PathSummary } from "@whither/core";
import type { Charset } from "../views/glyphs.ts";
import { DEFAULT_COLUMNS } from "./columns.ts";
import { redacted } from "./privacy.ts";

/** Views of one target. */
export type ViewName = "hops" | "chart" | "flows" | "details" | "map" | "help";

/** What is known of an address beyond the trace; null: asked, and there is nothing. Absent: not asked, or not answered yet. */
export interface AddressFacts {
	readonly name?: string | null;
	readonly asn?: string | null;
	readonly prefix?: string | null;
	/** Registry data, not where anything stands. */
	readonly country?: string | null;
	readonly registry?: string | null;
	readonly allocated?: string | null;
	/** What its system is called. */
	readonly asName?: string | null;
	/** The internet exchange whose network it is on. */
	readonly exchange?: string | null;
	readonly place?: Place | null;
}

/** Somewhere on the earth, degrees. */
export interface Place {
	readonly latitude: number;
	readonly longitude: number;
	/** `Frankfurt, DE`. */
	readonly label: string;
}

/** Facts by address. */
export type FactBook = ReadonlyMap<string, AddressFacts>;

/** One target as it stands. */
export interface Target {
	/** As the user calls it. */
	readonly name: string;
	readonly address: string | null;
	readonly source: string | null;
	readonly method: string | null;
	readonly port: number | null;
	/** The DSCP that our packets are sent with. */
	readonly dscp: number;
	readonly summary: PathSummary;
	/** `starting`: its name is looked up, or nothing has come yet. */
	readonly state: "starting" | "running" | "paused" | "ended" | "failed";
	/** A sentence on why it ended or failed, or the latest warning. */
	readonly note: string | null;
}

/** What a line of text is asked for. */
export interface Prompt {
	readonly asks: "columns" | "interval" | "file" | "privacy";
	readonly text: string;
}

/** How bars of a hop's history are drawn: figures beside them; answers alone; or round trips in classes. */
export type DisplayMode = "figures" | "answers" | "roundTrips";

/** What is shown of an address's registry data behind its hop. */
export type IpInfo = "asn" | "prefix" | "country" | "registry" | "allocated";

/** All of it. */
export interface Model {
	/** As they are by now. */
	readonly latest: readonly Target[];
	/** As they are shown: those that were there when the screen was frozen, or the latest. */
	readonly shown: readonly Target[];
	readonly target: number;
	readonly view: ViewName;
	/** The selected hop's TTL; null: none. */
	readonly ttl: number | null;
	/** In details: which of the hop's answerers. */
	readonly answerer: number;
	/** Letters of columns, a blank for a gap. */
	readonly columns: string;
	readonly isPaused: boolean;
	readonly isFrozen: boolean;
	readonly displayMode: DisplayMode;
	/** Names are shown; and addresses beside them. */
	readonly names: boolean;
	readonly addresses: boolean;
	readonly mpls: boolean;
	readonly ipInfo: IpInfo | null;
	/** Answerers that are shown of a hop; null: all. */
	readonly answerersShown: number | null;
	/** So many hops are not named. */
	readonly privacy: number;
	/** Samples in one column of a chart. */
	readonly zoom: number;
	/** First line shown of a view that is longer than the screen. */
	readonly scroll: number;
	readonly intervalMs: number;
	readonly prompt: Prompt | null;
	readonly message: Message | null;
	readonly facts: FactBook;
	/** Whether anybody was given who knows places. */
	readonly placesAsked: boolean;
	readonly size: { readonly columns: number; readonly rows: number };
	readonly charset: Charset;
}

/** A line at the bottom, until the next key. */
export interface Message {
	readonly text: string;
	readonly isBad: boolean;
}

/** How the screen begins; what is not said is as most want it. */
export function initialModel(choices: Partial<Model> = {}): Model {
	return {
		...{ latest: [], shown: [], target: 0, view: "hops", ttl: null, answerer: 0, columns: DEFAULT_COLUMNS },
		...{ isPaused: false, isFrozen: false, displayMode: "figures", names: true, addresses: false, mpls: false },
		...{ ipInfo: null, answerersShown: null, privacy: 0, zoom: 1, scroll: 0, intervalMs: 1000 },
		...{ prompt: null, message: null, facts: new Map(), placesAsked: false },
		...{ size: { columns: 80, rows: 24 }, charset: "unicode" },
		...choices,
	};
}

/** The model with what the targets have become; a frozen screen goes on showing what it does. */
export function withTargets(model: Model, latest: readonly Target[]): Model {
	return { ...model, latest, shown: model.isFrozen ? model.shown : latest };
}

/** The target that is looked at, the first hops without names and addresses where that is wanted; null: there is none. */
export function shownTarget(model: Model): Target | null {
	const target = model.shown[model.target];
	if (target === undefined || model.privacy === 0) return target ?? null;
	return { ...target, source: null, summary: redacted(target.summary, model.privacy) };
}
