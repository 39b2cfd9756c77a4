/** A meeting on a full screen. */
import type { MeetRun } from "../../api/meet/run.ts";
import { PLAIN } from "../../report/paint.ts";
import { paletteOf } from "../../screen/cells/palette.ts";
import { MeetScreen } from "../../screen/meet/meet-screen.ts";
import { Terminal } from "../../screen/terminal/terminal.ts";
import type { Held } from "../meet/held.ts";
import { paintFor } from "../output.ts";
import { charsetOf } from "./live-request.ts";

/** How a meeting is shown. */
export interface MeetScreenOptions {
	readonly color: "auto" | "always" | "never" | undefined;
	readonly stopped: AbortSignal;
	/** What is said beside its events, where something is. */
	readonly lines?: Held<string>;
}

/** Until the reader leaves, or `stopped`; resolves with what is to stay on the terminal. */
export function showMeetScreen(run: MeetRun, { color, stopped, lines }: MeetScreenOptions): Promise<string> {
	const screen = new MeetScreen({
		terminal: new Terminal(process.stdin, process.stdout),
		palette: paletteOf(paintFor(color) !== PLAIN),
		charset: charsetOf({}),
		run,
	});
	stopped.addEventListener("abort", () => screen.quit());
	const left = screen.show();
	lines?.heardBy((line) => screen.note(line));
	return left;
}
