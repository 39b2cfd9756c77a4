/** What a meeting came to, in one sentence made of what is known and nothing else. */
import { connectedWords } from "./connected.ts";
import { mediaWords } from "./media.ts";
import { lossSentence, noWaySentence } from "./no-way.ts";
import type { MeetFacts } from "./obstacle.ts";
import { signallingSentence } from "./signalling.ts";

/** The sentence, with a capital and a full stop, unless it asks something. */
export function meetSentence(facts: MeetFacts): string {
	const words = wordsOf(facts);
	return `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith("?") ? "" : "."}`;
}

function wordsOf(facts: MeetFacts): string {
	const { outcome, selected } = facts;
	const said =
		outcome.about === null || outcome.about === "" ? "" : ` (it says: ${outcome.about.replace(/([^.])\.$/, "$1")})`;
	switch (outcome.code) {
		case "connected":
			return selected === null ? "connected" : `${connectedWords(facts, selected)}${mediaWords(facts.media)}`;
		case "lost":
			return lossSentence(facts);
		case "noWay":
			return noWaySentence(facts);
		case "nobodyCame":
			return outcome.signalling === null ? nobodyWords(facts) : signallingSentence(outcome.signalling);
		case "peerLeft":
			return selected === null
				? `the other end left before there was a way to it${said}`
				: untakenWords(facts, `the other end ended the call before it was taken${said}`);
		case "signalling":
			return outcome.signalling === null ? "signalling failed" : signallingSentence(outcome.signalling);
		case "noDescription":
			return `the other end came and did not say where it is for ${seconds(facts.waitMs)}`;
		case "interrupted":
			return selected === null
				? "stopped before there was a way"
				: `${connectedWords(facts, selected)}${mediaWords(facts.media)}; then stopped`;
		case "defect":
			return `a defect of ours ended it: ${outcome.about ?? "unknown"}`;
	}
}

/** There was a way, and the call did not come to be. */
function untakenWords({ call, outcome }: MeetFacts, otherwise: string): string {
	const isRefused = call?.direction === "out" && call.status !== null;
	return isRefused ? `the call to ${call.peer} was refused (${outcome.about ?? call.status})` : otherwise;
}

function nobodyWords({ call, selected, waitMs }: MeetFacts): string {
	if (call?.direction === "in" && selected !== null)
		return `there was a way, and the call of ${call.peer} was not let ring within ${seconds(waitMs)}`;
	if (call?.direction !== "out") return `nobody came within ${seconds(waitMs)}`;
	return call.ringMs === null
		? `no answer to the call to ${call.peer} within ${seconds(waitMs)}`
		: `it rang at ${call.peer}, and nobody took the call within ${seconds(waitMs)}`;
}

function seconds(ms: number): string {
	const count = ms / 1000;
	return `${count} ${count === 1 ? "second" : "seconds"}`;
}
