/** Why two ends could not hear of each other, one clause each, without capital and full stop. */
import type { CodeProblem, SignallingFailure } from "../signalling/signalling.ts";

const CODE_PROBLEMS: Readonly<Record<CodeProblem, string>> = {
	empty: "it is empty",
	noPassword: "it has no second half, as 7-otter-velvet has",
	badRoom: "its first half names no room",
	badCharacter: "it holds characters that no code has",
	tooLong: "it is too long",
	weak: "it is too easy to guess",
};

/** The clause. */
export function signallingSentence(failure: SignallingFailure): string {
	switch (failure.code) {
		case "badUrl":
			return `"${failure.url}" is no URL of a rendezvous server, such as https://meet.example.net`;
		case "badCode":
			return `"${failure.text}" is no code: ${CODE_PROBLEMS[failure.why]}`;
		case "nameNotFound":
			return `the rendezvous server ${failure.host} has no address; check the spelling of --server`;
		case "unreachable":
			return `the rendezvous server at ${failure.url} cannot be reached (${failure.why})`;
		case "tls":
			return `the rendezvous server at ${failure.url} is not to be trusted, or speaks no TLS (${failure.why})`;
		case "notRendezvous":
			return `what answers at ${failure.url} is no rendezvous server (HTTP ${failure.status})`;
		case "unauthorized":
			return failure.shown
				? `the rendezvous server at ${failure.url} does not take this token`
				: `the rendezvous server at ${failure.url} wants a token (--token)`;
		case "busy":
			return busySentence(failure);
		case "noSuchRoom":
			return `nobody waits in room ${failure.room}: the code is used up, over or misspelt`;
		case "roomTaken":
			return `room ${failure.room} is in use; choose another code`;
		case "roomFull":
			return `two have met in room ${failure.room} already: a code is for two, once`;
		case "wrongPassword":
			return `the two ends have different codes for room ${failure.room}; this one is used up, so make another`;
		case "expired":
			return failure.met
				? `the meeting in room ${failure.room} has lasted longer than the server lets it`
				: `nobody came to room ${failure.room} before its time was over`;
		case "peerLost":
			return "the other end has gone without a word";
		case "serverEnded":
			return `the rendezvous server at ${failure.url} has ended, or begun anew`;
		case "tooMuch":
			return `more was said in room ${failure.room} than it holds`;
		case "tampered":
			return "somebody on the way changed, repeated or left out a message";
		case "other":
			return `signalling failed: ${failure.why}`;
	}
}

function busySentence({ url, retryAfterSeconds }: Extract<SignallingFailure, { readonly code: "busy" }>): string {
	const when = retryAfterSeconds === null ? "try later" : `try again in ${retryAfterSeconds} s`;
	return `the rendezvous server at ${url} has too much to do; ${when}`;
}
