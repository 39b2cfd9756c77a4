/** Where the reader looks: which target, hop and answerer is selected. */
import type { HopSummary } from "@whither/core";
import { type Model, shownTarget } from "./model.ts";

/** The hops of the target that is looked at. */
export function hopsOf(model: Model): readonly HopSummary[] {
	return shownTarget(model)?.summary.hops ?? [];
}

/** The selected hop; null: none is. */
export function selectedHop(model: Model): HopSummary | null {
	return hopsOf(model).find(({ ttl }) => ttl === model.ttl) ?? null;
}

/** The hop that a chart or details are of: the selected one, else the last that answers. */
export function hopInView(model: Model): HopSummary | null {
	const hops = hopsOf(model);
	return selectedHop(model) ?? hops.findLast(({ answerers }) => answerers.length > 0) ?? hops.at(-1) ?? null;
}

/** So many hops down (up: negative), from the one in view; the ends hold. */
export function moved(model: Model, by: number): Model {
	if (model.view === "help" || model.view === "flows") return { ...model, scroll: Math.max(0, model.scroll + by) };
	if (model.view === "details" && Math.abs(by) === 1) return nextAnswerer(model, by);
	const hops = hopsOf(model);
	if (hops.length === 0) return model;
	const at = hops.findIndex(({ ttl }) => ttl === model.ttl);
	const start = at === -1 ? (by > 0 ? -1 : hops.length) : at;
	const to = Math.min(hops.length - 1, Math.max(0, start + by));
	return { ...model, ttl: hops[to]?.ttl ?? null, answerer: 0 };
}

/** In details: answerer after answerer, and on to the next hop. */
function nextAnswerer(model: Model, by: number): Model {
	const hops = hopsOf(model);
	const hop = hopInView(model);
	if (hop === null) return model;
	const answerer = model.answerer + by;
	if (answerer >= 0 && answerer < hop.answerers.length) return { ...model, ttl: hop.ttl, answerer };
	const next = hops[hops.indexOf(hop) + by];
	if (next === undefined) return { ...model, ttl: hop.ttl };
	return { ...model, ttl: next.ttl, answerer: by > 0 ? 0 : Math.max(0, next.answerers.length - 1) };
}

/** Another target; after the last comes the first. */
export function otherTarget(model: Model, by: number): Model {
	const count = model.shown.length;
	if (count < 2) return model;
	return { ...model, target: (model.target + by + count) % count, ttl: null, answerer: 0, scroll: 0 };
}

/** Lines of a screenful. */
export function pageOf({ size }: Model): number {
	return Math.max(1, size.rows - 5);
}
