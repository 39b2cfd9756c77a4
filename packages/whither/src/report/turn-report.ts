/** The findings of `whither turn` as text and as JSON. */
import { formatEndpoint } from "@whither/wire";
import type { TurnFailureDocument } from "../api/turn/failure.ts";
import type { TurnCellResult, TurnOffers, TurnRelaying, TurnResult, TurnTrace } from "../api/turn/result.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";
import { formatText } from "./trace/text.ts";

const NANOSECONDS_PER_MILLISECOND = 1e6;

/** A table of the legs, what the server offers, and the verdict. */
export function formatTurn(result: TurnResult, paint: Paint): string {
	const { server, user, cells, summary, relays } = result;
	const who = user === null ? "" : ` as ${printable(user)}`;
	const table = cells.length === 0 ? "" : formatTable(cells.map(row));
	const notes = cells.flatMap((cell) => [...redirection(cell), ...note(cell), ...traceText(cell, paint)]);
	const heading = `${paint.bold(printable(server.name))}${who}\n`;
	const offers = offersLine(result.offers);
	const words = relays ? paint.good(summary) : paint.bad(summary);
	return `${heading}\n${table}${notes.join("")}${offers}\n${words}\n`;
}

/** One document and its newline; `indent` in spaces. */
export function formatTurnJson(document: TurnResult | TurnFailureDocument, indent: number): string {
	return `${JSON.stringify(document, null, indent)}\n`;
}

/** `null` instead of the cells: a sentence, which may be as long as it likes. */
type Row = { readonly leg: readonly string[]; readonly cells: readonly string[] | null; readonly words: string };

const LEG = ["", "", "server"] as const;
const COLUMNS = ["connect", "allocate", "round trip", "99 %", "loss", "throughput"] as const;

function row(cell: TurnCellResult): Row {
	const leg = [cell.transport.toUpperCase(), `IPv${cell.family}`, formatEndpoint(cell.server)];
	const { relaying } = cell;
	if (relaying === null || relaying.received === 0) return { leg, cells: null, words: cell.summary };
	const { rtt } = relaying;
	const cells = [
		time(cell.connectNs),
		time(cell.allocateNs),
		time(rtt?.p50Ns ?? null),
		time(rtt?.p99Ns ?? null),
		loss(relaying),
		rate(relaying),
	];
	return { leg, cells, words: "" };
}

function formatTable(rows: readonly Row[]): string {
	const legs = [LEG, ...rows.map(({ leg }) => leg)];
	const measured = [COLUMNS, ...rows.flatMap(({ cells }) => (cells === null ? [] : [cells]))];
	const left = (words: readonly string[]) => words.map((word, at) => word.padEnd(width(legs, at))).join("  ");
	const right = (words: readonly string[]) => words.map((word, at) => word.padStart(width(measured, at))).join("  ");
	const head = measured.length > 1 ? [`  ${left(LEG)}  ${right(COLUMNS)}\n`] : [];
	return [
		...head,
		...rows.map(({ leg, cells, words }) => `  ${left(leg)}  ${cells === null ? words : right(cells)}\n`),
	].join("");
}

function width(rows: readonly (readonly string[])[], column: number): number {
	return Math.max(...rows.map((words) => words[column]?.length ?? 0));
}

function time(ns: number | null): string {
	return ns === null ? "-" : `${(ns / NANOSECONDS_PER_MILLISECOND).toFixed(2)} ms`;
}

function loss({ sent, received }: Pick<TurnRelaying, "sent" | "received">): string {
	const percent = ((sent - received) / sent) * 100;
	return `${percent === 0 || percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

function rate({ throughput }: TurnRelaying): string {
	if (throughput === null) return "-";
	const megabits = throughput.bitsPerSecond / 1e6;
	return `${megabits.toFixed(megabits < 10 ? 1 : 0)} Mbit/s`;
}

const WAYS: Readonly<Record<TurnRelaying["way"], string>> = {
	relayToRelay: "to a second relay and back",
	ownSocket: "to a socket of ours and back",
	peer: "to the peer and back",
};

/** Another server than the one that was named; of what failed its sentence says so. */
function redirection({ transport, family, redirectedTo, failure }: TurnCellResult): readonly string[] {
	if (redirectedTo === null || failure !== null) return [];
	const leg = `${transport.toUpperCase()} IPv${family}`;
	return [`  ${leg}: at ${formatEndpoint(redirectedTo)}, where the server sends us (300)\n`];
}

/** Which other end it was, and why not the usual one. */
function note({ transport, family, relaying, refusedWays }: TurnCellResult): readonly string[] {
	if (relaying === null || relaying.way === "relayToRelay") return [];
	const [refused] = refusedWays;
	const why =
		refused === undefined
			? ""
			: `, for a second relay was not to be had (${refused.failure.stunError ?? refused.failure.code})`;
	return [
		`  ${transport.toUpperCase()} IPv${family}: ${WAYS[relaying.way]} (${formatEndpoint(relaying.peer)})${why}\n`,
	];
}

function traceText({ transport, family, trace }: TurnCellResult, paint: Paint): readonly string[] {
	if (trace === null) return [];
	const heading = `\n${paint.bold(`The path over ${transport.toUpperCase()}, IPv${family}`)}, ${tracedBy(trace)}\n`;
	const body =
		trace.result === null ? `  ${trace.error?.message ?? "no trace"}\n` : formatText(trace.result, { paint });
	return [heading, body];
}

function tracedBy({ by, sent, received }: TurnTrace): string {
	const meanwhile = `${received} of ${sent} packets were relayed meanwhile`;
	return by === "allocation"
		? `on the allocation's own 5-tuple (${meanwhile})`
		: `by another connection to the same port (${meanwhile})`;
}

function offersLine({ ipv4, ipv6, mobility, tcpRelay, sha256, software }: TurnOffers): string {
	const families = [ipv4 === true ? "IPv4" : "", ipv6 === true ? "IPv6" : ""].filter((word) => word !== "");
	if (families.length === 0) return "";
	const words = [
		`relays ${families.join(" and ")}`,
		said("mobility", mobility),
		said("TCP to peers", tcpRelay),
		said("SHA-256", sha256),
		software === null ? "" : printable(software),
	];
	return `  offers: ${words.filter((word) => word !== "").join(", ")}\n`;
}

function said(what: string, offered: boolean | null): string {
	return offered === null ? "" : `${offered ? "" : "no "}${what}`;
}
