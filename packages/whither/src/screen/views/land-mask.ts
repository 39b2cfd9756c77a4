/** Where there is land: Natural Earth's land at 1:110 million (public domain), sampled in the middle of cells 2.5 degrees wide and 2 high. */

/** Cells around the earth, from 180 degrees west. */
const COLUMNS = 144;
const CELL_WIDTH = 360 / COLUMNS;
/** From the north edge down. */
const NORTH = 84;
const CELL_HEIGHT = 2;
const ROWS = 72;

/** A bit a cell, row after row, the first in the highest bit; base64. */
const LAND = [
	"AAAAAAH8A/4AAAAAAAAAAAAAAAAAAC/7///AAAAAAAYAAAAAAAAAAjvP//8AD4AAAAPAAAAAAAAAgE+f//+AAgAAAABgAAAA",
	"AAAAGP8Af/8AAAADAB/4AdAAAAADwKuAP/4AAAAGAP//4AAAgEAAfG/gH/4AABAGG///9/oAA///unp4D/wAAf4A2///////",
	"4f////4eH8AAB/8f+///////J/////p4HwHADzz/////////A/////AMDgAAHn//////////A+///8BwBgAAPn////////x4",
	"AeD//8ByAAAAPn///////4SAACAf//B+AAACFn///////wOAAgAP//5/gAACEP///////AOAAAAP//5/wAAPP////////4MA",
	"AAAH////QAADf////////wAAAAAB///8YAAB/////////wAAAAAD///8IAAB//73/////gAAAAAD///6AAAB+/Xn/////gAA",
	"AAAD///wAAAPjeDn/////MAAAAAD///gAAAPAu/z////8IAAAAAB///AAAAPEp/z///+oIAAAAAB//+AAAAOMB/z////kQAA",
	"AAAA///AAAAH8Af/////BwAAAAAAf/8AAAAP+AP/////CAAAAAAAX/4AAAAP/uv/////gAAAAAAAP8EAAAAP///v////gAAA",
	"AAAAL4EAAAAf//v1////AAAAAAAAF4AAAAA///36H///gAAAAAAAA4EAAAB///z/D//8gAAAAAAAA4hAAAB///7/D+fgAAAA",
	"AAAAA8gQAAA///7+B8PQAAAAAAAAAPgAAAB///98B4PggAAAAAAAAB4AAAB///9wAwHwgAAAAAAAAAYAAAB////AAwHwwAAA",
	"AAAAAAI4AAA///+QAwFgAAAAAAAAAAD/AAAf///wAAEAIAAAAAAAAAB/gAAf///wAIAAIAAAAAAAAAB/4AANP//gAAKDAAAA",
	"AAAAAAB/8AAAD//gAAEGAAAAAAAAAAD/8AAAD//AAACPgAAAAAAAAAD/+AAAD/+AAADODAAAAAAAAAD//wAAD/8AAABOl4AA",
	"AAAAAAH//4AAB/8AAAAAAcAAAAAAAAD//8AAB/8AAAAYAeAAAAAAAAB//8AAB/8AAAAAAIAAAAAAAAB//4AAB/8AAAAAAAAA",
	"AAAAAAB//4AAB/8AAAAADgAAAAAAAAA//wAAB/8QAAAAPEAAAAAAAAAf/wAAB/8wAAAAP8ABAAAAAAAP/wAAB/wwAAAAf+AA",
	"AAAAAAAP/wAAB/wgAAAD//AAAAAAAAAP/gAAA/xgAAAD//AAAAAAAAAP+AAAA/wgAAAH//gAAAAAAAAP+AAAA/gAAAAD//gA",
	"AAAAAAAf8AAAAfgAAAAD//gAAAAAAAAf8AAAAfAAAAAD//gAAAAAAAAf4AAAAeAAAAADw/gAAAAAAAAfgAAAAAAAAAAAAfAA",
	"AAAAAAAfgAAAAAAAAAAAAPAAAAAAAAAeAAAAAAAAAAAAACACAAAAAAA+AAAAAAAAAAAAAAAAAAAAAAA8AAAAAAAAAAAAACAI",
	"AAAAAAA8AAAAAAAAAAAAAAAQAAAAAAA4AAAAAAAAAAAAAAAAAAAAAAA4AAAAAAAAAAAAAAAAAAAAAAAwAAAAAAAAAAAAAAAA",
	"AAAAAAAYAAAAAAAAAAAAAAAAAAAAAAAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
].join("");

/** The latitudes that the mask has. */
export const MASK_EDGES = { north: NORTH, south: NORTH - ROWS * CELL_HEIGHT } as const;

let bits: Uint8Array | null = null;

/** Whether a place is on land, as far as cells tell; degrees. */
export function isLand(latitude: number, longitude: number): boolean {
	bits ??= Uint8Array.from(atob(LAND), (character) => character.charCodeAt(0));
	const row = Math.floor((NORTH - latitude) / CELL_HEIGHT);
	const column = Math.floor(((((longitude + 180) % 360) + 360) % 360) / CELL_WIDTH);
	if (row < 0 || row >= ROWS) return false;
	const at = row * COLUMNS + column;
	return ((bits[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0;
}
