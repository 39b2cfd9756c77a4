/** Colours along a scale (viridis, whose steps are told apart by lightness alone), as they are drawn on a canvas. */

const VIRIDIS = ["#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];

/** Colour at `share` in [0, 1]; nearest of a table, which is fine enough for lines and cells. */
export function rampColour(share: number, range: readonly [number, number] = [0, 1]): string {
	const at = range[0] + Math.min(1, Math.max(0, share)) * (range[1] - range[0]);
	const place = at * (VIRIDIS.length - 1);
	const [low, high] = [VIRIDIS[Math.floor(place)] ?? "#000", VIRIDIS[Math.ceil(place)] ?? "#000"];
	const part = place - Math.floor(place);
	const mixed = [1, 3, 5].map((from) => {
		const [one, other] = [low, high].map((colour) => Number.parseInt(colour.slice(from, from + 2), 16));
		return Math.round((one ?? 0) * (1 - part) + (other ?? 0) * part);
	});
	return `rgb(${mixed.join(" ")})`;
}
