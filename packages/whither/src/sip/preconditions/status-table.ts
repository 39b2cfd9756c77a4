/** What is wanted of one stream, and how it stands (RFC 3312 §5, RFC 4032 §3): values and functions, of one end. */
import type {
	SdpDesiredPrecondition,
	SdpPrecondition,
	SdpPreconditionStatus,
	SdpPreconditionStrength,
} from "@whither/wire";
import { type BothWays, NEITHER_WAY, type PreconditionLines, seenFromHere, waysOf } from "./lines.ts";

/** How much it is wanted. */
export type PreconditionStrength = Extract<SdpPreconditionStrength, "none" | "optional" | "mandatory">;

/** One precondition of a segment. */
export interface PreconditionRow {
	/** `conn`, or a type that somebody else has brought up. */
	readonly type: string;
	readonly status: SdpPreconditionStatus;
	readonly strength: BothWays<PreconditionStrength>;
	/** What we know by ourselves. */
	readonly proved: BothWays<boolean>;
	/** What the other end last said that stands. */
	readonly said: BothWays<boolean>;
	/** What we last said that stands. */
	readonly told: BothWays<boolean>;
	/** The other end has said that it cannot be, or that it does not know the type. */
	readonly isRefused: boolean;
}

/** All preconditions of a stream; none: nothing is waited for. */
export type StatusTable = readonly PreconditionRow[];

/** Rows that are kept of a stream; ours, for there are three types of three segments. What cannot be met is refused before. */
const MOST_ROWS = 16;

const STRENGTHS: readonly PreconditionStrength[] = ["none", "optional", "mandatory"];

/** A table with what we want ourselves: connectivity both ways (RFC 5898), or nothing. */
export function beginStatusTable(wanted: PreconditionStrength): StatusTable {
	if (wanted === "none") return [];
	return [{ ...emptyRow("conn", "e2e"), strength: { send: wanted, receive: wanted } }];
}

function emptyRow(type: string, status: SdpPreconditionStatus): PreconditionRow {
	return {
		...{ type, status, strength: { send: "none", receive: "none" }, isRefused: false },
		...{ proved: NEITHER_WAY, said: NEITHER_WAY, told: NEITHER_WAY },
	};
}

/**
 * The table after the other end's offer or answer. A wish grows and never shrinks (RFC 3312 §5.2); what the other end says
 * replaces what it said before, so that what we had from it alone is gone where it says so no more.
 */
export function heardPreconditions(table: StatusTable, lines: PreconditionLines): StatusTable {
	const current = lines.current.map(seenFromHere);
	const desired = lines.desired.map(seenFromHere);
	return withRowsFor(table, desired).map((row) => {
		const wishes = desired.filter((line) => isOfRow(line, row));
		return {
			...row,
			strength: wishes.reduce(grown, row.strength),
			said: waysOfLines(current.filter((line) => isOfRow(line, row))),
			isRefused: wishes.some(({ strength }) => strength === "failure" || strength === "unknown"),
		};
	});
}

function withRowsFor(table: StatusTable, desired: readonly SdpDesiredPrecondition[]): StatusTable {
	const rows = [...table];
	for (const { type, status } of desired)
		if (rows.length < MOST_ROWS && !rows.some((row) => isOfRow(row, { type, status })))
			rows.push(emptyRow(type, status));
	return rows;
}

type RowName = Pick<PreconditionRow, "type" | "status">;

function isOfRow(line: RowName, { type, status }: RowName): boolean {
	return line.type === type && line.status === status;
}

function waysOfLines(lines: readonly SdpPrecondition[]): BothWays<boolean> {
	const each = lines.map(({ direction }) => waysOf(direction));
	return { send: each.some(({ send }) => send), receive: each.some(({ receive }) => receive) };
}

/** Strengths of answers that refuse are no wishes. */
function grown(
	before: BothWays<PreconditionStrength>,
	{ strength, direction }: SdpDesiredPrecondition,
): BothWays<PreconditionStrength> {
	const { send, receive } = waysOf(direction);
	const more = (wish: PreconditionStrength, isMeant: boolean) => {
		const index = isMeant ? STRENGTHS.indexOf(strength as PreconditionStrength) : -1;
		return STRENGTHS[Math.max(index, STRENGTHS.indexOf(wish))] ?? wish;
	};
	return { send: more(before.send, send), receive: more(before.receive, receive) };
}

/** The table after what checks have shown, of both ways at once: what stood and stands no more is told as well. */
export function provedPreconditions(table: StatusTable, proved: BothWays<boolean>): StatusTable {
	return table.map((row) => (isProvable(row) ? { ...row, proved } : row));
}

/** Whether checks can show it: connectivity from end to end (RFC 5898), and nothing else. */
export function isProvable(row: RowName): boolean {
	return isOfRow(row, { type: "conn", status: "e2e" });
}

/** How a row stands: what one of the two ends knows counts for both (RFC 3312 §5.2). */
export function currentOf({ proved, said }: PreconditionRow): BothWays<boolean> {
	return { send: proved.send || said.send, receive: proved.receive || said.receive };
}

/**
 * Whether the other end has said what we cannot know by ourselves: that its packets arrive here is what it alone was answered, and
 * a `send` says no more than that (RFC 5898 §3.5). That ours arrive there we may have proved.
 */
export function arePreconditionsConfirmed(table: StatusTable): boolean {
	return table.every((row) => isMetBy(row, { send: currentOf(row).send, receive: row.said.receive }));
}

function isMetBy({ strength }: PreconditionRow, { send, receive }: BothWays<boolean>): boolean {
	return (send || strength.send !== "mandatory") && (receive || strength.receive !== "mandatory");
}

/** Whether a call has to wait, until they are met: something is mandatory. */
export function areMandatory(table: StatusTable): boolean {
	return table.some(({ strength }) => strength.send === "mandatory" || strength.receive === "mandatory");
}
