/** What each end sends the other over the selected pair once it has traced it: its trace, and what it knows of its own network. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { MOST_DOCUMENT_BYTES } from "@whither/core";
import { LONGEST_WORDS, PEER_FORMAT, type PeerDocument, readPeerJson } from "./peer-json.ts";

/** Bound on the unpacked document; a trace has about a hundredth of it. */
const MOST_JSON_BYTES = 4 * 1024 * 1024;

/** The bytes of one; where the trace is larger than is taken, it is left out with that reason. */
export function packPeerDocument(document: PeerDocument, mostBytes = MOST_DOCUMENT_BYTES): Uint8Array {
	const bytes = pack({ ...document, error: shortened(document.error) });
	if (bytes.length <= mostBytes) return bytes;
	return pack({ ...document, trace: null, error: { code: "tooLarge", message: "The trace is too large to be sent" } });
}

function pack(document: PeerDocument): Uint8Array {
	return new Uint8Array(deflateRawSync(JSON.stringify({ format: PEER_FORMAT, ...document })));
}

function shortened(error: PeerDocument["error"]): PeerDocument["error"] {
	if (error === null) return null;
	return { code: error.code.slice(0, LONGEST_WORDS), message: error.message.slice(0, LONGEST_WORDS) };
}

/** Reads one; null where it is none. */
export function readPeerDocument(bytes: Uint8Array): PeerDocument | null {
	return readPeerJson(unpack(bytes));
}

function unpack(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(inflateRawSync(bytes, { maxOutputLength: MOST_JSON_BYTES }).toString("utf8"));
	} catch {
		return null;
	}
}
