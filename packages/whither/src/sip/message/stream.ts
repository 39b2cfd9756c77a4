/** Messages on a connection (RFC 3261 §18.3): Content-Length says where each of them ends. */
import { decodeUtf8 } from "@whither/wire";
import { SIP_BOUNDS } from "./bounds.ts";
import { parseWhole } from "./grammar.ts";
import { headEnd, readHead, skipEmptyLines } from "./head.ts";
import { sipFields } from "./headers.ts";

/** What the bytes of a connection begin with. `skipped`: bytes of empty lines before it, which keep a connection alive. */
export type SipFrame =
	/** A message from `skipped` to `end`, for `parseSip`. */
	| { readonly kind: "message"; readonly skipped: number; readonly end: number }
	/** Not all of it is there yet. */
	| { readonly kind: "more"; readonly skipped: number }
	/** Nobody can tell where the next message begins: the connection is of no more use. `why` is for people. */
	| { readonly kind: "broken"; readonly why: string };

/** The next message of the bytes that a connection brought and nobody has taken yet. */
export function splitSipStream(bytes: Uint8Array): SipFrame {
	const skipped = skipEmptyLines(bytes);
	const end = headEnd(bytes, skipped);
	if (end >= 0) return splitBehindHead(bytes, skipped, end);
	return bytes.length - skipped > SIP_BOUNDS.messageLength ? broken("too long") : { kind: "more", skipped };
}

/** `end`: where the empty line behind the header fields begins. */
function splitBehindHead(bytes: Uint8Array, skipped: number, end: number): SipFrame {
	const head = readHead(decodeUtf8(bytes.subarray(skipped, end)), SIP_BOUNDS.headers);
	const lengths = sipFields(head, "Content-Length");
	const length = parseWhole(lengths[0] ?? "", Number.MAX_SAFE_INTEGER);
	if (head.why !== null) return broken(head.why);
	if (length === null || lengths.length > 1) return broken("Content-Length is not what it has to be");
	const messageEnd = end + 4 + length;
	if (messageEnd - skipped > SIP_BOUNDS.messageLength) return broken("too long");
	return messageEnd > bytes.length ? { kind: "more", skipped } : { kind: "message", skipped, end: messageEnd };
}

function broken(why: string): SipFrame {
	return { kind: "broken", why };
}
