/** Rows of a `FlowTable` by a number and the name of a socket, as it lies among words. Pure. */
import type { FlowTable } from "./flow-table.ts";
import { familyOfName } from "./socket-names.ts";

/** The row; -1: there is none. `name`: the word at which the name begins. */
export function findFlow(table: FlowTable, id: number, names: Int32Array, name: number): number {
	const first = names[name] as number;
	return familyOfName(first) === 4
		? table.find(id, first, names[name + 1] as number, 0, 0, 0)
		: table.find(
				id,
				first,
				names[name + 2] as number,
				names[name + 3] as number,
				names[name + 4] as number,
				names[name + 5] as number,
			);
}

/** The row, a new one where there was none. */
export function addFlow(table: FlowTable, id: number, names: Int32Array, name: number): number {
	const first = names[name] as number;
	return familyOfName(first) === 4
		? table.add(id, first, names[name + 1] as number, 0, 0, 0)
		: table.add(
				id,
				first,
				names[name + 2] as number,
				names[name + 3] as number,
				names[name + 4] as number,
				names[name + 5] as number,
			);
}
