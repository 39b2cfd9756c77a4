/** `whither live` on a terminal: what the targets become goes into the model, what the keys ask for to the targets. */
import { existsSync, writeFileSync } from "node:fs";
import type { RoundsEvent } from "@whither/core";
import type { Key } from "../cells/key-reader.ts";
import type { Palette } from "../cells/palette.ts";
import { complaining, type Effect, saying } from "../model/effects.ts";
import type { Target } from "../model/model.ts";
import { initialModel, type Model, withTargets } from "../model/model.ts";
import { press } from "../model/press.ts";
import { redacted } from "../model/privacy.ts";
import { Screen } from "../terminal/screen.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { frameOf } from "../views/frame.ts";
import { type AskFacts, FactLookups } from "./fact-lookups.ts";
import { namedSummary } from "./named-summary.ts";
import { Watch, type WatchOrder } from "./watch.ts";

/** What the screen is given. */
export interface LiveScreenOrder {
	readonly terminal: Terminal;
	readonly palette: Palette;
	readonly targets: readonly WatchOrder[];
	readonly model: Partial<Model>;
	/** Who knows names and origins; asked when the reader wants them. */
	readonly names: AskFacts;
	readonly origins: AskFacts;
	/** Who knows places; null: nobody was named. */
	readonly places: AskFacts | null;
	/** The report that `w` writes, or in a sentence why the file's ending is that of none. */
	readonly report: (about: WrittenReport) => FileReport | string;
	/** Words for a file that cannot be written. */
	readonly writeFailure: (file: string, error: NodeJS.ErrnoException) => string;
}

/** A report, and the format that the file's ending made it. */
export interface FileReport {
	readonly text: string;
	readonly format: string;
}

/** What a report is to be written of. */
export interface WrittenReport {
	readonly file: string;
	/** As it may be told: the first hops not named, where that is wanted. */
	readonly target: Target;
	readonly start: Extract<RoundsEvent, { type: "start" }>;
	readonly hidden: number;
}

/** UDP and ICMP echo, which `u` goes between. */
const [UDP, ICMP] = ["udp", "icmp"] as const;

/** One screen, from its beginning to its end. */
export class LiveScreen {
	readonly #order: LiveScreenOrder;
	readonly #watches: readonly Watch[];
	readonly #facts: FactLookups;
	readonly #screen: Screen;
	#model: Model;
	#finish: (leaves: string) => void = () => {};
	#isOver = false;
	/** Something came that the model does not have yet. */
	#isStale = true;

	constructor(order: LiveScreenOrder) {
		this.#order = order;
		const changed = () => this.#changed();
		this.#watches = order.targets.map((target) => new Watch(target, changed));
		this.#facts = new FactLookups(changed);
		this.#model = initialModel({ ...order.model, placesAsked: order.places !== null });
		this.#screen = new Screen(order.terminal, order.palette, {
			lines: (size) => this.#lines(size),
			key: (key) => this.#key(key),
			gone: () => this.quit(),
		});
		if (this.#model.names) this.#facts.add("names", order.names);
		if (this.#model.ipInfo !== null) this.#facts.add("origins", order.origins);
		if (order.places !== null) this.#facts.add("places", order.places);
	}

	/** Runs until the reader quits; resolves with what is to stay on the terminal. */
	async run(): Promise<string> {
		const finished = new Promise<string>((resolve) => {
			this.#finish = resolve;
		});
		this.#screen.open();
		for (const watch of this.#watches) watch.run();
		const leaves = await finished;
		await Promise.all(this.#watches.map(({ done }) => done));
		return leaves;
	}

	/** End it; `keepsFrame`: what was shown last stays on the terminal. */
	quit({ keepsFrame = false }: { readonly keepsFrame?: boolean } = {}): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const frame = this.#screen.close();
		for (const watch of this.#watches) watch.pause();
		this.#finish(keepsFrame ? frame : "");
	}

	#changed(): void {
		this.#isStale = true;
		if (!this.#isOver) this.#screen.changed();
	}

	#lines(size: Model["size"]) {
		this.#refresh();
		const model = { ...this.#model, size };
		const frame = frameOf(model);
		this.#model = { ...model, scroll: frame.scroll };
		return frame.lines;
	}

	/** Figures are made once a frame, and those of targets that nobody looks at are left as they are. */
	#refresh(): void {
		if (!this.#isStale) return;
		this.#isStale = false;
		const { latest, target: looked } = this.#model;
		const targets = this.#watches.map((watch, index) => {
			const before = latest[index];
			return index === looked || before === undefined ? watch.target : { ...before, state: watch.target.state };
		});
		for (const { summary } of targets) this.#facts.want(addressesOf(summary));
		this.#model = { ...withTargets(this.#model, targets), facts: this.#facts.book };
	}

	#key(key: Key): void {
		this.#refresh();
		const { model, effects } = press(this.#model, key);
		if (model.target !== this.#model.target) this.#isStale = true;
		this.#model = model;
		for (const effect of effects) this.#obey(effect);
	}

	#obey(effect: Effect): void {
		switch (effect.type) {
			case "quit":
				this.quit({ keepsFrame: effect.keepsFrame });
				return;
			case "pause":
				for (const watch of this.#watches) watch.pause();
				break;
			case "resume":
				for (const watch of this.#watches) watch.run();
				break;
			case "reset":
				for (const watch of this.#watches) watch.reset();
				break;
			case "interval":
				for (const watch of this.#watches) watch.change({ intervalMs: effect.intervalMs });
				break;
			case "otherMethod":
				this.#changeMethod();
				break;
			case "lookUp":
				this.#facts.add(effect.what, this.#order[effect.what]);
				break;
			case "flushNames":
				this.#facts.forgetNames("names");
				break;
			case "write":
				this.#write(effect.file);
				break;
			case "suspend":
				this.#screen.suspend();
				return;
			case "redraw":
				this.#screen.redraw();
				return;
		}
		this.#changed();
	}

	#changeMethod(): void {
		const watch = this.#watches[this.#model.target];
		if (watch === undefined) return;
		const method = watch.method === UDP ? ICMP : UDP;
		watch.change({ method });
		this.#model = saying(
			this.#model,
			method === UDP ? "UDP datagrams; counters begin anew" : "ICMP echo; counters begin anew",
		);
	}

	#write(file: string): void {
		const watch = this.#watches[this.#model.target];
		const start = watch?.start ?? null;
		if (watch === undefined || start === null) {
			this.#model = complaining(this.#model, "There is nothing to report yet");
			return;
		}
		const { target } = watch;
		const { facts, names, privacy } = this.#model;
		const summary = redacted(namedSummary(target.summary, facts, names), privacy);
		try {
			const report = this.#order.report({ file, target: { ...target, summary }, start, hidden: privacy });
			if (typeof report === "string") {
				this.#model = complaining(this.#model, report);
				return;
			}
			const was = existsSync(file) ? "Written over what was there" : "Written";
			writeFileSync(file, report.text);
			this.#model = saying(this.#model, `${was}: ${file} (${report.format})`);
		} catch (thrown) {
			const sentence = this.#order.writeFailure(file, thrown as NodeJS.ErrnoException);
			this.#model = complaining(this.#model, sentence);
		}
	}
}

function addressesOf({ hops }: Target["summary"]): readonly string[] {
	return hops.flatMap(({ answerers }) => answerers.map(({ address }) => address));
}
