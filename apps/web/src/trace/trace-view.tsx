/** A trace: the sentence, the path, the table, its past, the map. */
import { useState } from "preact/hooks";
import type { SessionBook } from "../model/session-book.ts";
import { HistorySection } from "./history-section.tsx";
import { HopTable } from "./hop-table.tsx";
import { MapSection } from "./map-section.tsx";
import { PathFigure } from "./path-figure.tsx";
import { TraceHeader } from "./trace-header.tsx";

/** What is seen of a book; `version` says that there is news in it. */
export interface BookProps {
	readonly book: SessionBook;
	readonly version: number;
}

/** The whole view. */
export function TraceView({ book, version }: BookProps) {
	const [openTtl, setOpenTtl] = useState<number | null>(null);
	const summary = book.summary();
	const show = (ttl: number) => {
		setOpenTtl(ttl);
		requestAnimationFrame(() => document.getElementById(`hop-${ttl}`)?.scrollIntoView({ block: "nearest" }));
	};
	return (
		<>
			<TraceHeader book={book} version={version} summary={summary} />
			<PathFigure book={book} summary={summary} onOpen={show} />
			<HopTable book={book} summary={summary} openTtl={openTtl} onOpen={setOpenTtl} />
			<HistorySection book={book} version={version} summary={summary} />
			<MapSection book={book} summary={summary} />
		</>
	);
}
