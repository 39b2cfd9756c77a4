/** How roles look on a terminal: SGR codes (ECMA-48 8.3.117) of the sixteen colours, so that the reader's own theme decides. */

import { SELECTED } from "./grid.ts";
import { ROLES, type Role } from "./line.ts";

/** The code of a style, which begins with a reset. */
export type Palette = (style: number) => string;

/** Bold, dim and reversed are no colours. */
const WITHOUT_COLOUR: Readonly<Partial<Record<Role, string>>> = {
	dim: "2",
	strong: "1",
	title: "1",
	targetLoss: "1",
	transitLoss: "1",
	key: "1",
	land: "2",
};

const WITH_COLOUR: Readonly<Partial<Record<Role, string>>> = {
	dim: "2",
	strong: "1",
	title: "1;36",
	good: "32",
	targetLoss: "1;31",
	transitLoss: "35",
	rateLimit: "36",
	silent: "2",
	slow: "33",
	mark: "33",
	key: "1",
	land: "2",
};

/** Codes for every style. */
export function paletteOf(isColoured: boolean): Palette {
	const table = isColoured ? WITH_COLOUR : WITHOUT_COLOUR;
	return (style) => {
		const role = ROLES[style & ~SELECTED] ?? "plain";
		const code = table[role];
		const reversed = (style & SELECTED) === 0 ? "" : ";7";
		return `\u001b[0${code === undefined ? "" : `;${code}`}${reversed}m`;
	};
}
