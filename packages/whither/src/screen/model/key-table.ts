/** The keys: one row each, from which they act and from which help is written, so that the two cannot differ. */
import { DEFAULT_COLUMNS, JITTER_COLUMNS } from "./columns.ts";
import { type Effect, type Pressed, pressed, saying } from "./effects.ts";
import type { DisplayMode, IpInfo, Model, ViewName } from "./model.ts";
import { hopInView, hopsOf, moved, otherTarget, pageOf } from "./moves.ts";
import { asking } from "./prompts.ts";

/** One row. */
export interface KeyRow {
	/** Names as `KeyReader` gives them. */
	readonly keys: readonly string[];
	/** As help shows them. */
	readonly shown: string;
	readonly says: string;
	readonly press: (model: Model) => Pressed;
}

/** Rows under one heading. */
export interface KeyGroup {
	readonly heading: string;
	readonly rows: readonly KeyRow[];
}

function row(keys: readonly string[], says: string, press: (model: Model) => Pressed, shown = keys.join(" ")): KeyRow {
	return { keys, shown, says, press };
}

/** A view opens by its key, and closes by the same. */
function view(keys: readonly string[], name: ViewName, says: string): KeyRow {
	return row(keys, says, (model) => {
		const next = model.view === name ? "hops" : name;
		return pressed({ ...model, view: next, scroll: 0, answerer: 0 });
	});
}

function effect(keys: readonly string[], says: string, what: Effect, message: string | null = null): KeyRow {
	return row(keys, says, (model) => pressed(message === null ? model : saying(model, message), what));
}

const DISPLAY_MODES: Readonly<Record<DisplayMode, DisplayMode>> = {
	figures: "answers",
	answers: "roundTrips",
	roundTrips: "figures",
};

const DISPLAY_WORDS: Readonly<Record<DisplayMode, string>> = {
	figures: "Figures",
	answers: "History: answered or not",
	roundTrips: "History: round trips",
};

const IP_INFOS: readonly (IpInfo | null)[] = ["asn", "prefix", "country", "registry", "allocated", null];

const IP_INFO_WORDS: Readonly<Record<IpInfo, string>> = {
	asn: "AS numbers",
	prefix: "Prefixes of routes",
	country: "Countries of registration, which is not where anything stands",
	registry: "Registries",
	allocated: "Dates of allocation",
};

function withIpInfo(model: Model, ipInfo: IpInfo | null): Pressed {
	const said = saying({ ...model, ipInfo }, ipInfo === null ? "No registry data" : IP_INFO_WORDS[ipInfo]);
	return ipInfo === null ? pressed(said) : pressed(said, { type: "lookUp", what: "origins" });
}

function nextIpInfo(model: Model): Pressed {
	return withIpInfo(model, IP_INFOS[(IP_INFOS.indexOf(model.ipInfo) + 1) % IP_INFOS.length] ?? null);
}

function withNames(model: Model): Pressed {
	const names = !model.names;
	const said = saying({ ...model, names }, names ? "Names" : "Addresses only");
	return names ? pressed(said, { type: "lookUp", what: "names" }) : pressed(said);
}

/** The most answerers that any hop of the target has. */
function mostAnswerers(model: Model): number {
	return Math.max(1, ...hopsOf(model).map(({ answerers }) => answerers.length));
}

function withAnswerers(model: Model, by: number): Pressed {
	const most = mostAnswerers(model);
	const count = Math.min(most, Math.max(1, (model.answerersShown ?? most) + by));
	const answerersShown = count === most && by > 0 ? null : count;
	const words = answerersShown === null ? "All hosts of a hop" : `Hosts of a hop: ${count} at most`;
	return pressed(saying({ ...model, answerersShown }, words));
}

const MOST_ZOOM = 16;

function zoomed(model: Model, factor: number): Pressed {
	const zoom = Math.min(MOST_ZOOM, Math.max(1, model.zoom * factor));
	return pressed(saying({ ...model, zoom }, `${zoom} ${zoom === 1 ? "round" : "rounds"} a column`));
}

function frozen(model: Model): Pressed {
	const isFrozen = !model.isFrozen;
	const next = { ...model, isFrozen, shown: isFrozen ? model.shown : model.latest };
	return pressed(saying(next, isFrozen ? "Frozen: what is shown stays, tracing goes on" : "Live again"));
}

function escaped(model: Model): Pressed {
	if (model.view !== "hops") return pressed({ ...model, view: "hops", scroll: 0, answerer: 0 });
	return pressed({ ...model, ttl: null });
}

/** Details open on a hop, so one is selected. */
function details(model: Model): Pressed {
	if (model.view === "details") return pressed({ ...model, view: "hops", answerer: 0 });
	return pressed({ ...model, view: "details", ttl: hopInView(model)?.ttl ?? null, answerer: 0, scroll: 0 });
}

/** All keys by heading. */
export const KEY_GROUPS: readonly KeyGroup[] = [
	{
		heading: "As in mtr",
		rows: [
			view(["?", "h"], "help", "this help"),
			row(["p"], "pause: send no more probes", (model) =>
				pressed(saying({ ...model, isPaused: true }, "Paused; SPACE resumes"), { type: "pause" }),
			),
			row(
				["space"],
				"resume",
				(model) => pressed(saying({ ...model, isPaused: false }, "Resumed"), { type: "resume" }),
				"SPACE",
			),
			row(["d"], "display mode: figures, answers, round trips", (model) => {
				const displayMode = DISPLAY_MODES[model.displayMode];
				return pressed(saying({ ...model, displayMode }, DISPLAY_WORDS[displayMode]));
			}),
			row(["e"], "extensions: MPLS labels on and off", (model) =>
				pressed(saying({ ...model, mpls: !model.mpls }, model.mpls ? "No MPLS labels" : "MPLS labels")),
			),
			row(["n"], "names on and off", withNames),
			row(["b"], "addresses beside the names", (model) =>
				pressed(
					saying(
						{ ...model, addresses: !model.addresses },
						model.addresses ? "Names without addresses" : "Names and addresses",
					),
				),
			),
			effect(["r", "ctrl-r"], "reset all counters", { type: "reset" }, "Counters reset"),
			row(["o"], "columns by their letters", (model) => pressed(asking(model, "columns", model.columns))),
			row(["j"], "columns of latency or of jitter", (model) =>
				pressed({ ...model, columns: model.columns === JITTER_COLUMNS ? DEFAULT_COLUMNS : JITTER_COLUMNS }),
			),
			row(["i"], "interval from round to round", (model) =>
				pressed(asking(model, "interval", String(model.intervalMs / 1000))),
			),
			row(["y"], "registry data: AS, prefix, country, registry, date", nextIpInfo),
			row(["z"], "AS numbers on and off", (model) => withIpInfo(model, model.ipInfo === "asn" ? null : "asn")),
			effect(["u"], "UDP or ICMP echo", { type: "otherMethod" }),
			row(["q", "ctrl-c"], "quit", (model) => pressed(model, { type: "quit", keepsFrame: false })),
		],
	},
	{
		heading: "Views and selection",
		rows: [
			row(["up"], "hop before", (model) => pressed(moved(model, -1)), "Up"),
			row(["down"], "hop behind", (model) => pressed(moved(model, 1)), "Down"),
			row(["page-up"], "a screen up", (model) => pressed(moved(model, -pageOf(model))), "PgUp"),
			row(["page-down"], "a screen down", (model) => pressed(moved(model, pageOf(model))), "PgDn"),
			row(["home"], "first hop", (model) => pressed(moved({ ...model, ttl: null }, -Infinity)), "Home"),
			row(["end"], "last hop", (model) => pressed(moved({ ...model, ttl: null }, Infinity)), "End"),
			row(["right", "tab"], "next target", (model) => pressed(otherTarget(model, 1)), "Right Tab"),
			row(["left", "shift-tab"], "target before", (model) => pressed(otherTarget(model, -1)), "Left"),
			row(["enter", "D"], "details of the hop", details, "Enter D"),
			view(["c"], "chart", "chart of the hop's round trips"),
			view(["f"], "flows", "flows: the paths that were seen"),
			view(["m"], "map", "map"),
			row(["["], "fewer hosts of a hop", (model) => withAnswerers(model, -1)),
			row(["]"], "more of them", (model) => withAnswerers(model, 1)),
			row(["=", "+"], "zoom in: fewer rounds a column", (model) => zoomed(model, 0.5)),
			row(["-"], "zoom out", (model) => zoomed(model, 2)),
			row(["escape"], "back to the hops; no hop selected", escaped, "Esc"),
		],
	},
	{
		heading: "More",
		rows: [
			row(["ctrl-f"], "freeze what is shown; tracing goes on", frozen, "Ctrl-F"),
			effect(["ctrl-k"], "forget names, and ask again", { type: "flushNames" }, "Names are asked again"),
			row(["w"], "write a report to a file", (model) => pressed(asking(model, "file", ""))),
			row(["P"], "privacy: the first hops are not named", (model) =>
				pressed(asking(model, "privacy", String(model.privacy))),
			),
			row(["Q"], "quit, and leave this on the terminal", (model) => pressed(model, { type: "quit", keepsFrame: true })),
			row(["ctrl-l"], "draw the screen anew", (model) => pressed(model, { type: "redraw" }), "Ctrl-L"),
			row(["ctrl-z"], "suspend; fg goes on", (model) => pressed(model, { type: "suspend" }), "Ctrl-Z"),
		],
	},
];

const BY_KEY: ReadonlyMap<string, KeyRow> = new Map(
	KEY_GROUPS.flatMap(({ rows }) => rows).flatMap((each) => each.keys.map((key) => [key, each] as const)),
);

/** The row of a key; null: it does nothing. */
export function findKey(name: string): KeyRow | null {
	return BY_KEY.get(name) ?? null;
}
