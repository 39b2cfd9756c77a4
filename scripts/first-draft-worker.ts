/** Plays the calls of the first draft of ICE that the parent asks for, and tells it what came of them. */

import { FIRST_DRAFT_CASES } from "../packages/sim/src/first-draft/cases/index.ts";
import { formatLadder } from "../packages/sim/src/first-draft/ladder/ladder-text.ts";
import { runCall } from "../packages/sim/src/first-draft/run-call.ts";
import { formatPackets } from "../packages/sim/src/format-packets.ts";

/** Calls of one case and one share of loss, of the seeds `from` to `to`. `shows`: the packets of each are told. */
interface Order {
	readonly section: string;
	readonly loss: number;
	readonly from: number;
	readonly to: number;
	readonly shows: boolean;
}

/** One way, of each link. */
const DELAY_MS = 5;

function play({ section, loss, from, to, shows }: Order) {
	const scenario = FIRST_DRAFT_CASES.find((each) => each.section === section);
	if (scenario === undefined) throw new RangeError(`no case is ${section}`);
	const faults: { readonly seed: number; readonly wrong: readonly string[]; readonly trace: string }[] = [];
	let different = 0;
	for (let seed = from; seed <= to; seed++) {
		const outcome = runCall(scenario, { seed, loss, delayMs: DELAY_MS });
		if (outcome.different.length > 0) different++;
		if (outcome.wrong.length === 0 && !shows) continue;
		const { played } = runCall(scenario, { seed, loss, delayMs: DELAY_MS, records: true });
		const trace = `${formatLadder(played)}\n\n${formatPackets(played.internet.packets)}`;
		faults.push({ seed, wrong: outcome.wrong, trace });
	}
	return { section, loss, calls: to - from + 1, different, faults };
}

process.on("message", (order: Order | "end") => {
	// Node 20 fails where the channel is closed while it reads from it.
	if (order === "end") setImmediate(() => process.disconnect());
	else process.send?.(play(order));
});
