/** The help: made of the key table, the columns, the words for loss and the marks. */
import { clipSpans, type Line, line, span, spansWidth } from "../cells/line.ts";
import { COLUMNS } from "../model/columns.ts";
import { KEY_GROUPS, type KeyRow } from "../model/key-table.ts";
import { folded } from "./fold.ts";
import { LOSS_WORDS } from "./loss.ts";
import { MARK_WORDS } from "./naming.ts";

const KEY_WIDTH = 11;
const COLUMN_WIDTH = 7;

/** From here on keys stand beside the rest. */
const TWO_COLUMNS = 110;

/** The view, as long as it is. */
export function helpLines(width: number): readonly Line[] {
	const keys = KEY_GROUPS.flatMap(keyLines);
	if (width < TWO_COLUMNS) return [...keys, ...wordLines(width)];
	const half = Math.floor(width / 2);
	return beside(keys, wordLines(width - half), half);
}

/** What columns, losses and marks mean. */
function wordLines(width: number): readonly Line[] {
	return [
		...heading("Columns (o, -o)"),
		...COLUMNS.map(({ letter, title, says }) =>
			line("  ", span("key", letter.padEnd(3)), title.padEnd(COLUMN_WIDTH), says),
		),
		...heading("What missing answers mean"),
		...LOSS_WORDS.flatMap(([word, role, says]) => explained(span(role, word.padEnd(KEY_WIDTH)), says, width)),
		...heading("Marks at a hop"),
		...MARK_WORDS.flatMap(([word, says]) => explained(span("mark", word.padEnd(KEY_WIDTH)), says, width)),
	];
}

function beside(left: readonly Line[], right: readonly Line[], width: number): readonly Line[] {
	return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
		const spans = clipSpans(left[index]?.spans ?? [], width - 1);
		return line(...spans, " ".repeat(Math.max(1, width - spansWidth(spans))), ...(right[index]?.spans ?? []));
	});
}

/** Keys alone, for screens that have other views. */
export function keyLines({
	heading: title,
	rows,
}: {
	readonly heading: string;
	readonly rows: readonly Pick<KeyRow, "shown" | "says">[];
}): readonly Line[] {
	return [...heading(title), ...rows.map(({ shown, says }) => line("  ", span("key", shown.padEnd(KEY_WIDTH)), says))];
}

function heading(title: string): readonly Line[] {
	return [line(span("title", ` ${title}`))];
}

function explained(head: ReturnType<typeof span>, says: string, width: number): readonly Line[] {
	return folded(says, width - KEY_WIDTH - 2).map((text, index) =>
		line("  ", index === 0 ? head : span("plain", " ".repeat(KEY_WIDTH)), text),
	);
}
