/** Why two ends could not hear of each other, one clause each, without capital and full stop. */
import type { CallProblem, CodeProblem, SignallingFailure } from "../signalling/signalling.ts";

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
	return isOfCall(failure) ? callSentence(failure) : roomSentence(failure);
}

function roomSentence(failure: Exclude<SignallingFailure, CallFailure>): string {
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

type CallFailure = Extract<SignallingFailure, { readonly code: `sip${string}` }>;

function isOfCall(failure: SignallingFailure): failure is CallFailure {
	return failure.code.startsWith("sip");
}

const CALL_PROBLEMS: Readonly<Record<CallProblem, string>> = {
	unreadable: "no description (SDP) that can be read",
	noAudio: "no plain audio (RTP/AVP); calls here are not encrypted",
	noCodec: "no audio as PCMU",
	refused: "that it takes no audio",
	held: "that it is on hold",
	noAddress: "no address to send to",
};

/** What a description that cannot be used says, behind "says"; null: it is no code of such. */
export function callProblemWords(code: string): string | null {
	return Object.entries(CALL_PROBLEMS).find(([known]) => known === code)?.[1] ?? null;
}

function callSentence(failure: CallFailure): string {
	switch (failure.code) {
		case "sipBadUri":
			return `"${failure.uri}" is no SIP address, such as sip:me@example.net`;
		case "sipNotFound":
			return `nothing is found for ${failure.uri}: its name has no address; check its spelling, or name a proxy (--sip-proxy)`;
		case "sipRefused":
			return refusedSentence(failure);
		case "sipTimeout":
			return failure.what === "call"
				? `nobody answers at ${failure.uri}`
				: `the registrar of ${failure.uri} does not answer; name it (--sip-proxy), or wait without it (--no-register)`;
		case "sipTransport":
			return `nobody can be reached for ${failure.uri} (${failure.why}); is it, or the --sip-proxy, the right address?`;
		case "sipUnauthorized":
			return unauthorizedSentence(failure);
		case "sipProtocol":
			return `what answers for ${failure.uri} breaks SIP's rules (${failure.why})`;
		case "sipDescription":
			return `the other end's phone says ${CALL_PROBLEMS[failure.why]}`;
		case "sipPrecondition":
			return failure.why === "noIce"
				? "the other end's phone has no ICE that could prove the way; leave --precondition out"
				: "the other end's phone did not wait for the way to be proved; leave --precondition out";
	}
}

/** A challenge that cannot be read names nobody. */
function unauthorizedSentence({ realm, shown }: Extract<CallFailure, { readonly code: "sipUnauthorized" }>): string {
	const who = realm === "" ? "the other end" : realm;
	return shown
		? `the password is not the one that ${who} knows`
		: `a password is wanted by ${who} (--sip-password-file)`;
}

const MOVED = "it is to be called elsewhere, and calls are not redirected here; ask for its new address";

/** What is worth saying of some answers (RFC 3261 §21, RFC 3312 §8). */
const REFUSALS: ReadonlyMap<number, string> = new Map([
	[301, MOVED],
	[302, MOVED],
	[305, MOVED],
	[403, "it is forbidden there"],
	[404, "nobody is known there by that name"],
	[408, "nobody answers there"],
	[420, "its phone does not know preconditions; leave --precondition out"],
	[421, "its phone wants preconditions; use --precondition"],
	[480, "nobody is there now: does the other end wait (whither meet --sip), and is it registered?"],
	[486, "it is busy"],
	[488, "its phone takes no such media"],
	[503, "too much is to be done there; try later"],
	[580, "media cannot flow both ways, and it does not ring without that"],
	[600, "it is busy everywhere"],
	[603, "it was declined"],
]);

function refusedSentence({ uri, what, status, reason }: Extract<CallFailure, { readonly code: "sipRefused" }>): string {
	const [said, means] = [`${status} ${reason}`.trim(), REFUSALS.get(status)];
	const why = means === undefined ? `(${said})` : `(${said}): ${means}`;
	return what === "call" ? `the call to ${uri} was refused ${why}` : `the registration of ${uri} was refused ${why}`;
}
