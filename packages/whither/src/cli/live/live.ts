/** `whither live`: paths watched round after round, on a full screen or as mtr's report. A file of its own in the bundle. */
import { DEMO } from "@whither/sim";
import { asWhitherError } from "../../api/error.ts";
import { startLive } from "../../api/live/live.ts";
import type { LiveRequestOptions } from "../../api/live/options.ts";
import { methodsOf, tosByte } from "../../api/options.ts";
import { openRealWorldHere } from "../../api/real-world.ts";
import { simulated } from "../../api/simulated.ts";
import type { World } from "../../api/world.ts";
import { PLAIN } from "../../report/paint.ts";
import { paletteOf } from "../../screen/cells/palette.ts";
import { LiveScreen } from "../../screen/live/live-screen.ts";
import type { Feed, FeedOrder } from "../../screen/live/watch.ts";
import { Terminal } from "../../screen/terminal/terminal.ts";
import { parseOptions } from "../arguments/parse.ts";
import { dataSets } from "../arguments/places-options.ts";
import { EXIT } from "../exit-codes.ts";
import { writeFailureSentence } from "../file-errors.ts";
import { hasScreen, paintFor, print } from "../output.ts";
import { watchSignals } from "../signals.ts";
import { LIVE_OPTIONS, type LiveFlags } from "./live-options.ts";
import { originFacts } from "./live-origins.ts";
import { placeFacts } from "./live-places.ts";
import { fileReport, reportRuns } from "./live-report.ts";
import { dscpOf, hostsOf, liveFormatOf, liveModelOf, liveRequestOf } from "./live-request.ts";
import { showMeetScreen } from "./meet-screen.ts";
import { replayOnScreen } from "./replay-screen.ts";

/** Run the command; resolves with the exit code. */
export async function liveCommand(args: readonly string[], commandLine: readonly string[]): Promise<number> {
	const { options: flags, operands } = parseOptions(args, LIVE_OPTIONS);
	const hosts = hostsOf(flags, operands);
	const request = liveRequestOf(flags);
	const asked = liveFormatOf(flags);
	methodsOf(request);
	const openWorld = flags.demo === true ? demoWorld() : openRealWorldHere;
	const order = { hosts, request, flags, args: commandLine, openWorld };
	const format = asked ?? (hasScreen() ? null : "report");
	return format === null ? showScreen(order) : reportRuns({ ...order, format });
}

export { replayOnScreen, showMeetScreen };

/** What is watched, and where. */
export interface LiveOrder {
	readonly hosts: readonly string[];
	readonly request: LiveRequestOptions;
	readonly flags: LiveFlags;
	readonly args: readonly string[];
	readonly openWorld: () => Promise<World>;
}

/** One internet in memory for all of the run, at life's own pace. */
function demoWorld(): () => Promise<World> {
	const world = simulated(DEMO, { pace: "real" });
	return async () => world;
}

async function showScreen(order: LiveOrder): Promise<number> {
	const { hosts, flags, openWorld } = order;
	const world = await openWorld();
	const startedAt = new Date().toISOString();
	const runs = new Set<Promise<void>>();
	const model = liveModelOf(flags);
	const screen = new LiveScreen({
		terminal: new Terminal(process.stdin, process.stdout),
		palette: paletteOf(paintFor(flags.color) !== PLAIN),
		targets: hosts.map((name) => {
			const start = (how: FeedOrder) => feedOf({ ...order, openWorld: async () => world }, { name, how, runs });
			return { name, dscp: dscpOf(flags), intervalMs: model.intervalMs ?? 1000, method: null, start };
		}),
		model,
		names: async (address) => ({ name: await world.reverse(address) }),
		origins: originFacts(world, { server: flags["as-server"], names: flags["as-names"] }),
		places: await placeFacts(world, dataSets(flags)),
		report: ({ file, target, start, hidden }) => {
			const options = {
				firstTtl: flags["first-ttl"] ?? 1,
				maxTtl: start.maxTtl,
				length: start.length,
				rounds: null,
				tos: tosByte(flags),
			};
			return fileReport(file, target, { ...start, startedAt, options }, hidden);
		},
		writeFailure: writeFailureSentence,
	});
	const signals = watchSignals(() => screen.quit(), { hangUp: true });
	const leaves = await screen.run();
	print(leaves);
	await Promise.all(runs);
	return signals.exitCode() ?? EXIT.ok;
}

interface FeedPlace {
	readonly name: string;
	readonly how: FeedOrder;
	/** Promises of what is still open. */
	readonly runs: Set<Promise<void>>;
}

/** A trace of the library for the screen, which looks names up itself. */
function feedOf({ request, args, openWorld }: LiveOrder, { name, how, runs }: FeedPlace): Feed {
	const { intervalMs, method } = how;
	const asked = { ...request, intervalMs, ...(method === null ? {} : { method }) };
	const run = startLive(name, asked, { args, openWorld });
	// Whoever iterates hears of it.
	const ended = run.result.then(
		() => run.closed,
		(thrown) => void asWhitherError(thrown),
	);
	runs.add(ended);
	ended.finally(() => runs.delete(ended));
	return run;
}
