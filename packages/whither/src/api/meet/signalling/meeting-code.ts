/** Codes that are said aloud, such as `7-otter-velvet`: the room, then the password of the key exchange. Pure. */
import { CODE_WORDS } from "./code-words.ts";
import type { CodeProblem, SignallingFailure } from "./signalling.ts";

/** A code taken apart. */
export interface MeetingCode {
	/** As it is said, in its plain form. */
	readonly text: string;
	/** What the server knows it by: letters a to z and digits. */
	readonly room: string;
	/** What the server does not know; words that are nearly ours are ours. */
	readonly password: string;
}

type BadCode = Extract<SignallingFailure, { code: "badCode" }>;

const ROOM = /^[a-z0-9]{1,32}$/;
const LONGEST_CODE = 100;
/**
 * Of a chosen password, in letters and digits. Whoever guesses has one try and uses the code up by it, so that it has to
 * stand no search; what everybody tries first is refused.
 */
const LEAST_CHARACTERS = 6;
const LEAST_DIFFERENT = 4;
const COMMONEST = /^(password|passwort|passw0rd|letmein|secret|welcome|qwerty|qwertz|azerty|whither)\d*$/;

/** A code as somebody typed or heard it: capitals, spaces, quotes and kinds of hyphens make no difference. */
export function readCode(typed: string): MeetingCode | BadCode {
	const text = plainCode(typed);
	const problem = (why: CodeProblem): BadCode => ({ code: "badCode", why, text: typed.slice(0, LONGEST_CODE) });
	if (text === "") return problem("empty");
	if (text.length > LONGEST_CODE) return problem("tooLong");
	// Of chat programs, and not to be seen.
	if (/[\p{C}\s]/u.test(text)) return problem("badCharacter");
	const split = text.indexOf("-");
	const [room, password] = split < 0 ? [text, ""] : [text.slice(0, split), text.slice(split + 1)];
	if (password === "") return problem("noPassword");
	if (!ROOM.test(room)) return problem("badRoom");
	return { text, room, password: password.split("-").map(nearestWord).join("-") };
}

/** A code that somebody wants to be used, which may be too weak. */
export function readChosenCode(typed: string): MeetingCode | BadCode {
	const code = readCode(typed);
	if (!("room" in code) || !isWeak(code)) return code;
	return { code: "badCode", why: "weak", text: typed };
}

/** Two words of ours for a room: two random bytes. */
export function codePassword([first = 0, second = 0]: Uint8Array): string {
	return `${CODE_WORDS[first]}-${CODE_WORDS[second]}`;
}

function plainCode(typed: string): string {
	return typed
		.normalize("NFKC")
		.replace(/[\u200b-\u200f\u2060\ufeff]/g, "")
		.replace(/^[\s"'`<«»“”‘’„]+|[\s"'`>«»“”‘’.,;]+$/g, "")
		.toLowerCase()
		.replace(/[\s_\p{Pd}]+/gu, "-")
		.replace(/^-+|-+$/g, "");
}

function isWeak({ room, password }: MeetingCode): boolean {
	const characters = [...password.replace(/[^\p{L}\p{N}]/gu, "")];
	if (characters.length < LEAST_CHARACTERS || new Set(characters).size < LEAST_DIFFERENT) return true;
	const plain = characters.join("");
	return plain === room || COMMONEST.test(plain) || isRun(characters);
}

/** Such as 123456 or fedcba. */
function isRun(characters: readonly string[]): boolean {
	const points = characters.map((character) => character.codePointAt(0) ?? 0);
	const steps = points.slice(1).map((point, index) => point - (points[index] ?? 0));
	return steps.every((step) => step === steps[0]) && Math.abs(steps[0] ?? 0) <= 1;
}

/** Both ends do this, so that a slip of one letter costs no code; ours differ by three letters, so there is one at most. */
function nearestWord(word: string): string {
	return CODE_WORDS.find((ours) => isNear(word, ours)) ?? word;
}

/** Whether one letter put in, left out or changed makes one of the other. */
function isNear(one: string, other: string): boolean {
	if (Math.abs(one.length - other.length) > 1) return false;
	let same = 0;
	while (same < one.length && one[same] === other[same]) same++;
	if (same === one.length && same === other.length) return true;
	const [rest, otherRest] = [one.slice(same), other.slice(same)];
	return rest.slice(1) === otherRest || rest === otherRest.slice(1) || rest.slice(1) === otherRest.slice(1);
}
