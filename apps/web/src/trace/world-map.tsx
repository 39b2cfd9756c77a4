/** The world with the path on it: everything drawn here comes with the page, and nobody is asked for it. */
import { geoGraticule10, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import world from "world-atlas/countries-110m.json";
import { type PlacedHops, ttlWords } from "../model/places.ts";

const WIDTH = 960;
const HEIGHT = 470;

const projection = geoNaturalEarth1().fitExtent(
	[
		[4, 4],
		[WIDTH - 4, HEIGHT - 4],
	],
	{ type: "Sphere" },
);
const outline = geoPath(projection);
const atlas = world as unknown as Parameters<typeof feature>[0];
const countries = shapesOf(atlas.objects.countries).map((country) => outline(country) ?? "");
const sphere = outline({ type: "Sphere" }) ?? "";
const graticule = outline(geoGraticule10()) ?? "";

/** Natural Earth's projection; links are great circles. */
export function WorldMap({ places }: { readonly places: readonly PlacedHops[] }) {
	const links = places.slice(1).map((place, index) => linkPath(places[index] ?? place, place));
	return (
		<svg
			class="world"
			viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			role="img"
			aria-label="World map of the path; the table has the same places"
		>
			<path d={sphere} class="sea" />
			<path d={graticule} class="graticule" />
			{countries.map((path, index) => (
				<path key={index} d={path} class="country" />
			))}
			{links.map((path, index) => (
				<path key={index} d={path} class="map-link" />
			))}
			{places.map((place) => (
				<Point key={place.ttls[0]} place={place} />
			))}
		</svg>
	);
}

function Point({ place }: { readonly place: PlacedHops }) {
	const [x, y] = projection([place.longitude, place.latitude]) ?? [0, 0];
	const label = place.ttls.length > 1 ? `${place.ttls[0]}–${place.ttls.at(-1)}` : String(place.ttls[0]);
	return (
		<g transform={`translate(${x} ${y})`} class={place.isTarget ? "map-point is-target" : "map-point"}>
			<title>{`${ttlWords(place.ttls)}: ${place.words}`}</title>
			<circle r={5} />
			<text y={-9}>{label}</text>
		</g>
	);
}

function linkPath(one: PlacedHops, other: PlacedHops): string {
	const coordinates = [one, other].map(({ longitude, latitude }) => [longitude, latitude]);
	return outline({ type: "LineString", coordinates }) ?? "";
}

function shapesOf(object: Parameters<typeof feature>[1] | undefined) {
	const shapes = object === undefined ? null : feature(atlas, object);
	return shapes?.type === "FeatureCollection" ? shapes.features : [];
}
