/** Rows of a `FlowTable` by a number and the name of a socket, as it lies among words. Pure. */
import type { FlowTable } from "./flow-table.ts";
import { familyOfName } from "./socket-names.ts";

/** The row of a number and a socket's name; -1: there is none. Of IPv6 the flow label, its second word, is no part of it. */
export function findName(table: FlowTable, id: number, names: Int32Array, name: number): number {
	const first = names[name] as number;
	if (familyOfName(first) === 4) return table.find(id, first, names[name + 1] as number, 0, 0, 0);
	const at = name + 2;
	const k2 = names[at] as number;
	const k3 = names[at + 1] as number;
	return table.find(id, first, k2, k3, names[at + 2] as number, names[at + 3] as number);
}

/** The same, a new one where there was none. */
export function addName(table: FlowTable, id: number, names: Int32Array, name: number): number {
	const first = names[name] as number;
	if (familyOfName(first) === 4) return table.add(id, first, names[name + 1] as number, 0, 0, 0);
	const at = name + 2;
	const k2 = names[at] as number;
	const k3 = names[at + 1] as number;
	return table.add(id, first, k2, k3, names[at + 2] as number, names[at + 3] as number);
}
