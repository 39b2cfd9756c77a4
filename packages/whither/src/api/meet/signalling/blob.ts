/**
 * A whole end as one short line, to be copied into a chat and pasted at the other end: `whither1:` and letters and digits,
 * which are the length, the description, all candidates and a checksum. It is no secret kept: whoever reads it can be the
 * one who answers. Pure.
 */
import type { IceRole } from "@whither/core";
import { crc32 } from "@whither/wire";
import { base62Length, formatBase62, parseBase62 } from "./base62.ts";
import { readCandidate, writeCandidate } from "./blob-candidates.ts";
import { FieldReader, FieldWriter } from "./blob-fields.ts";
import { type DescriptionMessage, type MeetMessage, readMeetMessage } from "./message.ts";

/** What a blob holds. */
export interface MeetBlob {
	/** Of the end that made it. */
	readonly role: IceRole;
	readonly description: DescriptionMessage;
	/** All that there are, as in `CandidatesMessage`. */
	readonly lines: readonly string[];
}

/**
 * Why what was pasted is no line of the other end's: none at all, `cut` short (of `need` characters there are `have`),
 * changed on the way, of another version, or our own.
 */
export interface BlobFailure {
	readonly code: "badBlob";
	readonly why: "notBlob" | "cut" | "garbled" | "otherVersion" | "own";
	readonly need: number;
	readonly have: number;
}

/** One clause about it, without capital and full stop. */
export function blobSentence({ why, need, have }: BlobFailure): string {
	switch (why) {
		case "notBlob":
			return "that is no line of `whither meet --copy-paste`, which begins with whither1:";
		case "cut":
			return `that line is cut: of ${need} characters behind its colon there are ${have}`;
		case "garbled":
			return "that line was changed on the way; have it sent again, as plain text or in a code block";
		case "otherVersion":
			return `that line is of another version of whither (${have}, and this one reads ${need})`;
		case "own":
			return "that is this end's own line; paste the other end's";
	}
}

const VERSION = 1;
const LENGTH_BYTES = 2;
const CHECKSUM_BYTES = 4;
const FLAGS = { controlling: 1, lite: 2, pacing: 4 } as const;
/** The most characters that are looked through for a blob. */
const LONGEST_TEXT = 262_144;

/** The line; throws RangeError for what no blob can hold, such as 64 KiB of candidates. */
export function makeBlob({ role, description, lines }: MeetBlob): string {
	const { tool, ufrag, pwd, options, pacingMs, lite } = description;
	const writer = new FieldWriter();
	const pacing = pacingMs === null ? 0 : FLAGS.pacing;
	writer.number((role === "controlling" ? FLAGS.controlling : 0) | (lite ? FLAGS.lite : 0) | pacing, 1);
	for (const text of [tool, ufrag, pwd, options.join(" ")]) writer.text(text, 2);
	if (pacingMs !== null) writer.number(pacingMs, 2);
	writer.number(lines.length, 2);
	for (const line of lines) writeCandidate(writer, line);
	const framed = new FieldWriter();
	framed.number(writer.bytes.length + CHECKSUM_BYTES, LENGTH_BYTES);
	framed.bytes.push(...writer.bytes);
	framed.number(crc32(Uint8Array.from(framed.bytes)), CHECKSUM_BYTES);
	return `whither${VERSION}:${formatBase62(Uint8Array.from(framed.bytes))}`;
}

/**
 * What a pasted text holds, whatever stands around it and whatever a chat program has put into it: quotes, line breaks,
 * spaces, marks of quotation. Cut and changed ones are told apart.
 */
export function readBlob(text: string): MeetBlob | BlobFailure {
	const plain = text
		.slice(0, LONGEST_TEXT)
		.normalize("NFKC")
		.replace(/[^0-9A-Za-z:]/g, "");
	const [, version, rest = ""] = /whither(\d{1,3}):(.*)$/is.exec(plain) ?? [];
	if (version === undefined) return bad("notBlob", 0, text.length);
	if (Number(version) !== VERSION) return bad("otherVersion", VERSION, Number(version));
	const digits = rest.replaceAll(":", "");
	const length = lengthOf(digits);
	if (length === null) return digits.length < 11 ? bad("cut", 11, digits.length) : bad("garbled", 0, digits.length);
	const need = base62Length(length);
	if (digits.length < need) return bad("cut", need, digits.length);
	const bytes = parseBase62(digits.slice(0, need));
	if (bytes === null) return bad("garbled", need, need);
	const split = bytes.length - CHECKSUM_BYTES;
	if (crc32(bytes, split) !== new FieldReader(bytes.subarray(split)).number(CHECKSUM_BYTES))
		return bad("garbled", need, need);
	return readBody(new FieldReader(bytes.subarray(LENGTH_BYTES, split))) ?? bad("garbled", need, need);
}

/** What the other end's messages are, in the order in which signalling would bring them. */
export function blobMessages({ description, lines }: MeetBlob): readonly MeetMessage[] {
	const { ufrag } = description;
	return [description, { type: "candidates", ufrag, lines }, { type: "endOfCandidates", ufrag }];
}

/** Of all bytes, by the first block; null: there is none. */
function lengthOf(digits: string): number | null {
	const first = digits.length < 11 ? null : parseBase62(digits.slice(0, 11));
	return first && LENGTH_BYTES + new FieldReader(first).number(LENGTH_BYTES);
}

/** Checks what was decoded as a message from anybody is checked. */
function readBody(reader: FieldReader): MeetBlob | null {
	const flags = reader.number(1);
	const [tool = "", ufrag = "", pwd = "", options = ""] = [1, 2, 3, 4].map(() => reader.text(2));
	const pacingMs = (flags & FLAGS.pacing) === 0 ? null : reader.number(2);
	const count = reader.number(2);
	const lines: (string | null)[] = [];
	while (lines.length < count && !reader.isOver) lines.push(readCandidate(reader));
	if (reader.isOver || reader.left > 0) return null;
	const lite = (flags & FLAGS.lite) !== 0;
	const tags = options.split(" ").filter((tag) => tag !== "");
	const description = readMeetMessage({ type: "description", tool, ufrag, pwd, options: tags, pacingMs, lite });
	const candidates = readMeetMessage({ type: "candidates", ufrag, lines });
	if (description?.type !== "description" || candidates?.type !== "candidates") return null;
	const role = (flags & FLAGS.controlling) === 0 ? "controlled" : "controlling";
	return { role, description, lines: candidates.lines };
}

function bad(why: BlobFailure["why"], need: number, have: number): BlobFailure {
	return { code: "badBlob", why, need, have };
}
