/** The world with the path on it: everything drawn here comes with the page, and nobody is asked for it. */
import { type GeoPath, type GeoProjection, geoGraticule10, geoNaturalEarth1, geoPath } from "d3-geo";
import { useMemo } from "preact/hooks";
import { feature } from "topojson-client";
import world from "world-atlas/countries-110m.json";
import { type PlacedHops, ttlWords } from "../model/places.ts";
import { type Labelled, type LabelSide, labelSides, type MapFrame, mapFrame } from "./map-frame.ts";

const WIDTH = 960;
const HEIGHT = 470;

const atlas = world as unknown as Parameters<typeof feature>[0];
const countries = shapesOf(atlas.objects.countries);

/** Natural Earth's projection, as near as the path allows; links are great circles. */
export function WorldMap({ places }: { readonly places: readonly PlacedHops[] }) {
	const key = places.map(({ longitude, latitude }) => `${longitude} ${latitude}`).join();
	const ground = useMemo(() => groundOf(places), [key]);
	const links = places.slice(1).map((place, index) => linkPath(ground, places[index] ?? place, place));
	const points = places.map((place) => {
		const [x, y] = ground.projection([place.longitude, place.latitude]) ?? [0, 0];
		return { place, x, y, label: shortTtls(place.ttls) };
	});
	const sides = labelSides(points);
	return (
		<svg
			class="world"
			viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			role="img"
			aria-label="Map of the path; the table has the same places"
		>
			<path d={ground.sphere} class="sea" />
			<path d={ground.graticule} class="graticule" />
			{ground.countries.map((path, index) => (
				<path key={index} d={path} class="country" />
			))}
			{links.map((path, index) => (
				<path key={index} d={path} class="map-link" />
			))}
			{points.map((point, index) => (
				<Point key={point.place.ttls[0]} point={point} side={sides[index] ?? "above"} />
			))}
		</svg>
	);
}

interface Ground {
	readonly projection: GeoProjection;
	readonly outline: GeoPath;
	readonly sphere: string;
	readonly graticule: string;
	readonly countries: readonly string[];
}

function groundOf(places: readonly PlacedHops[]): Ground {
	// A broad box shows more at the sides.
	const projection = geoNaturalEarth1().clipExtent([
		[-WIDTH / 2, -8],
		[WIDTH * 1.5, HEIGHT + 8],
	]);
	fitTo(projection, mapFrame(places));
	const outline = geoPath(projection);
	return {
		...{ projection, outline },
		sphere: outline({ type: "Sphere" }) ?? "",
		graticule: outline(geoGraticule10()) ?? "",
		countries: countries.map((country) => outline(country) ?? "").filter((path) => path !== ""),
	};
}

function fitTo(projection: GeoProjection, frame: MapFrame): void {
	const room = (margin: number): [[number, number], [number, number]] => [
		[margin, margin],
		[WIDTH - margin, HEIGHT - margin],
	];
	if (frame === "world") projection.fitExtent(room(4), { type: "Sphere" });
	else projection.fitExtent(room(28), { type: "MultiPoint", coordinates: frame.map(([east, north]) => [east, north]) });
}

const SIDES = {
	above: { x: 0, y: -10, anchor: "middle" },
	below: { x: 0, y: 20, anchor: "middle" },
	right: { x: 10, y: 5, anchor: "start" },
	left: { x: -10, y: 5, anchor: "end" },
} as const;

function Point(props: { readonly point: Labelled & { readonly place: PlacedHops }; readonly side: LabelSide }) {
	const { place, x, y, label } = props.point;
	const word = SIDES[props.side];
	return (
		<g transform={`translate(${x} ${y})`} class={place.isTarget ? "map-point is-target" : "map-point"}>
			<title>{`${ttlWords(place.ttls)}: ${place.words}`}</title>
			<circle r={5} />
			<text x={word.x} y={word.y} text-anchor={word.anchor}>
				{label}
			</text>
		</g>
	);
}

function shortTtls(ttls: readonly number[]): string {
	return ttls.length > 1 ? `${ttls[0]}–${ttls.at(-1)}` : String(ttls[0]);
}

function linkPath({ outline }: Ground, one: PlacedHops, other: PlacedHops): string {
	const coordinates = [one, other].map(({ longitude, latitude }) => [longitude, latitude]);
	return outline({ type: "LineString", coordinates }) ?? "";
}

function shapesOf(object: Parameters<typeof feature>[1] | undefined) {
	const shapes = object === undefined ? null : feature(atlas, object);
	return shapes?.type === "FeatureCollection" ? shapes.features : [];
}
