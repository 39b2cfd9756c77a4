/** What our own descriptions say of preconditions (RFC 3312 §5.1, §5.3). */
import type { SdpDesiredPrecondition, SdpPrecondition } from "@whither/wire";
import { type BothWays, directionOf, type PreconditionLines } from "./lines.ts";
import { areMandatory, currentOf, type PreconditionRow, type StatusTable } from "./status-table.ts";

/** Lines for an offer or an answer of ours, and the table once they are told. */
export interface ToldPreconditions {
	readonly lines: PreconditionLines;
	readonly table: StatusTable;
}

/** What to say now. `asks`: that we want to be told when what is mandatory stands, as answers do that hold the ringing. */
export function tellPreconditions(table: StatusTable, { asks }: { readonly asks: boolean }): ToldPreconditions {
	const lines = {
		current: table.map((row) => lineOf(row, currentOf(row))),
		desired: table.flatMap(desiredOf),
		confirm: asks ? table.flatMap(confirmOf) : [],
	};
	return { lines, table: table.map((row) => ({ ...row, told: currentOf(row) })) };
}

function lineOf({ type, status }: PreconditionRow, ways: BothWays<boolean>): SdpPrecondition {
	return { type, status, direction: directionOf(ways) };
}

/** One line where both ways are wanted as much, else one for each (RFC 3312 §5.1.1). */
function desiredOf({ type, status, strength: { send, receive } }: PreconditionRow): readonly SdpDesiredPrecondition[] {
	if (send === receive) return [{ type, status, strength: send, direction: "sendrecv" }];
	return [
		{ type, status, strength: send, direction: "send" },
		{ type, status, strength: receive, direction: "recv" },
	];
}

/** That their packets arrive is what they cannot know but by our word, and what we wait to hear of (RFC 5898 §3.5). */
function confirmOf(row: PreconditionRow): readonly SdpPrecondition[] {
	const { strength, said } = row;
	if (!areMandatory([row])) return [];
	const receive = strength.receive === "mandatory" && !said.receive;
	const send = strength.receive !== "mandatory" && !said.send;
	return receive || send ? [lineOf(row, { send, receive })] : [];
}
