/** A meeting on a terminal: its events go into the model, and keys look at it from all sides. */
import { asWhitherError } from "../../api/error.ts";
import type { MeetRun } from "../../api/meet/run.ts";
import type { Key } from "../cells/key-reader.ts";
import type { Palette } from "../cells/palette.ts";
import { Screen } from "../terminal/screen.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Charset } from "../views/glyphs.ts";
import { meetFrame } from "./meet-frame.ts";
import { pressMeet } from "./meet-keys.ts";
import { initialMeet, type MeetModel, meetAfter, meetNoted } from "./meet-model.ts";

/** What the screen is given. */
export interface MeetScreenOrder {
	readonly terminal: Terminal;
	readonly palette: Palette;
	readonly charset: Charset;
	readonly run: Pick<MeetRun, "stop" | "result"> & AsyncIterable<Parameters<typeof meetAfter>[1]>;
}

/** One screen, from its beginning to its end. */
export class MeetScreen {
	readonly #run: MeetScreenOrder["run"];
	readonly #screen: Screen;
	readonly #startedMs = performance.now();
	#model: MeetModel;
	#finish: (leaves: string) => void = () => {};
	#isOver = false;

	constructor({ terminal, palette, charset, run }: MeetScreenOrder) {
		this.#run = run;
		this.#model = initialMeet(charset);
		this.#screen = new Screen(terminal, palette, {
			lines: (size) => {
				const frame = meetFrame({ ...this.#model, size });
				this.#model = { ...this.#model, size, scroll: frame.scroll };
				return frame.lines;
			},
			key: (key) => this.#key(key),
			gone: () => this.quit(),
		});
	}

	/** Until the reader leaves; resolves with what is to stay on the terminal. A meeting that is over stays to be looked at. */
	show(): Promise<string> {
		const finished = new Promise<string>((resolve) => {
			this.#finish = resolve;
		});
		this.#screen.open();
		this.#follow();
		return finished;
	}

	/** What is said beside the meeting's events; a line. */
	note(text: string): void {
		this.#become(meetNoted(this.#model, text));
	}

	/** End it, and the meeting with it. */
	quit({ keepsFrame = false }: { readonly keepsFrame?: boolean } = {}): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const frame = this.#screen.close();
		this.#run.stop();
		this.#finish(keepsFrame ? frame : "");
	}

	async #follow(): Promise<void> {
		try {
			for await (const event of this.#run)
				this.#become(meetAfter(this.#model, event, performance.now() - this.#startedMs));
			const result = await this.#run.result;
			this.#become({ ...this.#model, result, why: result.why });
		} catch (thrown) {
			this.#become({ ...this.#model, failure: asWhitherError(thrown).message });
		}
	}

	#become(model: MeetModel): void {
		this.#model = model;
		if (!this.#isOver) this.#screen.changed();
	}

	#key(key: Key): void {
		const { model, effect } = pressMeet(this.#model, key);
		this.#model = model;
		if (effect === "quit") this.quit();
		else if (effect === "quitKeepingFrame") this.quit({ keepsFrame: true });
		else if (effect === "suspend") this.#screen.suspend();
		else if (effect === "redraw") this.#screen.redraw();
	}
}
