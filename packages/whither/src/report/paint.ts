/** Colour as an argument: a report calls the paint it is given, and the plain one changes nothing. */
export interface Paint {
	readonly dim: (text: string) => string;
	readonly bold: (text: string) => string;
	readonly good: (text: string) => string;
	readonly bad: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour: the bytes stay those of traceroute(8). */
export const PLAIN: Paint = { dim: same, bold: same, good: same, bad: same };

/** Select Graphic Rendition (ECMA-48 8.3.117): `open` sets one aspect, `close` returns that aspect alone to normal. */
const sgr =
	(open: number, close: number) =>
	(text: string): string =>
		`\u001b[${open}m${text}\u001b[${close}m`;

/** The sixteen-colour palette only, so that the reader's own theme decides; state is always said in words or marks as well. */
export const COLOURED: Paint = { dim: sgr(2, 22), bold: sgr(1, 22), good: sgr(32, 39), bad: sgr(33, 39) };
