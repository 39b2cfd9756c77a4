/** Words for what a meeting tells on its way, one line each. */
import { formatEndpoint } from "@whither/wire";
import type { MeetEvent } from "../../api/meet/events.ts";
import type { MeetCandidate, MeetCandidateError, MeetLocalCandidate, MeetWarning } from "../../api/meet/result.ts";
import { signallingSentence } from "../../api/meet/words/signalling.ts";
import { printable } from "../printable.ts";

const TYPES: Readonly<Record<MeetCandidate["type"], string>> = {
	host: "here",
	srflx: "by STUN",
	prflx: "by a check",
	relay: "relay",
};

/** A line without its end; null: it is not news for people. */
export function meetNews(event: MeetEvent): string | null {
	switch (event.kind) {
		case "code":
			return event.role === "controlling"
				? `Say this to the other end: whither meet ${printable(event.code)} --server ${printable(event.server)}`
				: `Looking for the other end of ${printable(event.code)}`;
		case "met":
			return "The other end is there";
		case "peer":
			return `It is ${printable(event.tool)}`;
		case "candidate":
			return localLine(event.candidate);
		case "remoteCandidate":
			return `  they  ${candidateWords(event.candidate)}`;
		case "candidateError":
			return errorLine(event.error);
		case "warning":
			return meetWarningSentence(event.warning);
		default:
			return null;
	}
}

function localLine({ interface: device, server, leg, ...candidate }: MeetLocalCandidate): string {
	const from =
		candidate.type === "host"
			? device === null
				? ""
				: ` on ${printable(device)}`
			: server === null
				? ""
				: ` of ${formatEndpoint(server)}`;
	const by = leg === null || leg === "udp" ? "" : ` over ${leg.toUpperCase()}`;
	return `  we    ${candidateWords(candidate)}${from}${by}`;
}

function candidateWords({ type, protocol, ...at }: MeetCandidate): string {
	const over = protocol === "tcp" ? " TCP" : "";
	return `${TYPES[type].padEnd(10)}  ${formatEndpoint(at)}${over}`;
}

function errorLine({ server, why, stunError }: MeetCandidateError): string {
	const where = server === null ? "" : `${formatEndpoint(server)}: `;
	const said = stunError === null ? "" : ` (${stunError})`;
	return `  no    ${where}${printable(why)}${said}`;
}

/** The sentence of a warning, without its full stop. */
export function meetWarningSentence(warning: MeetWarning): string {
	switch (warning.code) {
		case "tracedBeside": {
			const whose = warning.whose === "ours" ? "Our way" : "The other end's way";
			return `${whose} was traced beside the pair (${printable(warning.method)}), for its socket lends itself to no trace: routers that share load may have sent that another way`;
		}
		case "serverUnusable":
			return `${printable(warning.server)}, which the rendezvous server names, has no address here`;
		case "signallingLost":
			return `Signalling was lost once there was a way: ${signallingSentence(warning.failure)}`;
		case "noIce":
			return "The other end speaks no ICE: packets go where it said, and nothing has proved that they arrive";
		case "otherIce": {
			const theirs = warning.theirs === "modern" ? "ICE as RFC 8445 has it" : "the first draft of ICE";
			return `The other end speaks ${theirs}, which we do not here: packets go where it said, and nothing has proved that they arrive`;
		}
		case "unproved":
			return "No check has succeeded: packets go where the other end said, and nothing has proved that they arrive";
		case "pairChanged":
			return "Another pair was selected while the way was traced: the way shown may be that of the one before";
	}
}
