/** Recordings on the live screen: what was told then is told again, at the pace at which it came. */
import type { RoundsEvent } from "@whither/core";
import { WhitherError } from "../../api/error.ts";
import { PLAIN } from "../../report/paint.ts";
import type { Recording } from "../../report/read/recording.ts";
import { replayEvents } from "../../report/read/replay-events.ts";
import { paletteOf } from "../../screen/cells/palette.ts";
import { LiveScreen } from "../../screen/live/live-screen.ts";
import type { Feed } from "../../screen/live/watch.ts";
import { Terminal } from "../../screen/terminal/terminal.ts";
import { EXIT } from "../exit-codes.ts";
import { writeFailureSentence } from "../file-errors.ts";
import { hasScreen, paintFor, print } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { fileReport } from "./live-report.ts";

/** Longer pauses are not waited for. */
const LONGEST_PAUSE_MS = 2_000;

/** Runs until the reader quits; resolves with the exit code. */
export async function replayOnScreen(
	recordings: readonly Recording[],
	color: "auto" | "always" | "never" | undefined,
): Promise<number> {
	if (!hasScreen()) throw new WhitherError("usage", "--live needs a terminal; without it the recording is printed");
	const told = recordings.map((recording) => replayEvents(recording) ?? []).filter((events) => events.length > 0);
	if (told.length === 0) throw new WhitherError("usage", "--live shows traces, and there is none in this recording");
	const screen = new LiveScreen({
		terminal: new Terminal(process.stdin, process.stdout),
		palette: paletteOf(paintFor(color) !== PLAIN),
		targets: told.map((events) => ({
			...{ name: nameOf(events), dscp: 0, intervalMs: 1000, method: null },
			start: () => new Replay(events),
		})),
		model: {},
		names: async () => ({}),
		origins: async () => ({}),
		places: null,
		report: ({ file, target, start, hidden }) => {
			const options = { firstTtl: 1, maxTtl: start.maxTtl, length: start.length, rounds: null };
			return fileReport(file, target, { ...start, startedAt: new Date().toISOString(), options }, hidden);
		},
		writeFailure: writeFailureSentence,
	});
	const signals = watchSignals(() => screen.quit(), { hangUp: true });
	print(await screen.run());
	return signals.exitCode() ?? EXIT.ok;
}

function nameOf(events: readonly RoundsEvent[]): string {
	const [start] = events;
	return start?.type === "start" ? start.target.name : "";
}

/** Events that come as they came. */
class Replay implements Feed {
	readonly #events: readonly RoundsEvent[];
	readonly #stopped = new AbortController();

	constructor(events: readonly RoundsEvent[]) {
		this.#events = events;
	}

	stop(): void {
		this.#stopped.abort();
	}

	async *[Symbol.asyncIterator](): AsyncIterator<RoundsEvent> {
		let atNs = 0;
		for (const event of this.#events) {
			const now = "atNs" in event ? event.atNs : atNs;
			await pause((now - atNs) / 1e6, this.#stopped.signal);
			if (this.#stopped.signal.aborted) return;
			atNs = Math.max(atNs, now);
			yield event;
		}
	}
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	if (ms < 1 || signal.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const done = () => {
			clearTimeout(timer);
			signal.removeEventListener("abort", done);
			resolve();
		};
		const timer = setTimeout(done, Math.min(ms, LONGEST_PAUSE_MS));
		signal.addEventListener("abort", done);
	});
}
