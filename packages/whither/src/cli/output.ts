/** The two output streams, written at once: nothing is lost when the process ends, and a closed pipe ends it quietly. */
import { fstatSync, writeSync } from "node:fs";
import { COLOURED, type Paint, PLAIN } from "../report/paint.ts";
import { EXIT } from "./exit-codes.ts";
import { writeFailureSentence } from "./file-errors.ts";

const STDOUT = 1;
const STDERR = 2;

/** What is to be done before the process ends once stdout takes nothing more; null: nothing. */
let atLoss: (() => void) | null = null;
/** Stdout takes nothing more, and the process ends with this. */
let lossCode: number | null = null;

/**
 * For whoever has others to say goodbye to: once stdout takes nothing more, this is called instead of ending the process.
 * The function that comes back says what to end with then; null: nothing was lost.
 */
export function beforeLossEnds(call: () => void): () => number | null {
	atLoss = call;
	return () => lossCode;
}

/**
 * Write to stdout; when its reader has gone, the process ends with 0, as a member of a pipeline should. Where it cannot
 * be written for another cause, such as a full disk, the process says so and ends.
 */
export function print(text: string): void {
	if (text !== "") write(STDOUT, text);
}

/** One line on stderr, with the command's name in front. */
export function complain(sentence: string): void {
	write(STDERR, `whither: ${sentence}\n`);
}

/** Text on stderr as it is. */
export function printAside(text: string): void {
	write(STDERR, text);
}

/** Whether a person is looking. node:tty costs milliseconds to load, so a stream that is no device is not asked further. */
export function isTerminal(stream: "stdout" | "stderr"): boolean {
	const fd = stream === "stdout" ? STDOUT : STDERR;
	return isDevice(fd) && process.getBuiltinModule("node:tty").isatty(fd);
}

/** Whether a person types and looks, and the terminal does as it is told: then it can be drawn on. */
export function hasScreen(): boolean {
	return isTerminal("stdout") && process.getBuiltinModule("node:tty").isatty(0) && process.env.TERM !== "dumb";
}

/** Whether the process was begun at a terminal, which may go before it. */
export function hasTerminal(): boolean {
	const { isatty } = process.getBuiltinModule("node:tty");
	return [0, STDOUT, STDERR].some((fd) => isatty(fd));
}

function isDevice(fd: number): boolean {
	try {
		return fstatSync(fd).isCharacterDevice();
	} catch {
		return false;
	}
}

/** Colours for stdout: asked for, or on a terminal that can and whose user does not object (no-color.org). */
export function paintFor(when: "auto" | "always" | "never" | undefined, stream: "stdout" | "stderr" = "stdout"): Paint {
	if (when === "always") return COLOURED;
	const objected = (process.env.NO_COLOR ?? "") !== "" || process.env.TERM === "dumb";
	return when !== "never" && !objected && isTerminal(stream) ? COLOURED : PLAIN;
}

function write(fd: number, text: string): void {
	let rest = Buffer.from(text);
	while (rest.length > 0 && !(fd === STDOUT && lossCode !== null)) {
		try {
			rest = rest.subarray(writeSync(fd, rest));
		} catch (thrown) {
			const error = thrown as NodeJS.ErrnoException;
			if (error.code === "EAGAIN") pause();
			else if (fd === STDERR) return;
			else if (error.code === "EPIPE") lose(EXIT.ok);
			else refuseOutput(error);
		}
	}
}

/** Where the answer cannot be written, there is nothing left to do for us. */
function refuseOutput(error: NodeJS.ErrnoException): void {
	complain(writeFailureSentence("stdout", error));
	lose(EXIT.system);
}

function lose(code: number): void {
	if (atLoss === null) process.exit(code);
	lossCode = code;
	atLoss();
}

/** A pipe shared with a non-blocking reader may be full; there is nothing better to do than to wait a little. */
function pause(): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
