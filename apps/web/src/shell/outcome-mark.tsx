/** How a session ended, as a symbol with its word. */
import type { SessionEntry } from "../../../../packages/whither/src/store/session-store.ts";

const MARKS = {
	result: { symbol: "●", word: "ended" },
	failed: { symbol: "✕", word: "failed" },
	lost: { symbol: "◌", word: "lost" },
	running: { symbol: "▶", word: "running" },
} as const;

/** A symbol that is told apart by its shape; the word for who cannot see it, or beside it. */
export function OutcomeMark({
	outcome,
	withWord = false,
}: {
	readonly outcome: SessionEntry["outcome"];
	readonly withWord?: boolean;
}) {
	const key = outcome ?? "running";
	const { symbol, word } = MARKS[key];
	return (
		<span class={`outcome ${key}`} title={word}>
			<span aria-hidden="true">{symbol}</span>
			<span class={withWord ? undefined : "unseen"}> {word}</span>
		</span>
	);
}
