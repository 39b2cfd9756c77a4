/** The end of the demonstration: two people meet, the pairs fill, and the way between them is seen from both ends. */
import { DEMO_MEETING } from "@whither/sim";
import type { MeetResult } from "../../api/meet/result.ts";
import { MeetRun } from "../../api/meet/run.ts";
import { simulatedMeet } from "../../api/meet/simulated.ts";
import { TOOL } from "../../api/version.ts";
import { MeetLive } from "../../report/meet/meet-live.ts";
import { formatMeetJson } from "../../report/meet/meet-report.ts";
import type { Paint } from "../../report/paint.ts";
import { EXIT } from "../exit-codes.ts";
import { isTerminal, print } from "../output.ts";

/** How it is shown. */
export interface MeetingShow {
	readonly paint: Paint;
	/** Slower than life, for people to watch. */
	readonly realtime: boolean;
	readonly args: readonly string[];
	readonly signal: AbortSignal;
	/** On a full screen, in colour or not. */
	readonly screen: { readonly color: "auto" | "always" | "never" | undefined } | null;
	/** `text`: as it happens. `json`: the first one's `whither.meet/1` alone. */
	readonly format: "text" | "json";
}

/** Nodes of the scenario: who makes the code, who joins, and where they meet. */
const [ANNA, BEN, SERVER] = ["anna.lisbon", "ben.train", "meet.amsterdam"] as const;

/** Meetings take longer than traces, and their news is read line by line. */
const SLOWED_BY = 3;

/** Plays it as Anna sees it; the exit code that `whither meet` has. */
export async function playMeeting(show: MeetingShow): Promise<number> {
	const { paint, realtime, format } = show;
	if (show.screen) return playOnScreen(show);
	const { here, join } = demoMeeting(show);
	const live = new MeetLive({ paint, screen: realtime ? screenOf() : null });
	let there: MeetRun | null = null;
	for await (const event of here) {
		if (event.kind === "code") there = join(event.code);
		if (format === "text") print(live.event(event));
	}
	const result = await here.result;
	print(format === "text" ? live.end(result) : formatMeetJson(result, isTerminal("stdout") ? 2 : 0));
	const other = await there?.result;
	if (format === "text" && other?.connected) print(`\n${benSays(other, paint)}\n`);
	await Promise.all([here.closed, there?.closed]);
	return result.connected ? EXIT.ok : EXIT.negative;
}

/** The same on a full screen, until the reader leaves it. */
async function playOnScreen({ screen, paint, signal, args }: MeetingShow): Promise<number> {
	const { here, join } = demoMeeting({ realtime: true, signal, args });
	const joined = (async () => {
		for await (const event of here) if (event.kind === "code") return join(event.code);
		return null;
	})();
	const { showMeetScreen } = await import("../live/live.ts");
	print(await showMeetScreen(here, { color: screen?.color, stopped: signal }));
	const there = await joined;
	there?.stop();
	const result = await here.result;
	print(new MeetLive({ paint, screen: null }).end(result));
	await Promise.all([here.closed, there?.closed]);
	return result.connected ? EXIT.ok : EXIT.negative;
}

/** Anna's meeting, which waits for Ben, and how he joins it. */
export function demoMeeting({ realtime, signal, args }: Pick<MeetingShow, "realtime" | "signal" | "args">): {
	readonly here: MeetRun;
	readonly join: (code: string) => MeetRun;
} {
	const slowedBy = realtime ? SLOWED_BY : 0;
	const [anna, ben] = simulatedMeet(DEMO_MEETING, { hosts: [ANNA, BEN], server: SERVER, slowedBy });
	const start = (openWorld: () => typeof anna, code?: string) => {
		// One family, so that there are no more pairs than a person can look over.
		const options = { server: `http://${SERVER}`, code, family: 4, signal } as const;
		return new MeetRun({ options, tool: TOOL, args, openWorld });
	};
	return { here: start(() => anna), join: (code) => start(() => ben, code) };
}

function benSays({ why }: MeetResult, paint: Paint): string {
	return `${paint.dim("Ben's end says of the same:")} ${why}`;
}

/** Where the pairs stand in one place; null: what is written stays. */
function screenOf(): { readonly columns: number; readonly rows: number } | null {
	const { columns, rows } = process.stdout;
	return isTerminal("stdout") && columns > 0 && rows > 0 ? { columns, rows } : null;
}
