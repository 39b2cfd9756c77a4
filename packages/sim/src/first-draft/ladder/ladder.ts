/** A call as a ladder: who sends what to whom, made of the packets of the simulated internet. */
import type { Instant } from "@whither/core";
import { formatPlace } from "../call-report.ts";
import type { CallSignal } from "../call-signalling.ts";
import type { FirstDraftCall } from "../first-draft-call.ts";
import { type Journey, journeysOf } from "../journeys.ts";
import { mediaNumber } from "../media.ts";
import type { PlayedCall } from "../played-call.ts";
import { MessageReader } from "./message-words.ts";

/** One arrow. Columns are those of the scenario's ladder. */
export interface LadderStep {
	readonly at: Instant;
	readonly from: number;
	readonly to: number;
	/** Columns between, whose node has written an address over. */
	readonly translatedAt: readonly number[];
	/** `signalling`: by other ways than these. */
	readonly kind: "packet" | "lost" | "signalling";
	readonly text: string;
	/** How often it was sent. */
	readonly times: number;
	/** Why it went no further, as the node has it that dropped it; null: it arrived. */
	readonly lost: string | null;
}

/** All steps of a call that was run with records; of media only the last. */
export function ladderOf(played: PlayedCall): readonly LadderStep[] {
	const { call } = played;
	const reader = new MessageReader(call);
	const steps: LadderStep[] = call.signalling.signals.map((signal) => signalStep(call, signal));
	/** Requests and what they began: how often each left. */
	const asked = new Map<string, { step: LadderStep; times: number; place: number }>();
	const mapped = new Set<string>();
	for (const journey of journeysOf(played.internet.packets)) {
		if (isEarlierMedia(played, journey)) continue;
		const { kind, text } = reader.read(journey);
		const key = `${journey.stages[0].node} ${journey.payload.join()}`;
		const before = kind === "asks" ? asked.get(key) : undefined;
		if (before !== undefined) {
			before.times++;
			steps[before.place] = { ...before.step, times: before.times };
			continue;
		}
		const isSentOn = kind !== "answers" && journey.stages[0].node === call.scenario.server.node;
		const step = packetStep(call, journey, text + (isSentOn ? ", sent on" : seenAs(journey, mapped)));
		if (kind === "asks") asked.set(key, { step, times: 1, place: steps.length });
		steps.push(step);
	}
	return steps.sort((one, other) => one.at - other.at);
}

function isEarlierMedia({ lastWords }: PlayedCall, { payload }: Journey): boolean {
	const number = mediaNumber(payload, "a") ?? mediaNumber(payload, "b");
	return number !== null && number !== lastWords;
}

function columnOf({ scenario }: FirstDraftCall, node: string): number {
	return scenario.ladder.findIndex(([name]) => name === node);
}

function signalStep(call: FirstDraftCall, { at, from, kind, exchange }: CallSignal): LadderStep {
	const { a, b } = call.scenario;
	const [sender, receiver] = from === "a" ? [a, b] : [b, a];
	const text = `${kind} ${exchange}`;
	const ends = { from: columnOf(call, sender.node), to: columnOf(call, receiver.node) };
	return { at, ...ends, translatedAt: [], kind: "signalling", text, times: 1, lost: null };
}

/** From where it was sent to the last column that it came to. */
function packetStep(call: FirstDraftCall, { at, stages, node, end, why }: Journey, text: string): LadderStep {
	const passed = [...stages.map((stage) => stage.node), node];
	const columns = passed.map((name) => columnOf(call, name)).filter((column) => column >= 0);
	const [from = 0] = columns;
	const to = columns.at(-1) ?? from;
	const translatedAt = stages.flatMap((stage, index) => {
		const before = stages[index - 1];
		const isChanged = before !== undefined && addresses(before) !== addresses(stage);
		return isChanged ? [columnOf(call, stage.node)] : [];
	});
	const fate = end === "delivered" ? ({ kind: "packet", lost: null } as const) : ({ kind: "lost", lost: why } as const);
	return { at, from, to, translatedAt, text, times: 1, ...fate };
}

function addresses({ source, destination }: Journey["stages"][number]): string {
	return `${formatPlace(source)} ${formatPlace(destination)}`;
}

/** Who a NAT has made of the sender, where nobody has been told before. */
function seenAs({ stages }: Journey, known: Set<string>): string {
	const [first] = stages;
	const last = stages.at(-1) ?? first;
	const [own, outside] = [formatPlace(first.source), formatPlace(last.source)];
	if (own === outside || known.has(outside)) return "";
	known.add(outside);
	return `, as ${outside}`;
}
