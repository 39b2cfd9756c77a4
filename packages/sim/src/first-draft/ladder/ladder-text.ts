/** A ladder as text of fixed width. */
import { MILLISECOND } from "@whither/core";
import type { PlayedCall } from "../played-call.ts";
import { type LadderStep, ladderOf } from "./ladder.ts";

/** Characters from one column to the next, and before the first. */
const [STRIDE, MARGIN] = [12, 8];

/** What nodes of the simulated internet say of packets that they drop, in words for people. */
const LOST_WORDS: Readonly<Record<string, string>> = {
	"an inside address, from outside": "nobody outside has a way to it",
	filtered: "the NAT lets in only whom was sent to",
	"unreachable: port": "the NAT turns nothing back",
	lost: "lost on its way",
};

/** Of each step the time in milliseconds, an arrow (`o`: addresses were written over, `x`: it got no further), its number and what it is. */
export function formatLadder(played: PlayedCall): string {
	const { ladder } = played.call.scenario;
	const head = ladder.reduce((line, [, title], column) => {
		const middle = MARGIN + column * STRIDE - Math.floor(title.length / 2);
		return line.padEnd(Math.max(line.length + 1, middle)) + title;
	}, "    ms");
	const rows = ladderOf(played).map((step, index) => {
		const time = String(Math.round(step.at / MILLISECOND)).padStart(6);
		const number = String(index + 1).padStart(2);
		return `${time}  ${formatArrow(step, ladder.length)}  ${number}  ${formatWords(step)}`;
	});
	return [head, ...rows].join("\n");
}

function formatWords({ text, times, lost }: LadderStep): string {
	const often = times > 1 ? `, ${times} times` : "";
	return `${text}${often}${lost === null ? "" : `: ${LOST_WORDS[lost] ?? lost}`}`;
}

function formatArrow({ from, to, translatedAt, kind }: LadderStep, columns: number): string {
	const cells: string[] = Array.from({ length: (columns - 1) * STRIDE + 1 }, (_, index) =>
		index % STRIDE === 0 ? "|" : " ",
	);
	const [start, end] = [from * STRIDE, to * STRIDE];
	const line = kind === "signalling" ? "=" : "-";
	cells.fill(line, Math.min(start, end) + 1, Math.max(start, end));
	for (const column of translatedAt) if (column !== to) cells[column * STRIDE] = "o";
	if (kind === "lost") cells[end] = "x";
	else cells[to >= from ? end - 1 : end + 1] = to >= from ? ">" : "<";
	return cells.join("");
}
