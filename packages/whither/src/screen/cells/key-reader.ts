/** What a terminal sends, as keys: arrows, control keys, letters of any script; sequences may come in pieces. */

/** One key: a letter as it is, or a name such as `up`, `enter`, `ctrl-f`. What was pasted comes as one piece and is no key. */
export type Key = { readonly kind: "key"; readonly name: string } | { readonly kind: "paste"; readonly text: string };

/** Final bytes of CSI and SS3 sequences (as xterm and the Linux console send them). */
const FINALS: Readonly<Record<string, string>> = {
	A: "up",
	B: "down",
	C: "right",
	D: "left",
	H: "home",
	F: "end",
	Z: "shift-tab",
	M: "enter",
};

/** First parameter of `CSI n ~`. */
const NUMBERED: Readonly<Record<string, string>> = {
	"1": "home",
	"3": "delete",
	"4": "end",
	"5": "page-up",
	"6": "page-down",
	"7": "home",
	"8": "end",
};

const CONTROLS: Readonly<Record<string, string>> = {
	"\r": "enter",
	"\n": "enter",
	"\t": "tab",
	"\u007f": "backspace",
	"\b": "backspace",
};

const ESC = "\u001b";
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
/** No sequence of a terminal is longer; what is, is garbage. */
const LONGEST_SEQUENCE = 48;
/** Of what is pasted no more is kept. */
const LONGEST_PASTE = 4096;

/** A whole sequence: CSI with its parameters and final byte (ECMA-48 5.4), SS3, or ESC with one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const SEQUENCE = /^\u001b(?:\[([0-?]*)[ -/]*([@-~])|O([A-Za-z])|([^[O]))/u;
/** One that may go on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|O)?$/;

/** The beginning of one that goes on as none does. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const BROKEN = /^\u001b(?:\[[0-?]*[ -/]*|O)?/;

/** Reads one terminal's input; what is unfinished waits for the rest. */
export class KeyReader {
	readonly #decoder = new TextDecoder("utf-8");
	#text = "";
	/** What has been pasted so far; null: nothing is. */
	#pasted: string | null = null;

	/** Keys that the bytes complete. */
	read(bytes: Uint8Array): readonly Key[] {
		this.#text += this.#decoder.decode(bytes, { stream: true });
		const keys: Key[] = [];
		for (let key = this.#next(); key !== null; key = this.#next()) {
			if (key !== "none") keys.push(key);
		}
		return keys;
	}

	/** Whether an escape character stands there that may be a key or the beginning of another. */
	get isWaiting(): boolean {
		return this.#text !== "" && this.#pasted === null;
	}

	/** Nothing follows: an escape character was the key. */
	settle(): readonly Key[] {
		if (!this.isWaiting) return [];
		const isEscape = this.#text === ESC;
		this.#text = "";
		return isEscape ? [keyNamed("escape")] : [];
	}

	/** The next key; "none": something that is none; null: there is no more. */
	#next(): Key | "none" | null {
		if (this.#pasted !== null) return this.#paste(this.#pasted);
		const [first] = this.#text;
		if (first === undefined) return null;
		if (first !== ESC) {
			this.#text = this.#text.slice(first.length);
			return plainKey(first);
		}
		if (this.#text.startsWith(PASTE_BEGIN)) {
			this.#text = this.#text.slice(PASTE_BEGIN.length);
			this.#pasted = "";
			return "none";
		}
		return this.#sequence();
	}

	#sequence(): Key | "none" | null {
		const found = SEQUENCE.exec(this.#text);
		if (found !== null) {
			const [whole, parameters = "", final = "", single, other] = found;
			// Two escapes: the first was a key.
			if (other === ESC) {
				this.#text = this.#text.slice(1);
				return keyNamed("escape");
			}
			this.#text = this.#text.slice(whole.length);
			return other === undefined ? sequenceKey(parameters, final || (single ?? "")) : keyNamed(`alt-${other}`);
		}
		if (UNFINISHED.test(this.#text) && this.#text.length < LONGEST_SEQUENCE) return null;
		this.#text = this.#text.replace(BROKEN, "");
		return "none";
	}

	#paste(before: string): Key | "none" | null {
		const end = this.#text.indexOf(PASTE_END);
		if (end === -1) {
			// The end's own beginning stays, in case that the rest of it comes.
			const keep = Math.min(this.#text.length, PASTE_END.length - 1);
			const sure = this.#text.slice(0, this.#text.length - keep);
			this.#pasted = (before + sure).slice(0, LONGEST_PASTE);
			this.#text = this.#text.slice(this.#text.length - keep);
			return null;
		}
		const text = (before + this.#text.slice(0, end)).slice(0, LONGEST_PASTE);
		this.#text = this.#text.slice(end + PASTE_END.length);
		this.#pasted = null;
		return { kind: "paste", text };
	}
}

function keyNamed(name: string): Key {
	return { kind: "key", name };
}

function plainKey(character: string): Key | "none" {
	const named = CONTROLS[character];
	if (named !== undefined) return keyNamed(named);
	const code = character.codePointAt(0) ?? 0;
	if (code >= 1 && code <= 26) return keyNamed(`ctrl-${String.fromCharCode(code + 96)}`);
	// Others of C0, of C1, and what was no UTF-8.
	if (code < 32 || (code >= 0x80 && code < 0xa0) || code === 0xfffd) return "none";
	return keyNamed(character === " " ? "space" : character);
}

function sequenceKey(parameters: string, final: string): Key | "none" {
	const [first = ""] = parameters.split(";");
	const name = final === "~" ? NUMBERED[first] : Object.hasOwn(FINALS, final) ? FINALS[final] : undefined;
	return name === undefined ? "none" : keyNamed(name);
}
