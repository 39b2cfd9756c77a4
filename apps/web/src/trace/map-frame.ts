/** How much of the world a map shows, and on which side of its points their labels stand. */

/** All of it, or what lies around these corners (degrees east, degrees north). */
export type MapFrame = "world" | readonly (readonly [east: number, north: number])[];

/** Where a label stands. */
export type LabelSide = "above" | "below" | "left" | "right";

/** A path within less than this many degrees is no view of the world. */
const WIDE = 120;
/** Degrees that are seen at least: of a city alone nobody knows where it is. */
const LEAST_WIDTH = 24;
const LEAST_HEIGHT = 14;
/** Around the path, as a part of it. */
const MARGIN = 0.2;
const POLE = 85;

/** The frame that holds all places. */
export function mapFrame(places: readonly { readonly longitude: number; readonly latitude: number }[]): MapFrame {
	const [east, north] = [places.map(({ longitude }) => longitude), places.map(({ latitude }) => latitude)];
	const [west, farEast] = [Math.min(...east), Math.max(...east)];
	const [south, farNorth] = [Math.min(...north), Math.max(...north)];
	if (places.length === 0 || !(farEast - west < WIDE)) return "world";
	const [left, right] = widened([west, farEast], LEAST_WIDTH);
	const [bottom, top] = widened([south, farNorth], LEAST_HEIGHT).map((latitude) =>
		Math.max(-POLE, Math.min(POLE, latitude)),
	) as [number, number];
	if (left < -180 || right > 180) return "world";
	return [
		[left, bottom],
		[left, top],
		[right, bottom],
		[right, top],
	];
}

function widened([least, most]: readonly [number, number], atLeast: number): readonly [number, number] {
	const middle = (least + most) / 2;
	const half = Math.max(atLeast, (most - least) * (1 + MARGIN)) / 2;
	return [middle - half, middle + half];
}

/** A label's line, a letter's width, and how far from its point a label stands, in the map's units. */
const LINE = 16;
const LETTER = 8;
const GAP = 10;

/** A point on the drawing, and what is written at it. */
export interface Labelled {
	readonly x: number;
	readonly y: number;
	readonly label: string;
}

interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

/** For every point the first side on which its label covers no other label and no point; above where there is none. */
export function labelSides(points: readonly Labelled[]): readonly LabelSide[] {
	const taken: Box[] = points.map(({ x, y }) => ({ x, y, width: GAP, height: GAP }));
	return points.map((point) => {
		const isFree = (side: LabelSide) => !taken.some((box) => overlap(box, boxOf(point, side)));
		const side = (["above", "below", "right", "left"] as const).find(isFree) ?? "above";
		taken.push(boxOf(point, side));
		return side;
	});
}

/** Its centre and size. */
function boxOf({ x, y, label }: Labelled, side: LabelSide): Box {
	const [width, height] = [label.length * LETTER, LINE];
	const [across, down] = [GAP + width / 2, GAP + height / 2 - 2];
	if (side === "left" || side === "right") return { x: side === "left" ? x - across : x + across, y, width, height };
	return { x, y: side === "above" ? y - down : y + down, width, height };
}

function overlap(one: Box, other: Box): boolean {
	const isAcross = Math.abs(one.x - other.x) < (one.width + other.width) / 2;
	return isAcross && Math.abs(one.y - other.y) < (one.height + other.height) / 2;
}
