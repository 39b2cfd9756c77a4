/**
 * What a method found in an answer, as it stands before the time: `syn,ack,MSS:1460`, `Q:R+I`, `name,type,class,ttl,rdata`.
 * Details come from packets, so nothing about them is taken for granted: what is not there is not shown.
 */
import type { ProbeResult, ReplyKind } from "@whither/core";
import { dnsClassName, dnsRcodeName, dnsTypeName } from "@whither/wire";
import { printable } from "./printable.ts";

/** An answer as a result holds it. */
export type AnswerDetail = Pick<NonNullable<ProbeResult["reply"]>, "kind" | "detail">;

/** What is shown beyond what always is. */
export interface DetailChoices {
	/** -O info: flags and maximum segment size of TCP answers. */
	readonly info: boolean;
}

type Fields = Readonly<Record<string, unknown>>;
type Row = (detail: Fields, choices: DetailChoices) => string;

const ROWS: Readonly<Partial<Record<ReplyKind, Row>>> = {
	synAck: formatTcp,
	rst: formatTcp,
	ack: formatTcp,
	quic: formatQuic,
	dns: formatDns,
};

/** One answer's findings without the angle brackets; "" where text shows none. */
export function formatDetail({ kind, detail }: AnswerDetail, choices: DetailChoices): string {
	return ROWS[kind]?.(detail, choices) ?? "";
}

function formatTcp({ flags, mss }: Fields, { info }: DetailChoices): string {
	if (!info) return "";
	const parts = listOf(flags).map(word);
	return (typeof mss === "number" ? [...parts, `MSS:${mss}`] : parts).join(",");
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

/** The packets that asked for another one, in their order, then the one that answered. */
function formatQuic({ packet, again }: Fields): string {
	const packets = [...listOf(again).map((step) => fieldsOf(step).packet), packet].filter((name) => name !== undefined);
	return packets.length === 0 ? "" : `Q:${packets.map((name) => QUIC_LETTERS.get(name) ?? "U").join("+")}`;
}

/** The records that answer the question; without any, how the server answered. */
function formatDns({ rcode, answers }: Fields): string {
	const records = listOf(answers).map(formatRecord);
	if (records.length > 0) return records.join("; ");
	return typeof rcode === "number" ? dnsRcodeName(rcode) : word(rcode);
}

function formatRecord(record: unknown): string {
	if (typeof record === "string") return printable(record);
	const { name, type, class: klass, ttl, rdata } = fieldsOf(record);
	const parts = [
		word(name),
		typeof type === "number" ? dnsTypeName(type) : word(type),
		typeof klass === "number" ? dnsClassName(klass) : word(klass),
		word(ttl),
		word(rdata),
	];
	return parts.join(",");
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
