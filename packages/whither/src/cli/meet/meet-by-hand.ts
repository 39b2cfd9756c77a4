/** `--copy-paste`: each end prints a line for the other, and reads the other's from stdin. */
import { createInterface } from "node:readline";
import type { OpenSignalling } from "../../api/meet/options.ts";
import { blobSentence, readBlob } from "../../api/meet/signalling/blob.ts";
import { type CopyPaste, copyPaste } from "../../api/meet/signalling/copy-paste.ts";
import { UsageProblem } from "../arguments/values.ts";

/** How the two are told what to do. */
export interface ByHandOrder {
	/** The other end's line, where it went first; absent: we do. */
	readonly line: string | undefined;
	/** What stdout or stderr shows. */
	readonly say: (text: string) => void;
	readonly input: NodeJS.ReadableStream;
}

/** Words for who goes first. */
const FIRST = `Send this line to the other end, where \`whither meet --copy-paste LINE\` makes one of it for you:`;
const PASTE = "Paste the other end's line here, and press Enter:";
const REST = " Paste the rest, or all of it again.";
const BEGINS = /whither\d+:/i;
/** Words for who goes second. */
const SECOND = "Send this line back to the other end, to be pasted there:";
const ENTER = "Press Enter here when it has been pasted there (a way is looked for from then on):";

/**
 * Signalling by hand. Who has the other end's line already hears of it once the own one is on its way: checks that begin
 * before the other end knows of us are over before it does. Throws `UsageProblem` for a line that is none.
 */
export function byHand({ line, say, input }: ByHandOrder): OpenSignalling {
	if (line !== undefined) {
		const blob = readBlob(line);
		if ("code" in blob) throw new UsageProblem(`LINE: ${blobSentence(blob)}`);
	}
	return (listener) => {
		const lines = createInterface({ input, terminal: false });
		const end = () => {
			lines.close();
			input.pause();
		};
		const show = (blob: string): void => {
			const [before, after] = line === undefined ? [FIRST, PASTE] : [SECOND, ENTER];
			// Below the news of what was gathered, which is on its way.
			setImmediate(() => say(`\n${before}\n\n${blob}\n\n${after}\n`));
		};
		const hand: CopyPaste = copyPaste({ role: line === undefined ? "controlling" : "controlled", listener, show });
		let isMet = false;
		let begun = "";
		const paste = (text: string): void => {
			if (isMet || text.trim() === "") return;
			// What a chat program has broken into several lines comes in as such.
			const whole = BEGINS.test(text) ? text : begun + text;
			const failure = hand.paste(whole);
			isMet = failure === null;
			const isCut = failure?.why === "cut";
			begun = isCut ? whole : "";
			if (failure !== null) say(`${isCut ? "Not yet" : "No"}: ${blobSentence(failure)}.${isCut ? REST : ""}\n`);
		};
		lines.on("line", (text) => paste(line ?? text));
		lines.on("close", () => {
			if (line !== undefined) paste(line);
			else if (!isMet) listener.closed({ code: "other", why: "stdin ended before the other end's line had come" });
		});
		return {
			...hand.signalling,
			close: () => {
				isMet = true;
				end();
				return hand.signalling.close();
			},
		};
	};
}
