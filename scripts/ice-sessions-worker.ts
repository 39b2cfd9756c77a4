/** Runs the ICE sessions that the parent asks for, and tells it what came of each. */
import { checkSession, expectedWay, sessionSpec } from "../packages/sim/src/ice-sessions.ts";

/** Sessions `from`, `from + step`, ... below `to`. */
interface Order {
	readonly from: number;
	readonly to: number;
	readonly step: number;
}

process.once("message", ({ from, to, step }: Order) => {
	for (let number = from; number < to; number += step) {
		const spec = sessionSpec(number);
		const { a, b, family, delayMs, loss = 0, pacingMs } = spec;
		const about = `IPv${family}, ${a.name} with ${b.name}, ${delayMs} ms, ${(100 * loss).toFixed(1)} % a link, Ta ${pacingMs}`;
		process.send?.({ number, about, outcome: expectedWay(spec), wrong: checkSession(spec) });
	}
	// Node 20 fails where the channel is closed while it reads from it.
	setImmediate(() => process.disconnect());
});
