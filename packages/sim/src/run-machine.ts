/** Lets a machine that probes run over a scenario in virtual time, as far as it is asked for events. */
import type { Instant, Machine, ProbeSend, TracerInput } from "@whither/core";
import { nextInstant, type OpenScenario } from "./run-trace.ts";

/** A machine that may have no end. */
interface EndlessMachine<Event>
	extends Machine<
		TracerInput,
		| { readonly type: "send"; readonly probes: readonly ProbeSend[] }
		| { readonly type: "event"; readonly event: Event }
		| { readonly type: "ignored" }
	> {
	readonly finished: boolean;
}

/** A run in virtual time, as far as it has got. */
export interface SimulatedRun<Event> {
	/** Lets time pass until there are events; they come with the last. None: it has ended. */
	readonly next: () => readonly Event[];
	/** Ends it now; the events that this makes. */
	readonly stop: () => readonly Event[];
}

/** Begins it; it runs only as far as it is asked for events. */
export function openRun<Event>(
	machine: EndlessMachine<Event>,
	{ internet, channel }: Pick<OpenScenario, "internet" | "channel">,
): SimulatedRun<Event> {
	let now: Instant = 0;
	let started = false;
	const step = (input: TracerInput): readonly Event[] => {
		const events: Event[] = [];
		for (const output of machine.step(input, now)) {
			if (output.type === "send") channel.send(output.probes, now);
			else if (output.type === "event") events.push(output.event);
		}
		if (machine.finished) channel.close(now);
		return events;
	};
	const advance = (): readonly Event[] => {
		const inputs = channel.read();
		if (inputs.length > 0) return inputs.flatMap(step);
		const at = machine.deadline?.at ?? Number.POSITIVE_INFINITY;
		const wake = nextInstant(machine.deadline?.at ?? null, internet.nextAt);
		if (wake === null) throw new Error(`the run waits for nothing at ${now} ns`);
		now = Math.max(now, wake);
		internet.advance(now);
		return at <= now ? step({ type: "tick" }) : [];
	};
	const next = (): readonly Event[] => {
		if (!started) {
			started = true;
			return step({ type: "start" });
		}
		while (!machine.finished) {
			const events = advance();
			if (events.length > 0) return events;
		}
		return [];
	};
	return {
		next,
		stop: () => [...(started ? [] : next()), ...(machine.finished ? [] : step({ type: "stop" }))],
	};
}

/** All events of a run that has an end. */
export function eventsOf<Event>(run: SimulatedRun<Event>): readonly Event[] {
	const events: Event[] = [];
	for (let some = run.next(); some.length > 0; some = run.next()) events.push(...some);
	return events;
}
