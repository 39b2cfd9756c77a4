/**
 * What a method found in an answer, as it stands before the time: `syn,ack,MSS:1460`, `Q:R+I`, `Q:I close INTERNAL_ERROR`, `name TYPE ttl data`, `198.51.100.9:50000`.
 * Details come from packets, so nothing about them is taken for granted: what is not there is not shown.
 */
import type { ProbeResult, ReplyKind } from "@whither/core";
import { printable } from "../printable.ts";
import { formatStunAnswer } from "./stun-trace-words.ts";

/** An answer as a result holds it. */
export type AnswerDetail = Pick<NonNullable<ProbeResult["reply"]>, "kind" | "detail">;

/** What is shown beyond what always is. */
export interface DetailChoices {
	/** -O info: flags and maximum segment size of TCP answers. */
	readonly info: boolean;
	/** -O mss: their maximum segment size. */
	readonly mss: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
type Row = (detail: Fields, choices: DetailChoices) => string;

const ROWS: Readonly<Partial<Record<ReplyKind, Row>>> = {
	synAck: formatTcp,
	rst: formatTcp,
	ack: formatAck,
	quic: formatQuic,
	dns: formatDns,
	stun: formatStunAnswer,
	dccp: formatDccp,
	sctp: formatSctp,
};

/** One answer's findings without the angle brackets; "" where text shows none. */
export function formatDetail({ kind, detail }: AnswerDetail, choices: DetailChoices): string {
	return ROWS[kind]?.(detail, choices) ?? "";
}

/** `ECN` is the mark that our SYN arrived with, which Accurate ECN tells (RFC 9768 section 3.1.2). */
function formatTcp({ flags, mss, ecnSeen }: Fields, choices: DetailChoices): string {
	const parts = choices.info ? listOf(flags).map(word) : [];
	if (typeof mss === "number" && (choices.info || choices.mss)) parts.push(`MSS:${mss}`);
	if (typeof ecnSeen === "string" && choices.info) parts.push(`ECN:${printable(ecnSeen)}`);
	return parts.join(",");
}

/** An acknowledgment inside a connection has no flags worth a word, but names its probe by SACK where that may be used. */
function formatAck(detail: Fields, choices: DetailChoices): string {
	return Array.isArray(detail.sack) ? "ack,SACK" : formatTcp(detail, choices);
}

/** `response`, or `reset,connectionRefused`. */
function formatDccp({ type, resetCode }: Fields): string {
	return [type, resetCode]
		.map(word)
		.filter((part) => part !== "")
		.join(",");
}

/** `initAck`, or `abort,outOfResource`. */
function formatSctp({ chunk, causes }: Fields): string {
	return [chunk, ...listOf(causes)]
		.map(word)
		.filter((part) => part !== "")
		.join(",");
}

/** Of a QUIC packet: I, R and V as traceroute prints them; H handshake, 1 data (1-RTT), S stateless reset, U any other. */
const QUIC_LETTERS: ReadonlyMap<unknown, string> = new Map([
	["initial", "I"],
	["retry", "R"],
	["versionNegotiation", "V"],
	["handshake", "H"],
	["oneRtt", "1"],
	["reset", "S"],
]);

/**
 * The packets that asked for another one, in their order, then the one that answered; the marks the server counted; and,
 * where it refuses the connection, its error.
 */
function formatQuic({ packet, again, ecn, close }: Fields): string {
	const packets = [...listOf(again).map((step) => fieldsOf(step).packet), packet].filter((name) => name !== undefined);
	if (packets.length === 0) return "";
	const letters = packets.map((name) => QUIC_LETTERS.get(name) ?? "U").join("+");
	const error = word(fieldsOf(close).error);
	return [`Q:${letters}`, ...ecnCounts(fieldsOf(ecn))].join(",") + (error === "" ? "" : ` close ${error}`);
}

/** How many of our packets came with each mark, as the server's ACK says (RFC 9000 section 19.3.2). */
function ecnCounts({ ect0, ect1, ce }: Fields): readonly string[] {
	const counts = [ect0, ect1, ce];
	return counts.some((count) => typeof count !== "number")
		? []
		: [`ECT0:${word(ect0)}`, `ECT1:${word(ect1)}`, `ECN-CE:${word(ce)}`];
}

/** The records that answer the question; without any, how the server answered. */
function formatDns({ rcode, answers }: Fields): string {
	const records = listOf(answers).map(word);
	return records.length > 0 ? records.join("; ") : word(rcode);
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function fieldsOf(value: unknown): Fields {
	return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function word(value: unknown): string {
	return typeof value === "string" || typeof value === "number" ? printable(String(value)) : "";
}
