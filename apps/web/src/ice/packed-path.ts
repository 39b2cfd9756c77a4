/** What the other end found, as it comes by signalling: base 64 of URLs, deflated, JSON; all of it read with suspicion. */
import { type PeerDocument, readPeerJson } from "../../../../packages/whither/src/api/meet/path/peer-json.ts";
import { parseBase64Url } from "../../../../packages/whither/src/api/meet/signalling/base64url.ts";

/** Bound on what is unpacked; a trace has a hundredth of it. */
const MOST_BYTES = 2_000_000;

/** The document; null: it is none. */
export async function readPacked(packed: string): Promise<PeerDocument | null> {
	const bytes = parseBase64Url(packed);
	const text = bytes === null ? null : await inflated(bytes);
	if (text === null) return null;
	try {
		return readPeerJson(JSON.parse(text));
	} catch {
		return null;
	}
}

/** Null: it is not deflated, or too much. */
async function inflated(bytes: Uint8Array): Promise<string | null> {
	const source = new Blob([new Uint8Array(bytes)]).stream();
	const reader = source.pipeThrough(new DecompressionStream("deflate-raw")).getReader();
	const decoder = new TextDecoder();
	let [text, length] = ["", 0];
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return text + decoder.decode();
			length += value.length;
			if (length > MOST_BYTES) return null;
			text += decoder.decode(value, { stream: true });
		}
	} catch {
		return null;
	} finally {
		void reader.cancel().catch(() => {});
	}
}
