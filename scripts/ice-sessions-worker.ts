/** Runs the ICE sessions that the parent asks for, and tells it what came of each. */
import { formatPackets } from "../packages/sim/src/format-packets.ts";
import { bestWay } from "../packages/sim/src/ice/best-way.ts";
import { drawSession, formatSession, type SessionSpec } from "../packages/sim/src/ice/session-spec.ts";
import { runSession } from "../packages/sim/src/ice/sessions.ts";
import { shrinkSession } from "../packages/sim/src/ice/shrink.ts";

/** Sessions `from`, `from + step`, ... below `to`; or the one of `spec`, in JSON. `traces`: all of their packets are told. */
interface Order {
	readonly from: number;
	readonly to: number;
	readonly step: number;
	readonly spec: string | null;
	readonly traces: boolean;
}

/** Of a fault's trace, unless all are asked for: the end is where it shows. */
const LAST_LINES = 200;

function wrongOf(spec: SessionSpec): readonly string[] {
	try {
		return runSession(spec, { records: false }).wrong;
	} catch (error) {
		return [`it throws: ${error instanceof Error ? error.stack : String(error)}`];
	}
}

function traceOf(spec: SessionSpec, all: boolean): string {
	try {
		const lines = formatPackets(runSession(spec, { records: true }).meeting.world.packets).split("\n");
		return lines.slice(all ? 0 : -LAST_LINES).join("\n");
	} catch {
		return "no trace: it throws";
	}
}

function outcomeOf(number: number, spec: SessionSpec, traces: boolean) {
	const wrong = wrongOf(spec);
	const way = bestWay(spec);
	if (wrong.length === 0) {
		return { number, way, wrong, about: formatSession(spec), trace: traces ? traceOf(spec, true) : null };
	}
	const simplest = shrinkSession(spec, (each) => wrongOf(each).length > 0);
	const shrunk = { about: formatSession(simplest), spec: JSON.stringify(simplest), wrong: wrongOf(simplest) };
	return { number, way, wrong, about: formatSession(spec), shrunk, trace: traceOf(simplest, traces) };
}

process.once("message", ({ from, to, step, spec, traces }: Order) => {
	if (spec !== null) tell(outcomeOf(0, JSON.parse(spec) as SessionSpec, traces));
	else for (let number = from; number < to; number += step) tell(outcomeOf(number, drawSession(number), traces));
	// What is told first has to be on its way; and Node 20 fails where the channel is closed while it reads from it.
	process.send?.("done", () => setImmediate(() => process.disconnect()));
});

function tell(outcome: ReturnType<typeof outcomeOf>): void {
	process.send?.(outcome);
}
