/** What two ends of a meeting tell each other: plain JSON, read with suspicion. Pure. */
import type { SdpAlt, StunAddress } from "@whither/wire";
import type { MeetIceKind } from "./call.ts";

/** How one end is checked (RFC 8839 §5.4 to §5.6); another `ufrag` than before is a restart. */
export interface DescriptionMessage {
	readonly type: "description";
	/** Name and version of the program, for people. */
	readonly tool: string;
	readonly ufrag: string;
	readonly pwd: string;
	readonly options: readonly string[];
	/** Null: not said, which means 50. */
	readonly pacingMs: number | null;
	readonly lite: boolean;
	/** Of an end that speaks DTLS (a browser): its certificate's, such as `sha-256 AB:CD:..` (RFC 8122 §5). */
	readonly fingerprint?: string;
}

/** Candidates of the generation `ufrag`; lines as RFC 8839 §5.1 has them, without `a=`. */
export interface CandidatesMessage {
	readonly type: "candidates";
	readonly ufrag: string;
	readonly lines: readonly string[];
}

/**
 * All that an end says which speaks the first draft of ICE; a later one replaces it. By SIP alone: no room and no line
 * carries it.
 */
export interface AlternativesMessage {
	readonly type: "alternatives";
	/** Name and version of the program, for people. */
	readonly tool: string;
	/** Where media goes as long as no alternative has shown that it works. */
	readonly destination: StunAddress;
	/** Null: to the port above. */
	readonly rtcp: StunAddress | null;
	readonly alternatives: readonly SdpAlt[];
	/** It traces, and exchanges what it found over the way itself (`TRACES` of descriptions). */
	readonly traces: boolean;
}

/** All that an end says which speaks no ICE that we speak: media goes there, unchecked. By SIP alone. */
export interface DestinationMessage {
	readonly type: "destination";
	/** Empty: it does not say. */
	readonly tool: string;
	readonly destination: StunAddress;
	/** Null: to the port above. */
	readonly rtcp: StunAddress | null;
	/** What our own description named (`m=` and `c=`), where signalling chose it; absent: the default candidate of all that we told. */
	readonly named?: StunAddress;
	/** The ICE that it speaks and we do not; absent: none. */
	readonly speaks?: MeetIceKind;
}

/** One message of a meeting. */
export type MeetMessage =
	| DescriptionMessage
	| CandidatesMessage
	| AlternativesMessage
	| DestinationMessage
	/** No more will come of that generation. */
	| { readonly type: "endOfCandidates"; readonly ufrag: string }
	/** What one end found on its way (`packPeerDocument`), for an end whose options have `WANTS_PATH`: base 64 of URLs. Others pass over it. */
	| { readonly type: "path"; readonly packed: string }
	/** The other end is going; `why` is for people. */
	| { readonly type: "bye"; readonly why: string };

/** An ICE option of ends that trace, and exchange what they found over the pair itself. Agents that do not know it pass over it. */
export const TRACES = "whither-path";
/** Of ends that cannot read what is exchanged over the pair, and want it said as a message. */
export const WANTS_PATH = "whither-path-by-signalling";

/** Lines in one message, and characters in each. */
const MOST_LINES = 256;
const LONGEST_LINE = 512;
const LONGEST_WORDS = 200;
const MOST_OPTIONS = 16;
const LONGEST_PACING_MS = 10_000;
/** RFC 8839 §5.4: ice-char. */
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PWD = /^[A-Za-z0-9+/]{22,256}$/;
const FINGERPRINT = /^sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){31,63}$/i;
const PACKED = /^[A-Za-z0-9_-]{1,20000}$/;
const OPTION = /^[\x21-\x7e]{1,32}$/;

/**
 * The message that parsed JSON holds, without what nobody asked for; null: none of the above, or not as it has to be.
 * Candidate lines are text of one line here, and no more.
 */
export function readMeetMessage(json: unknown): MeetMessage | null {
	if (typeof json !== "object" || json === null) return null;
	const fields = json as Readonly<Record<string, unknown>>;
	switch (fields.type) {
		case "description":
			return readDescription(fields);
		case "candidates": {
			const { ufrag, lines } = fields;
			const isRight = isUfrag(ufrag) && isList(lines, MOST_LINES, isLine);
			return isRight ? { type: "candidates", ufrag, lines: [...lines] } : null;
		}
		case "endOfCandidates":
			return isUfrag(fields.ufrag) ? { type: "endOfCandidates", ufrag: fields.ufrag } : null;
		case "path":
			return isText(fields.packed, PACKED) ? { type: "path", packed: fields.packed } : null;
		case "bye":
			return isWords(fields.why) ? { type: "bye", why: fields.why } : null;
		default:
			return null;
	}
}

function readDescription(fields: Readonly<Record<string, unknown>>): DescriptionMessage | null {
	const { tool, ufrag, pwd, options, pacingMs, lite, fingerprint } = fields;
	if (!isWords(tool) || !isUfrag(ufrag) || !isText(pwd, PWD)) return null;
	if (!isList(options, MOST_OPTIONS, isOption) || typeof lite !== "boolean") return null;
	if (pacingMs !== null && !isPacing(pacingMs)) return null;
	const dtls = isText(fingerprint, FINGERPRINT) ? { fingerprint } : {};
	return { type: "description", tool, ufrag, pwd, options: [...options], pacingMs, lite, ...dtls };
}

function isUfrag(value: unknown): value is string {
	return isText(value, UFRAG);
}

function isText(value: unknown, pattern: RegExp): value is string {
	return typeof value === "string" && pattern.test(value);
}

/** Printable, and nothing that moves a terminal's cursor. */
function isWords(value: unknown): value is string {
	return typeof value === "string" && value.length <= LONGEST_WORDS && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(value);
}

function isLine(value: unknown): value is string {
	return typeof value === "string" && value.length <= LONGEST_LINE && /^[\x20-\x7e]+$/.test(value);
}

function isOption(value: unknown): value is string {
	return isText(value, OPTION);
}

function isPacing(value: unknown): value is number {
	return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LONGEST_PACING_MS;
}

function isList<Item>(value: unknown, most: number, isItem: (item: unknown) => item is Item): value is readonly Item[] {
	return Array.isArray(value) && value.length <= most && value.every(isItem);
}
