/** What an end tells the other of its trace and its network, as parsed JSON that is read with suspicion. Pure. */
import type { TraceResult } from "@whither/core";
import type { TracedPath } from "../events.ts";
import type { EndView } from "../words/evidence.ts";
import { readTraceDocument } from "./trace-document.ts";

/** One end's. */
export interface PeerDocument {
	readonly view: EndView;
	readonly by: TracedPath["by"];
	readonly trace: TraceResult | null;
	/** Why there is no trace, in a sentence; null: there is one. */
	readonly error: { readonly code: string; readonly message: string } | null;
}

/** What such a document calls itself. */
export const PEER_FORMAT = "whither.end/1";
/** Characters of its words. */
export const LONGEST_WORDS = 300;

/** The document that parsed JSON holds; null: it holds none. */
export function readPeerJson(json: unknown): PeerDocument | null {
	if (typeof json !== "object" || json === null) return null;
	const { format, view, by, trace, error } = json as Readonly<Record<string, unknown>>;
	if (format !== PEER_FORMAT || (by !== "flow" && by !== "beside")) return null;
	const read = {
		view: readView(view),
		trace: trace === null ? null : readTraceDocument(trace),
		error: readError(error),
	};
	if (read.view === null || read.error === "none" || (trace !== null && read.trace === null)) return null;
	return { view: read.view, by, trace: read.trace, error: read.error };
}

const UDP: readonly EndView["udp"][] = ["works", "blocked", "silent", "unknown"];
const MAPPING: readonly EndView["mapping"][] = ["perDestination", "unknown"];

function readView(json: unknown): EndView | null {
	if (typeof json !== "object" || json === null) return null;
	const fields = json as Readonly<Record<string, unknown>>;
	const udp = UDP.find((one) => one === fields.udp);
	const mapping = MAPPING.find((one) => one === fields.mapping);
	return udp === undefined || mapping === undefined ? null : { udp, mapping };
}

function readError(json: unknown): PeerDocument["error"] | "none" {
	if (json === null) return null;
	const { code, message } = (typeof json === "object" ? json : {}) as Readonly<Record<string, unknown>>;
	const isRight = (words: unknown): words is string => typeof words === "string" && words.length <= LONGEST_WORDS;
	return isRight(code) && isRight(message) ? { code, message } : "none";
}
