// `npm run bench:stun`: what a STUN message costs to write and to read, beside npm's werift and stun where PEERS names a
// folder that they are installed in, and beside the two digests of it alone as Node's own crypto makes them.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { encodeStun } from "@whither/wire";
import { formatTable, median } from "../trace/figures.mjs";
import { contenders, FIELDS } from "./contenders.mjs";

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "9" },
		messages: { type: "string", default: "40000" },
		json: { type: "string" },
	},
});
const rounds = Math.max(2, Number(values.rounds));
const messages = Math.max(1, Number(values.messages));

/** Processor time of one call, in nanoseconds: what other programs take does not count. */
function cost(work) {
	const before = process.cpuUsage();
	for (let index = 0; index < messages; index++) work(index);
	const { user, system } = process.cpuUsage(before);
	return (1000 * (user + system)) / messages;
}

const bytes = Buffer.from(encodeStun(FIELDS));
const rows = contenders(bytes);
for (const row of rows) row.check?.();
const figures = rows.map(() => ({ write: [], read: [] }));
// In turn within every round; the first warms up and is dropped.
for (let round = 0; round <= rounds; round++) {
	for (const [index, row] of rows.entries()) {
		const round1 = { write: row.write && cost(row.write), read: row.read && cost(row.read) };
		if (round === 0) continue;
		for (const [name, value] of Object.entries(round1)) if (value !== undefined) figures[index][name].push(value);
	}
}

const [ours] = figures;
const ratio = (theirs, own) => (theirs.length > 0 ? median(theirs) / median(own) : null);
const us = (list) => (list.length > 0 ? median(list) / 1000 : null);
console.log(
	`A check of ICE, ${bytes.length} bytes, ${messages} messages a round, ${rounds} rounds; processor time a message.\n`,
);
console.log(
	formatTable(
		["", "write us", "x whither", "read us", "x whither"],
		rows.map(({ name }, index) => {
			const { write, read } = figures[index];
			return [name, us(write), ratio(write, ours.write), us(read), ratio(read, ours.read)];
		}),
	),
);
for (const { name, missing } of rows) if (missing) console.log(`\n${name}: ${missing}`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ rows: rows.map((r) => r.name), figures }));
