/** What each end sends the other over the selected pair once it has traced it: its trace, and what it knows of its own network. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { MOST_DOCUMENT_BYTES, type TraceResult } from "@whither/core";
import type { EndView } from "../words/evidence.ts";
import type { TracedPath } from "../world.ts";
import { readTraceDocument } from "./trace-document.ts";

/** One end's. */
export interface PeerDocument {
	readonly view: EndView;
	readonly by: TracedPath["by"];
	readonly trace: TraceResult | null;
	/** Why there is no trace, in a sentence; null: there is one. */
	readonly error: { readonly code: string; readonly message: string } | null;
}

const FORMAT = "whither.end/1";
/** Bound on the unpacked document; a trace has about a hundredth of it. */
const MOST_JSON_BYTES = 4 * 1024 * 1024;
const LONGEST_WORDS = 300;

/** The bytes of one; where the trace is larger than is taken, it is left out with that reason. */
export function packPeerDocument(document: PeerDocument): Uint8Array {
	const bytes = pack({ ...document, error: shortened(document.error) });
	if (bytes.length <= MOST_DOCUMENT_BYTES) return bytes;
	return pack({ ...document, trace: null, error: { code: "tooLarge", message: "The trace is too large to be sent" } });
}

function pack(document: PeerDocument): Uint8Array {
	return new Uint8Array(deflateRawSync(JSON.stringify({ format: FORMAT, ...document })));
}

function shortened(error: PeerDocument["error"]): PeerDocument["error"] {
	if (error === null) return null;
	return { code: error.code.slice(0, LONGEST_WORDS), message: error.message.slice(0, LONGEST_WORDS) };
}

/** Reads one; null where it is none. */
export function readPeerDocument(bytes: Uint8Array): PeerDocument | null {
	const json = unpack(bytes);
	if (typeof json !== "object" || json === null) return null;
	const { format, view, by, trace, error } = json as Readonly<Record<string, unknown>>;
	if (format !== FORMAT || (by !== "flow" && by !== "beside")) return null;
	const read = {
		view: readView(view),
		trace: trace === null ? null : readTraceDocument(trace),
		error: readError(error),
	};
	if (read.view === null || read.error === "none" || (trace !== null && read.trace === null)) return null;
	return { view: read.view, by, trace: read.trace, error: read.error };
}

function unpack(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(inflateRawSync(bytes, { maxOutputLength: MOST_JSON_BYTES }).toString("utf8"));
	} catch {
		return null;
	}
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
