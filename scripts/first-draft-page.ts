/** What of docs/first-draft.md is made from the simulated packets; `node scripts/generate.mjs` writes it, a test compares it. */

import { FIRST_DRAFT_CASES } from "../packages/sim/src/first-draft/cases/index.ts";
import { callPage } from "../packages/sim/src/first-draft/ladder/call-page.ts";

/** The page with each call between its marks, such as `<!-- 9.1.1 -->` and `<!-- /9.1.1 -->`. */
export function withCalls(page: string): string {
	return FIRST_DRAFT_CASES.reduce((text, scenario) => {
		const [begin, end] = [`<!-- ${scenario.section} -->\n`, `<!-- /${scenario.section} -->`];
		const [before, rest] = splitAt(text, begin);
		const [, after] = splitAt(rest, end);
		return `${before}${begin}${callPage(scenario)}\n${end}${after}`;
	}, page);
}

function splitAt(text: string, mark: string): readonly [string, string] {
	const place = text.indexOf(mark);
	if (place < 0) throw new RangeError(`docs/first-draft.md has no ${mark.trim()}`);
	return [text.slice(0, place), text.slice(place + mark.length)];
}
