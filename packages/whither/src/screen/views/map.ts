/** The world in characters, with the hops whose places are known. */
import type { HopSummary } from "@whither/core";
import { printable } from "../../report/printable.ts";
import { cell, type Line, line, type Span, selected, span } from "../cells/line.ts";
import { type Model, type Place, shownTarget } from "../model/model.ts";
import { figure } from "./figures.ts";
import { folded } from "./fold.ts";
import { POINTER } from "./glyphs.ts";
import { isLand, MASK_EDGES } from "./land-mask.ts";
import { windowed } from "./window.ts";

/** A hop that stands somewhere. */
interface Placed {
	readonly hop: HopSummary;
	readonly place: Place;
}

/** Lines of the list, of all that there are. */
const LIST_SHARE = 0.3;

/** The view. */
export function mapLines(model: Model, width: number, height: number): readonly Line[] {
	const placed = placedHops(model);
	const hint = placed.length === 0 ? folded(hintOf(model), width - 2).map((text) => line(span("dim", ` ${text}`))) : [];
	const listHeight = Math.min(placed.length, Math.floor(height * LIST_SHARE));
	const mapHeight = Math.max(0, height - listHeight - hint.length);
	const at = placed.findIndex(({ hop }) => hop.ttl === model.ttl);
	const list = placed.map((each) => listLine(each, model.ttl));
	return [...worldLines(placed, { width, height: mapHeight }), ...hint, ...windowed(list, Math.max(0, at), listHeight)];
}

function hintOf({ placesAsked }: Model): string {
	return placesAsked
		? "No place is known yet of any hop."
		: "No place is known of any hop: nobody who knows places is asked unless you name one. --geoip-mmdb FILE takes an mmdb file with cities (such as DB-IP Lite or GeoLite2), which is read here and asks nobody.";
}

function placedHops(model: Model): readonly Placed[] {
	const hops = shownTarget(model)?.summary.hops ?? [];
	return hops.flatMap((hop) => {
		const places = hop.answerers.map(({ address }) => model.facts.get(address)?.place ?? null);
		const place = places.find((each) => each !== null) ?? null;
		return place === null ? [] : [{ hop, place }];
	});
}

interface Size {
	readonly width: number;
	readonly height: number;
}

function worldLines(placed: readonly Placed[], { width, height }: Size): readonly Line[] {
	const marks = marksByCell(placed, { width, height });
	return Array.from({ length: height }, (_, row) => {
		const latitude = MASK_EDGES.north - ((row + 0.5) * (MASK_EDGES.north - MASK_EDGES.south)) / height;
		const cells = Array.from({ length: width }, (_unused, column): Span => {
			const mark = marks.get(row * width + column);
			if (mark !== undefined) return span("mark", mark);
			return span("land", isLand(latitude, ((column + 0.5) * 360) / width - 180) ? "." : " ");
		});
		return line(...joined(cells));
	});
}

/** Digits of TTLs by the cell that they stand in; where several hops are at one place, the first is named, and a plus. */
function marksByCell(placed: readonly Placed[], { width, height }: Size): ReadonlyMap<number, string> {
	const marks = new Map<number, string>();
	const seen = new Map<number, HopSummary>();
	for (const { hop, place } of placed) {
		const share = (MASK_EDGES.north - place.latitude) / (MASK_EDGES.north - MASK_EDGES.south);
		const row = Math.min(height - 1, Math.max(0, Math.floor(share * height)));
		const column = Math.min(width - 1, Math.max(0, Math.floor(((place.longitude + 180) / 360) * width)));
		const at = row * width + column;
		const text = String(hop.ttl);
		if (seen.has(at)) {
			const behind = at + String(seen.get(at)?.ttl ?? "").length;
			if (Math.floor(behind / width) === row) marks.set(behind, "+");
			continue;
		}
		seen.set(at, hop);
		[...text].forEach((digit, index) => {
			if (column + index < width && !marks.has(at + index)) marks.set(at + index, digit);
		});
	}
	return marks;
}

/** Neighbours of one role as one piece. */
function joined(cells: readonly Span[]): readonly Span[] {
	const spans: Span[] = [];
	for (const each of cells) {
		const last = spans.at(-1);
		if (last?.role === each.role) spans[spans.length - 1] = span(each.role, last.text + each.text);
		else spans.push(each);
	}
	return spans;
}

function listLine({ hop, place }: Placed, ttl: number | null): Line {
	const isHere = hop.ttl === ttl;
	const rtt = hop.rtt === null ? "" : `${figure(hop.rtt.bestNs)} ms`;
	const where = `${degrees(place.latitude, "N", "S")} ${degrees(place.longitude, "E", "W")}`;
	const row = line(
		`${isHere ? POINTER : " "}${String(hop.ttl).padStart(2)}. `,
		cell("plain", printable(place.label), 30),
		` ${where}  ${rtt}`,
	);
	return isHere ? selected(row) : row;
}

function degrees(value: number, positive: string, negative: string): string {
	return `${Math.abs(value).toFixed(1).padStart(5)}${value < 0 ? negative : positive}`;
}
