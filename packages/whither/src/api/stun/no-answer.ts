/** Why a STUN server told us nothing, and what to do about it: one sentence without a full stop. */
import type { SystemError } from "@whither/core";
import { formatEndpoint } from "@whither/wire";
import { systemErrorSentence } from "../error-words.ts";
import type { StunFamilyResult, StunNoAnswer } from "./result.ts";

type Unanswered = Pick<StunFamilyResult, "server" | "transport" | "tcp"> & { readonly noAnswer: StunNoAnswer };

/** The sentence. */
export function noAnswerSentence(found: Unanswered): string {
	const { noAnswer, transport } = found;
	const where = formatEndpoint(found.server);
	switch (noAnswer.code) {
		case "outOfTime":
			return `the time was up before ${where} had answered`;
		case "stopped":
			return `stopped before ${where} had answered`;
		case "system":
			return lowerCase(systemErrorSentence(noAnswer.system, null));
		case "tls":
			return `TLS with ${where} failed: ${noAnswer.about} (${noAnswer.reason})`;
		case "timeout":
			return transport === "udp" ? udpSilence(found) : `${where} did not answer over ${transport.toUpperCase()}`;
		case "unreachable":
			return unreachable(found, noAnswer.system);
		case "closed":
			return `${where} closed the connection without an answer: what listens there does not speak STUN`;
		case "integrity":
		case "bidDown":
		case "unsupportedAlgorithm":
		case "badChallenge":
		case "unknownAttributes":
		case "noErrorCode":
			return `${where} answered, but with nothing to be believed (${noAnswer.code})`;
		case "redirected":
			return `${where} sends us to another server, which is not followed (300)`;
		case "unauthorized":
			return `${where} wants credentials (401)`;
		case "error":
			return refused(where, noAnswer.stunError);
	}
}

function refused(where: string, code: number | null): string {
	if (code === 401) return `${where} wants credentials (401); ask a server for everybody`;
	return code === null
		? `${where} answered without telling our address`
		: `${where} answered with STUN error ${code} instead of our address`;
}

/** Silence alone does not tell a filter from a dead server; TCP to the same place does. */
function udpSilence({ tcp, ...found }: Unanswered): string {
	const where = formatEndpoint(found.server);
	switch (tcp) {
		case "answers":
			return `${where} answers over TCP and not over UDP: something on the way filters UDP, so calls need a relay over TCP or TLS`;
		case "accepts":
			return `no STUN answer from ${where} over UDP, and over TCP something else listens there: the wrong port or host`;
		case "refuses":
			return `no answer from ${where} over UDP, and TCP is refused: that host is up, but UDP is filtered or no STUN server runs there`;
		case "silent":
			return `no answer from ${where} over UDP nor TCP: the server is down, or a firewall drops both`;
		case null:
			return `no answer from ${where}: UDP is filtered, or the server is down`;
	}
}

function unreachable(found: Unanswered, system: SystemError | null): string {
	const where = formatEndpoint(found.server);
	const over = found.transport.toUpperCase();
	if (system?.errnoName === "ECONNREFUSED") {
		const also = found.tcp === "answers" ? "; over TCP it answers" : "";
		return `${over} is refused at ${where}: no STUN server listens there${also}`;
	}
	return `${where} cannot be reached over ${over}${system === null ? "" : ` (${system.errnoName})`}`;
}

function lowerCase(sentence: string): string {
	return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
