/** A meeting as it happens: news line by line, and the pairs as they stand, which a terminal shows in one place. */
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetPair, MeetResult } from "../../api/meet/result.ts";
import type { MeetCall } from "../../api/meet/signalling/call.ts";
import type { Paint } from "../paint.ts";
import { printable } from "../printable.ts";
import { callLine } from "./call-words.ts";
import { pairLines } from "./meet-pairs.ts";
import { formatMeetEnd } from "./meet-report.ts";
import { meetNews } from "./meet-words.ts";

/** How it is shown. */
export interface LiveStyle {
	readonly paint: Paint;
	/** Of a terminal that obeys; null: what is written stays, and the pairs are written when a way is there or is not. */
	readonly screen: { readonly columns: number; readonly rows: number } | null;
}

/** Cursor up so many lines, and erase from there on (ECMA-48 8.3.22, 8.3.39). */
const eraseLines = (count: number): string => (count === 0 ? "" : `\u001b[${count}A\r\u001b[J`);

/** One meeting's text; every method returns what is to be written now. */
export class MeetLive {
	readonly #style: LiveStyle;
	readonly #pairs = new Map<number, MeetPair>();
	/** Lines at the bottom that the next text takes the place of. */
	#drawn = 0;
	#state = "";
	#said: string | null = null;
	/** Of the call; it is told more often than it is another. */
	#called = "";

	constructor(style: LiveStyle) {
		this.#style = style;
	}

	event(event: MeetEvent): string {
		this.#note(event);
		const news = event.kind === "call" ? this.#call(event.call) : meetNews(event);
		const stays = news === null ? [] : [event.kind === "code" ? this.#style.paint.bold(news) : news];
		if (event.kind === "outcome") stays.push(...this.#outcome(event.why));
		const isShown = event.kind === "pair" || event.kind === "pairGone" || event.kind === "state";
		return stays.length === 0 && !isShown && event.kind !== "selected" ? "" : this.#draw(stays);
	}

	/** A line that stays, of what is told beside the events. */
	line(text: string): string {
		return this.#draw([text]);
	}

	/** The end: what has not been said. */
	end(result: MeetResult): string {
		const erased = eraseLines(this.#drawn);
		this.#drawn = 0;
		// What is told later stands alone.
		this.#pairs.clear();
		this.#state = "";
		const text = formatMeetEnd(result, this.#style.paint);
		// The sentence may have been said when the outcome came; it is said again where more is known now.
		const isSaid = this.#said === result.why;
		return `${erased}${isSaid ? text.slice(text.indexOf("\n") + 1) : text}`;
	}

	#call(call: MeetCall): string | null {
		const line = callLine(call);
		if (line === this.#called) return null;
		this.#called = line;
		return line;
	}

	#note(event: MeetEvent): void {
		if (event.kind === "pair" || event.kind === "selected") this.#pairs.set(event.id, event.pair);
		else if (event.kind === "pairGone") this.#pairs.delete(event.id);
		else if (event.kind === "state") this.#state = event.state;
		if (event.kind === "selected") this.#state = "connected";
	}

	/** The pairs as they stand then, and the sentence. */
	#outcome(why: string): readonly string[] {
		const { paint } = this.#style;
		const pairs = pairLines([...this.#pairs.values()], paint);
		this.#pairs.clear();
		this.#said = why;
		const isGood = this.#state === "connected" || this.#state === "completed";
		this.#state = isGood ? "tracing the way from both ends" : "";
		return [
			...(pairs.length === 0 ? [] : ["", ...pairs, ""]),
			isGood ? paint.good(printable(why)) : paint.bad(printable(why)),
		];
	}

	/** Writes what stays over what does not, and that below it. */
	#draw(stays: readonly string[]): string {
		const { screen, paint } = this.#style;
		if (screen === null) return stays.map((line) => `${line}\n`).join("");
		const erased = eraseLines(this.#drawn);
		const most = Math.max(1, Math.floor((screen.rows - 6) / 2));
		const pairs = pairLines([...this.#pairs.values()], paint, most);
		const state = this.#state === "" ? [] : [paint.dim(`  ${this.#state} ...`)];
		const passing = [...pairs, ...state].map((line) => cut(line, screen.columns));
		this.#drawn = passing.length;
		return `${erased}${[...stays, ...passing].map((line) => `${line}\n`).join("")}`;
	}
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const PIECES = /\u001b\[\d+m|[^\u001b]/gu;

/** At most so many characters, colours not counted, so that no line is two. */
function cut(line: string, columns: number): string {
	let shown = 0;
	return (line.match(PIECES) ?? []).filter((piece) => piece.length > 2 || ++shown <= columns).join("");
}
