/** A call as a ladder: who sends what to whom, made of the packets of the simulated internet. */
import { type Instant, MILLISECOND } from "@whither/core";
import { formatPlace } from "./call-report.ts";
import type { CallSignal } from "./call-signalling.ts";
import type { FirstDraftCall } from "./first-draft-call.ts";
import { type Journey, journeysOf } from "./journeys.ts";
import { mediaNumber } from "./media.ts";
import { MessageReader } from "./message-words.ts";
import type { PlayedCall } from "./played-call.ts";

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
			steps[before.place] = { ...before.step, text: `${before.step.text} (${before.times} times)` };
			continue;
		}
		const step = packetStep(call, journey, text + seenAs(journey, mapped));
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
	return { at, ...ends, translatedAt: [], kind: "signalling", text };
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
	if (end === "delivered") return { at, from, to, translatedAt, kind: "packet", text };
	return { at, from, to, translatedAt, kind: "lost", text: `${text}: ${why}` };
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

/** Characters from one column to the next. */
const STRIDE = 12;
const MARGIN = 8;

/** The ladder as text of fixed width: times in milliseconds, arrows, and what each is. */
export function formatLadder(played: PlayedCall): string {
	const { ladder } = played.call.scenario;
	const heads = ladder.map(([, title], column) => ({ title, at: MARGIN + column * STRIDE }));
	const head = heads.reduce((line, { title, at }) => {
		const start = Math.max(line.length === 0 ? 0 : line.length + 1, at - Math.floor(title.length / 2));
		return line.padEnd(start) + title;
	}, "    ms");
	const rows = ladderOf(played).map((step) => formatStep(step, ladder.length));
	return [head, ...rows].join("\n");
}

function formatStep({ at, from, to, translatedAt, kind, text }: LadderStep, columns: number): string {
	const cells: string[] = Array.from({ length: (columns - 1) * STRIDE + 1 }, (_, index) =>
		index % STRIDE === 0 ? "|" : " ",
	);
	const line = kind === "signalling" ? "=" : "-";
	const isRight = to >= from;
	// What got lost where it began goes half a column towards nobody.
	const [start, end] = [from * STRIDE, to * STRIDE];
	for (let place = Math.min(start, end) + 1; place < Math.max(start, end); place++) cells[place] = line;
	for (const column of translatedAt) if (column !== to || kind === "lost") cells[column * STRIDE] = "o";
	if (kind === "lost") cells[end] = "x";
	else cells[isRight ? end - 1 : end + 1] = isRight ? ">" : "<";
	const time = String(Math.round(at / MILLISECOND)).padStart(6);
	return `${time}  ${cells.join("")}  ${text}`;
}
