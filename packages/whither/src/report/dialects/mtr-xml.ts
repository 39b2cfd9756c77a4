/** The document of `mtr --xml`. */
import { escapeMarkup } from "./markup.ts";
import { MTR_COLUMNS, type MtrColumn, mtrColumns, mtrHost } from "./mtr-columns.ts";
import type { MtrChoices } from "./mtr-json.ts";
import type { TracedPath } from "./traced-path.ts";

/** `<MTR>` with a `<HUB>` a hop; figures are set as in its report. */
export function formatMtrXml({ summary, target, tos, rounds, length }: TracedPath, choices: MtrChoices): string {
	const columns = mtrColumns(choices.columns ?? MTR_COLUMNS).filter(({ kind }) => kind !== "space");
	const attributes = [
		["SRC", choices.hostName],
		["DST", target.name],
		["TOS", `0x${tos.toString(16).toUpperCase()}`],
		["PSIZE", String(length)],
		["BITPATTERN", "0x00"],
		["TESTS", String(rounds)],
	].map(([name, value = ""]) => `${name}="${escapeMarkup(value)}"`);
	const hubs = summary.hops.map((hop) => {
		const figures = columns.map((column) => `        ${element(column, column.value(hop))}\n`);
		const host = escapeMarkup(mtrHost(hop.answerers[0], choices));
		return `    <HUB COUNT="${hop.ttl}" HOST="${host}">\n${figures.join("")}    </HUB>\n`;
	});
	return `<?xml version="1.0"?>\n<MTR ${attributes.join(" ")}>\n${hubs.join("")}</MTR>\n`;
}

/** The title without its percent sign is the name. */
function element({ title, kind, width }: MtrColumn, value: number): string {
	const name = title.replace("%", "");
	const number = kind === "count" ? String(value) : value.toFixed(1);
	const set = kind === "percent" ? ` ${number.padStart(width - 2)}%` : ` ${number.padStart(width - 1)}`;
	return `<${name}>${set}</${name}>`;
}
